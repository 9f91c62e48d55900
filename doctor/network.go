package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// explainNetwork returns the finding for an error without a response.
func explainNetwork(err error) ID {
	texts := chain(err)
	status := connectStatus(texts)
	if proxy, ok := errors.AsType[*engine.ProxyError](err); ok {
		status = proxy.StatusCode
	}
	switch {
	case isTLS(err, texts):
		return TLS
	case status == http.StatusProxyAuthRequired:
		return ProxyAuthentication
	case status == http.StatusNetworkAuthenticationRequired:
		return CaptivePortal
	case status >= 400 && status <= 499:
		return BlockedByProxy
	case status >= 500: // the proxy could not connect
		return Unreachable
	case matches(texts, notHTTP):
		return UnexpectedResponse
	case matches(texts, noRefreshToken):
		return NoRefreshToken
	case matches(texts, noAccessToken):
		return MalformedToken
	case matches(texts, notJSON):
		return UnexpectedResponse
	case isNetwork(err, texts):
		return Unreachable
	}
	return ProgramError
}

// chain returns the texts of an error and of those that it wraps, the innermost ones last.
func chain(err error) (texts []string) {
	if err == nil {
		return nil
	}
	texts = append(texts, err.Error())
	switch e := err.(type) { //nolint:errorlint // walks the tree of errors
	case interface{ Unwrap() error }:
		texts = append(texts, chain(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			texts = append(texts, chain(one)...)
		}
	}
	return texts
}

func matches(texts []string, pattern *regexp.Regexp) bool {
	for _, text := range texts {
		if pattern.MatchString(text) {
			return true
		}
	}
	return false
}

// connectStatus returns the status with which a proxy refused to connect to the server.
// Net/http reports it by its name alone. It returns 0 if there is none.
func connectStatus(texts []string) int {
	for _, text := range texts {
		if text == "refused by the proxy" { // of package engine, for other names
			return http.StatusForbidden
		}
		for status := 400; status < 600; status++ {
			if name := http.StatusText(status); name != "" && text == name {
				return status
			}
		}
	}
	return 0
}

var (
	notHTTP        = regexp.MustCompile(`malformed (HTTP|MIME)|malformed chunked|invalid (header|status)|server sent GOAWAY.*PROTOCOL|unsupported transfer encoding|suspiciously long trailer|bad Content-Length|too many transfer encodings|frame header looked like an HTTP/1`)
	tlsInPlain     = regexp.MustCompile(`malformed HTTP (response|version|status code) "\\x15\\x03`)
	noRefreshToken = regexp.MustCompile(`refresh token is not set`)
	noAccessToken  = regexp.MustCompile(`missing access_token`)
	notJSON        = regexp.MustCompile(`oauth2: cannot parse`)
	networkWords   = regexp.MustCompile(`(?i)connection|time-?out|timed out|\bEOF\b|broken pipe|no route|network|unreachable|no such host|\bdial\b|http2|stream|socks|proxy`)
)

// isTLS reports whether an error is about TLS. The type of the alerts that a server sends is
// not exported by crypto/tls, but their text begins with the name of the package.
func isTLS(err error, texts []string) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, name := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	if verification || authority || name || invalid || record || alert || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	for _, text := range texts {
		if strings.HasPrefix(text, "tls: ") || strings.HasPrefix(text, "x509: ") || tlsInPlain.MatchString(text) {
			return true
		}
	}
	return false
}

// isNetwork reports whether an error is about a connection, as opposed to an error of the
// program.
func isNetwork(err error, texts []string) bool {
	_, operation := errors.AsType[net.Error](err)
	_, errno := errors.AsType[syscall.Errno](err)
	_, token := errors.AsType[*client.TokenError](err) // of the client's own request
	return operation || errno || token || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || matches(texts, networkWords)
}
