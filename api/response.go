package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Response describes the response of a call, whether it has succeeded or failed. A call whose
// context is one of [ContextWithResponse] stores it.
//
// Header and Body are what the server sent. They may be untrusted and may repeat data that was
// sent. They are therefore not printed, and not in the JSON, XML and gob encoding.
type Response struct {
	StatusCode int           // HTTP status of the last response; 0 if no response was received
	Header     http.Header   `json:"-" xml:"-"` // header of the last response, nil without one; *** replaces the credentials of the request
	RequestID  string        // request ID that the server assigned; empty if there is none that looks like one
	Attempts   int           // number of attempts to send the request; 0 if it was not sent
	Duration   time.Duration // from the start of the call until the response was read, including all attempts and the delays between them

	// MaxBodyBytes is set by the caller: the number of bytes of the body to keep. The
	// default is 0, which keeps none.
	MaxBodyBytes int

	// Body is the first MaxBodyBytes bytes of the body, as received. It contains fields that
	// the contract does not know.
	Body []byte `json:"-" xml:"-"`
}

// ContextWithResponse returns a copy of ctx. A call with this context stores a description of
// its response in rsp, in addition to its results:
//
//	rsp := api.Response{MaxBodyBytes: 64 << 10}
//	owner, err := c.GetOwner(api.ContextWithResponse(ctx, &rsp), id)
//	log.Print(rsp.StatusCode, rsp.RequestID, rsp.Attempts)
//
// The call starts by setting all fields other than MaxBodyBytes to zero, and rsp must not be
// used before it returns. Calls with the same rsp must not be concurrent. An iterator stores
// the response with the current item; other pages that it reads in advance are not stored.
func ContextWithResponse(ctx context.Context, rsp *Response) context.Context {
	return context.WithValue(ctx, (*Response)(nil), rsp)
}

// Format implements fmt.Formatter. Every verb prints the status, the number of attempts and
// the duration, and nothing that the server sent.
func (r Response) Format(s fmt.State, verb rune) {
	text := fmt.Sprintf("status %d, attempts: %d, %v", r.StatusCode, r.Attempts, r.Duration)
	redact.Format(s, verb, text, fmt.Sprintf("api.Response{%q}", text))
}

// GobEncode implements gob.GobEncoder. It encodes what the JSON encoding has.
func (r Response) GobEncode() ([]byte, error) { return json.Marshal(r) }

// GobDecode implements gob.GobDecoder.
func (r *Response) GobDecode(data []byte) error { return json.Unmarshal(data, r) }
