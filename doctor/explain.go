package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Explain returns the possible causes of an error of this module, the most likely one
// first. It uses nothing but the error. It returns nil for a nil error.
func Explain(err error) []Finding {
	if failed, ok := err.(*api.Error); err == nil || ok && failed == nil { //nolint:errorlint // a nil *api.Error is a nil error
		return nil
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && failed != nil && failed.StatusCode == http.StatusUnauthorized {
		findings := explainUnauthorized(failed)
		if _, ok := errors.AsType[*client.TokenError](failed.Err); ok { // the renewal after the 401 has failed
			findings = append([]Finding{explain(failed.Err)}, findings...)
		}
		return findings
	}
	return []Finding{explain(err)}
}

// explain returns the most likely cause of an error.
func explain(err error) Finding {
	refused, ok := errors.AsType[*client.TokenError](err)
	switch {
	case errors.Is(err, client.ErrPlainHTTP):
		return newFinding(NotHTTPS, line(err))
	case errors.Is(err, client.ErrScopeNotRequested):
		return newFinding(ScopeMissing, line(err))
	case errors.Is(err, client.ErrConfig):
		return newFinding(ConfigMissing, line(err))
	case errors.Is(err, client.ErrMalformedToken):
		return newFinding(MalformedToken, line(err))
	case errors.Is(err, api.ErrRedirect):
		return newFinding(Redirected, line(err))
	case isTLS(err):
		return newFinding(TLS, line(err))
	case ok && refused.Code != "" && refused.StatusCode < 500:
		return newFinding(tokenRefusal(refused.Code), line(err))
	case ok && refused.StatusCode != 0:
		return newFinding(byStatus(refused.StatusCode), line(err))
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && failed != nil && failed.StatusCode != 0 {
		return newFinding(byStatus(failed.StatusCode), status(failed))
	}
	if _, ok := errors.AsType[*api.PathValueError](err); ok || errors.Is(err, client.ErrPath) {
		return newFinding(RequestRefused, line(err))
	}
	if errors.Is(err, api.ErrUnexpected) || errors.Is(err, api.ErrTooLarge) {
		return newFinding(UnexpectedResponse, line(err))
	}
	return newFinding(Unreachable, line(err))
}

// tokenRefusal returns the finding for an error code of RFC 6749, section 5.2.
func tokenRefusal(code string) ID {
	switch code {
	case "invalid_client":
		return InvalidClient
	case "invalid_scope":
		return InvalidScope
	case "unauthorized_client", "unsupported_grant_type":
		return UnauthorizedClient
	}
	return RequestRefused
}

// byStatus returns the finding for an HTTP status other than 401.
func byStatus(status int) ID {
	switch {
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status >= 500:
		return ServerError
	case status >= 400:
		return RequestRefused
	}
	return UnexpectedResponse
}

// explainUnauthorized explains a 401 by its challenge (RFC 6750, section 3). A challenge has
// an error only if the server found a token. Tapkey also uses 401 for missing permissions.
func explainUnauthorized(failed *api.Error) []Finding {
	c := parseChallenge(failed.Header.Values("WWW-Authenticate"))
	evidence := status(failed)
	if c.raw != "" {
		evidence += ", WWW-Authenticate: " + redact.Text(c.raw, redact.MaxText)
	}
	owned := strings.Contains(failed.Path, "{ownerAccountId}")
	switch {
	case c.err == "insufficient_scope":
		return []Finding{newFinding(ScopeMissing, evidence)}
	case c.err == "invalid_token" && strings.Contains(strings.ToLower(c.description), "expired"):
		return []Finding{newFinding(TokenExpired, evidence)}
	case c.err != "":
		return []Finding{newFinding(TokenRejected, evidence)}
	case errors.Is(failed.Err, client.ErrScopeNotRequested) && owned:
		return []Finding{newFinding(ScopeMissing, evidence), newFinding(NotAdministrator, evidence), newFinding(MissingBearerPrefix, evidence)}
	case errors.Is(failed.Err, client.ErrScopeNotRequested):
		return []Finding{newFinding(ScopeMissing, evidence), newFinding(MissingBearerPrefix, evidence), newFinding(TokenRejected, evidence)}
	case owned:
		return []Finding{newFinding(NotAdministrator, evidence), newFinding(ScopeMissing, evidence), newFinding(MissingBearerPrefix, evidence)}
	}
	return []Finding{newFinding(MissingBearerPrefix, evidence), newFinding(ScopeMissing, evidence), newFinding(TokenRejected, evidence)}
}

// status describes the response of a failed call, without its path.
func status(e *api.Error) string {
	s := fmt.Sprintf("%s returned %d %s", e.Operation, e.StatusCode, http.StatusText(e.StatusCode))
	if code := redact.Code(e.Code); code != "" {
		s += " (" + code + ")"
	}
	if wait := e.Header.Get("Retry-After"); wait != "" {
		s += ", Retry-After: " + redact.Text(wait, 40)
	}
	if e.Err != nil {
		s += ": " + line(e.Err)
	}
	return s
}

// line returns the text of an error on one line, without what must not be shown.
func line(err error) string { return engine.OneLine(redact.ErrorText(err), 300) }

// isTLS reports whether an error is about TLS.
func isTLS(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return verification || authority || record || alert
}
