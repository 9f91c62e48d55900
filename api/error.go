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

// What an [Error] is about, for errors.Is. The first eight follow the HTTP status.
var (
	ErrBadRequest      = errors.New("bad request")       // 400
	ErrUnauthorized    = errors.New("unauthorized")      // 401
	ErrPaymentRequired = errors.New("payment required")  // 402
	ErrForbidden       = errors.New("forbidden")         // 403
	ErrNotFound        = errors.New("not found")         // 404
	ErrConflict        = errors.New("conflict")          // 409
	ErrTooManyRequests = errors.New("too many requests") // 429
	ErrServer          = errors.New("server error")      // 500 to 599

	// ErrUnexpected is a success that is not what the contract says: without the
	// promised value, of another content type, or with a member of another type.
	ErrUnexpected = errors.New("unexpected answer")

	// ErrTooLarge is an answer larger than the limit.
	ErrTooLarge = errors.New("answer too large")

	// ErrRedirect is an answer that points elsewhere. It is not followed, since
	// the request's credentials are meant for one origin.
	ErrRedirect = errors.New("redirect not followed")
)

// Error is how a call fails, whatever the reason. StatusCode is 0 where no answer
// was had, and Unwrap then leads to the reason: a context's error, a net.Error, or
// what an editor returned.
type Error struct {
	StatusCode int    // HTTP status, 0 without an answer
	Code       string // error code in the body, such as "Duplicate"; may be empty
	Message    string `json:"-"` // the server's own words, cleaned to one line; may be empty

	Operation string // operationId, such as "getOwner"
	Method    string // HTTP method
	Path      string // path template, never the path itself

	Header http.Header `json:"-"` // header of the answer, nil without one
	Body   []byte      `json:"-"` // first 64 KiB of an error's body; nil where the status is a success

	RetryAfter time.Duration `json:",omitzero"` // how long the server asks to wait; 0 if it does not
	Hint       string        `json:",omitzero"` // what to do about it; may be empty

	Err error `json:"-"` // what went wrong besides the status; may be nil
}

// GoString keeps header and body, which may repeat what was sent, out of %#v.
func (e *Error) GoString() string { return fmt.Sprintf("&api.Error{%q}", e.Error()) }

// Error says on one line which operation failed and why. It holds neither the
// server's message nor any value that was sent.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %s", e.Operation, e.Method, e.Path)
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

// Unwrap returns the reason besides the status.
func (e *Error) Unwrap() error { return e.Err }

// Is matches the sentinel that belongs to the status.
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

// withoutURLs is the text of an error without the URLs of the *url.Errors in it.
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
