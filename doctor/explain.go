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
)

// Explain says what an error of this module means, the likeliest first. It is nil
// for a nil error, and looks at nothing but the error.
func Explain(err error) []Finding {
	if err == nil {
		return nil
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode == http.StatusUnauthorized {
		return explainUnauthorized(failed)
	}
	return []Finding{explain(err)}
}

func explain(err error) Finding {
	refused, ok := errors.AsType[*client.TokenError](err)
	switch {
	case errors.Is(err, client.ErrPlainHTTP):
		return newFinding(NotHTTPS, line(err))
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
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode != 0 {
		return newFinding(byStatus(failed.StatusCode), status(failed))
	}
	if _, ok := errors.AsType[*api.PathValueError](err); ok {
		return newFinding(RequestRefused, line(err))
	}
	if errors.Is(err, api.ErrUnexpected) || errors.Is(err, api.ErrTooLarge) {
		return newFinding(UnexpectedAnswer, line(err))
	}
	return newFinding(Unreachable, line(err))
}

// tokenRefusal maps the error codes of RFC 6749, section 5.2.
func tokenRefusal(code string) string {
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

func byStatus(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status >= 500:
		return ServerError
	case status >= 400:
		return RequestRefused
	}
	return UnexpectedAnswer
}

// explainUnauthorized goes by the challenge (RFC 6750, section 3): a server names an
// error only if it saw a token. Tapkey also answers 401 for missing rights.
func explainUnauthorized(failed *api.Error) []Finding {
	c := parseChallenge(failed.Header.Values("WWW-Authenticate"))
	evidence := status(failed)
	if c.raw != "" {
		evidence += ", WWW-Authenticate: " + c.raw
	}
	owned := strings.Contains(failed.Path, "{ownerAccountId}")
	switch {
	case c.err == "insufficient_scope":
		return []Finding{newFinding(ScopeMissing, evidence)}
	case c.err == "invalid_token" && strings.Contains(strings.ToLower(c.description), "expired"):
		return []Finding{newFinding(TokenExpired, evidence)}
	case c.err != "":
		return []Finding{newFinding(TokenRejected, evidence)}
	case owned:
		return []Finding{newFinding(NotAdministrator, evidence), newFinding(ScopeMissing, evidence), newFinding(MissingBearerPrefix, evidence)}
	}
	return []Finding{newFinding(MissingBearerPrefix, evidence), newFinding(ScopeMissing, evidence), newFinding(TokenRejected, evidence)}
}

// status is what an answer said, without the path.
func status(e *api.Error) string {
	s := fmt.Sprintf("%s answered %d %s", e.Operation, e.StatusCode, http.StatusText(e.StatusCode))
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if wait := e.Header.Get("Retry-After"); wait != "" {
		s += ", Retry-After: " + engine.OneLine(wait, 40)
	}
	if e.Err != nil {
		s += ": " + line(e.Err)
	}
	return s
}

func line(err error) string { return engine.OneLine(err.Error(), 300) }

func isTLS(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return verification || authority || record || alert
}
