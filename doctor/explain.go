package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Explain returns the possible causes of an error of this module, or of x/oauth2, the most
// likely one first. It uses nothing but the error. It returns nil for a nil error.
func Explain(err error) []Finding {
	if failed, ok := err.(*api.Error); err == nil || ok && failed == nil { //nolint:errorlint // a nil *api.Error is a nil error
		return nil
	}
	failed, ok := errors.AsType[*api.Error](err)
	if ok && failed != nil && failed.StatusCode == http.StatusUnauthorized {
		if _, ok := errors.AsType[*client.TokenError](failed.Err); ok { // the renewal after the 401 has failed
			return append(explain(failed.Err), explainCall(failed)...)
		}
	}
	return explain(err)
}

// explain returns the possible causes of an error, the most likely one first.
func explain(err error) []Finding {
	switch {
	case errors.Is(err, client.ErrPlainHTTP):
		return findings(line(err), NotHTTPS)
	case errors.Is(err, client.ErrConfig):
		return findings(line(err), ConfigMissing)
	case errors.Is(err, api.ErrRedirect):
		return findings(line(err), Redirected)
	}
	if id, ok := signInFailure(err); ok {
		return findings(line(err), id)
	}
	if r, ok := tokenFailure(err); ok {
		return findings(r.evidence(err), r.ids()...)
	}
	if errors.Is(err, client.ErrMalformedToken) {
		return findings(line(err), MalformedToken)
	}
	failed, ok := errors.AsType[*api.Error](err)
	if ok && failed != nil && failed.StatusCode != 0 {
		return explainCall(failed)
	}
	if errors.Is(err, client.ErrScopeNotRequested) {
		return findings(line(err), ScopeMissing)
	}
	if _, ok := errors.AsType[*api.PathValueError](err); ok || errors.Is(err, client.ErrPath) {
		return findings(line(err), RequestRefused)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return findings(line(err), Canceled)
	case errors.Is(err, api.ErrUnexpected) || errors.Is(err, api.ErrTooLarge):
		return findings(line(err), UnexpectedResponse)
	}
	return findings(line(err), explainNetwork(err))
}

// findings returns findings of the catalog that share their evidence.
func findings(evidence string, ids ...ID) []Finding {
	all := make([]Finding, len(ids))
	for i, id := range ids {
		all[i] = newFinding(id, evidence)
	}
	return all
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
