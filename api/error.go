package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// What an [Error] matches with errors.Is. The first eight stand for HTTP statuses.
var (
	ErrBadRequest      = errors.New("bad request")       // 400
	ErrUnauthorized    = errors.New("unauthorized")      // 401
	ErrPaymentRequired = errors.New("payment required")  // 402
	ErrForbidden       = errors.New("forbidden")         // 403
	ErrNotFound        = errors.New("not found")         // 404
	ErrConflict        = errors.New("conflict")          // 409
	ErrTooManyRequests = errors.New("too many requests") // 429
	ErrServer          = errors.New("server error")      // 500 to 599

	// ErrUnexpected is a successful response that the contract does not allow: without
	// the value it promises, of another content type, or with a field of another type.
	ErrUnexpected = errors.New("unexpected response")

	// ErrTooLarge is a response that is larger than the limit.
	ErrTooLarge = errors.New("response too large")

	// ErrRedirect is a response that redirects the request. Redirects are not followed,
	// because credentials are bound to one origin.
	ErrRedirect = errors.New("redirect not followed")
)

// Error is returned by every failed call. StatusCode is 0 if no response was received;
// Unwrap then returns the cause, such as a context's error, a net.Error or the error of a
// request editor.
type Error struct {
	StatusCode int    // HTTP status, 0 without a response
	Code       string // error code in the body, such as "Duplicate"; may be empty
	Message    string `json:"-"` // the server's message on one line; may be empty

	Operation string // operationId, such as "getOwner"; empty if the contract has no such operation
	Method    string // HTTP method
	Path      string // path template, never the path itself; empty without an operation

	Header http.Header `json:"-"` // header of the response, nil without one
	Body   []byte      `json:"-"` // first 64 KiB of the body; nil if the status is 2xx

	RetryAfter time.Duration `json:",omitzero"` // how long the server asks to wait; 0 if it does not
	Hint       string        `json:",omitzero"` // what to do about it; may be empty

	Err error `json:"-"` // what failed besides the status; may be nil
}

// GoString keeps the header and the body, which may repeat what was sent, out of %#v.
func (e *Error) GoString() string { return fmt.Sprintf("&api.Error{%q}", e.Error()) }

// Error returns one line that says which operation failed and why. It contains neither
// the server's message nor any value that was sent.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Operation != "" {
		b.WriteString(e.Operation + ": ")
	}
	b.WriteString(e.Method)
	if e.Path != "" {
		b.WriteString(" " + e.Path)
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d", e.StatusCode)
		if text := http.StatusText(e.StatusCode); text != "" {
			b.WriteString(" " + text)
		}
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.Err != nil {
		b.WriteString(": " + oneLine(e.Err))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ": the server asks to wait %v", e.RetryAfter)
	}
	if e.Hint != "" {
		b.WriteString(": " + e.Hint)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel of the status.
func (e *Error) Is(target error) bool {
	if e.StatusCode >= 500 && e.StatusCode <= 599 {
		return target == ErrServer
	}
	sentinel := statusSentinels[e.StatusCode]
	return sentinel != nil && target == sentinel
}

var statusSentinels = map[int]error{
	http.StatusBadRequest:      ErrBadRequest,
	http.StatusUnauthorized:    ErrUnauthorized,
	http.StatusPaymentRequired: ErrPaymentRequired,
	http.StatusForbidden:       ErrForbidden,
	http.StatusNotFound:        ErrNotFound,
	http.StatusConflict:        ErrConflict,
	http.StatusTooManyRequests: ErrTooManyRequests,
}

// withoutURLs returns the text of err without the URLs of the *url.Errors in it.
func withoutURLs(err error) string {
	text := err.Error()
	for u, ok := errors.AsType[*url.Error](err); ok; u, ok = errors.AsType[*url.Error](u.Err) {
		text = strings.ReplaceAll(text, u.Error(), u.Err.Error())
	}
	return text
}

// maxText is how many bytes of the text of Err are in the text of an Error.
const maxText = 512

// oneLine returns the text of err on one line, safe for a log or a terminal.
func oneLine(err error) string {
	text := withoutURLs(err)
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], "")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}), " ")
}
