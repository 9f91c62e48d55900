package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/internal/redact"
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
//
// Message, Header and Body are what the server sent, except that *** replaces the
// credentials of the request. They may be untrusted and may repeat other data that was sent.
// They are therefore not in the text of an Error, and not in its JSON, XML and gob encoding.
type Error struct {
	StatusCode int    // HTTP status, 0 without a response
	Code       string // error code in the body, such as "Duplicate"; empty if the body has none that looks like a code
	Message    string `json:"-" xml:"-"` // the server's message on one line; may be empty

	Operation string // operationId, such as "getOwner"; empty if the contract has no such operation
	Method    string // HTTP method
	Path      string // path template, never the path itself; empty without an operation

	Attempts  int    `json:",omitzero"` // number of attempts to send the request; 0 if it was not sent
	RequestID string `json:",omitzero"` // request ID that the server assigned; empty if there is none that looks like one

	SentBearer bool        `json:"-" xml:"-"` // whether the request is known to have had a bearer token
	Header     http.Header `json:"-" xml:"-"` // header of the response, nil without one
	Body       []byte      `json:"-" xml:"-"` // first 64 KiB of the body; nil if the status is 2xx

	RetryAfter time.Duration `json:",omitzero"` // how long the server asks to wait; 0 if it does not
	Hint       string        `json:",omitzero"` // what to do about it; may be empty

	Err error `json:"-" xml:"-"` // what failed besides the status; may be nil
}

// Format implements fmt.Formatter. Every verb prints the text of Error, and no field.
func (e Error) Format(s fmt.State, verb rune) {
	text := e.Error()
	redact.Format(s, verb, text, fmt.Sprintf("&api.Error{%q}", text))
}

// GobEncode implements gob.GobEncoder. It encodes what the JSON encoding has.
func (e Error) GobEncode() ([]byte, error) { return json.Marshal(e) }

// GobDecode implements gob.GobDecoder.
func (e *Error) GobDecode(data []byte) error { return json.Unmarshal(data, e) }

// Error returns one line that says which operation failed and why. It contains neither
// the server's message nor any value that was sent. Of a URL in the text of Err it contains
// the scheme, the host and the port.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
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
	if code := redact.Code(e.Code); code != "" {
		fmt.Fprintf(&b, " (%s)", code)
	}
	if e.Err != nil {
		b.WriteString(": " + redact.ErrorText(e.Err))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ": the server asks to wait %v", e.RetryAfter)
	}
	if e.Hint != "" {
		b.WriteString(": " + redact.Text(e.Hint, redact.MaxText))
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Is reports whether target is the sentinel of the status.
func (e *Error) Is(target error) bool {
	if e == nil {
		return false
	}
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
