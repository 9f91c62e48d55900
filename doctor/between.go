package doctor

import (
	"net/http"
	"regexp"
	"strings"
)

// between returns the finding for a response that something between this machine and the
// server has sent, such as a proxy or a gateway. It returns false if the response may come
// from the server.
//
// What it concludes follows from the specifications of HTTP (RFC 9110, 6585, 7725 and 9209)
// and of bearer tokens (RFC 6750), and from the contract, by which the API and the token
// endpoint describe errors in JSON.
func (r *response) between() (ID, bool) {
	kind, words := r.kind(), r.words()
	page := kind == kindMarkup || kind == kindText
	switch {
	case r.status == http.StatusProxyAuthRequired, r.header.Get("Proxy-Authenticate") != "":
		return ProxyAuthentication, true
	case r.status == http.StatusNetworkAuthenticationRequired:
		return CaptivePortal, true
	case r.status == http.StatusTooManyRequests, r.status == 529:
		return RateLimited, true // by whichever server
	case r.status >= 500:
		return ServerError, true
	case page && aboutTLS.MatchString(words), r.status >= 495 && r.status <= 497:
		return TLS, true
	case r.status == http.StatusUnavailableForLegalReasons:
		return BlockedByProxy, true
	case r.status >= 400 && strings.Contains(strings.ToLower(r.header.Get("Proxy-Status")), "error="):
		return BlockedByProxy, true
	case r.challenge.raw != "" && (r.challenge.err != "" || !page):
		return "", false
	case r.status == http.StatusUnauthorized && r.challenge.other() != "":
		return ProxyAuthentication, true
	case kind != kindEmpty && aboutKey.MatchString(words) && (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden):
		return ProxyAuthentication, true
	case r.challenge.raw != "", kind == kindText && r.status == http.StatusUnauthorized && aboutToken.MatchString(words):
		return "", false // the sender has looked for a token
	case page && notThere(r.status):
		return WrongAddress, true
	case page && r.status >= 400:
		return BlockedByProxy, true
	}
	return "", false
}

// notThere reports whether a status says that the address leads nowhere.
func notThere(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return true
	}
	return false
}

var (
	// aboutTLS matches what servers say about a request without TLS, or without a client
	// certificate.
	aboutTLS = regexp.MustCompile(`(?i)plain(text)? HTTP\b|HTTP request (was sent )?to an? (HTTPS|SSL|TLS)|HTTP (to|on) an? (HTTPS|SSL|TLS)|(SSL|TLS|client) certificate|certificate (is |was )?(required|error|invalid)`)

	// aboutKey matches what gateways say about a request without their own key.
	aboutKey = regexp.MustCompile(`(?i)\b(api|subscription|access|application)[ _-]?key\b`)
)
