package tokenendpoint

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Errors of package client, which documents them.
var (
	ErrMalformedToken = errors.New("malformed token")
	ErrHeaderReplaced = errors.New("the http.Client replaced the Authorization header")
)

const (
	// MaxDescription is the maximum length of a description, in bytes.
	MaxDescription = 200

	// maxErrorBody is the maximum size of the body of an error that is kept, in bytes.
	maxErrorBody = 16 << 10
)

// Error is the error of a token request. Its fields are those of client.TokenError, which it
// is converted to.
type Error struct {
	StatusCode  int
	Code        string
	Description string
	Err         error

	RetryAfter time.Duration

	GrantType string
	AuthStyle oauth2.AuthStyle
	Header    http.Header
	Body      []byte
}

// Error returns a text for tests. Callers see that of client.TokenError.
func (e *Error) Error() string {
	return fmt.Sprintf("token request: %d %s: %s: %s", e.StatusCode, e.Code, e.Description, redact.ErrorText(e.Err))
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// newError returns the error of a response without a usable token.
func newError(rsp *http.Response, body []byte, fields response, err error) *Error {
	e := &Error{
		StatusCode:  rsp.StatusCode,
		Code:        engine.Text(fields.Error),
		Description: engine.Text(fields.ErrorDescription),
		Header:      rsp.Header,
		Err:         err,
	}
	if !isSuccess(rsp) {
		e.Body = body[:min(len(body), maxErrorBody)]
	}
	e.RetryAfter, _ = engine.RetryAfter(rsp.Header)
	return e
}

// withoutSecrets returns a copy of e without secrets in any field.
func (e Error) withoutSecrets(secrets redact.Secrets) *Error {
	e.Code = redact.Code(secrets.Hide(e.Code))
	e.Description = redact.Text(secrets.Hide(e.Description), MaxDescription)
	e.Err = secrets.Error(redact.Transport(e.Err))
	e.Header = secrets.Header(e.Header)
	if secrets.In(string(e.Body)) {
		e.Body = []byte(secrets.Hide(string(e.Body)))
	}
	return &e
}

// unusable returns the error of a successful response without a usable token. It matches
// [ErrMalformedToken] if the body is JSON, the start of JSON, or empty: another body, such as
// a page in HTML, does not come from a token endpoint.
func unusable(body []byte, err error) error {
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if len(start) == 0 || bytes.IndexByte([]byte("{[\"n"), start[0]) >= 0 {
		err = &malformedError{err}
	}
	return fmt.Errorf("%w: %w", api.ErrUnexpected, err)
}

// malformedError is an error that matches [ErrMalformedToken]. Its text is that of the error.
type malformedError struct{ error }

func (e *malformedError) Is(target error) bool { return target == ErrMalformedToken }
func (e *malformedError) Unwrap() error        { return e.error }

// PanicError returns the value of a panic as an error.
func PanicError(v any) error {
	if err, ok := v.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", v)
}
