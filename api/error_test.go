package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
)

// TestErrorIs checks that each status matches its sentinel and no other.
func TestErrorIs(t *testing.T) {
	t.Parallel()
	all := []error{
		api.ErrBadRequest, api.ErrUnauthorized, api.ErrPaymentRequired, api.ErrForbidden, api.ErrNotFound,
		api.ErrConflict, api.ErrTooManyRequests, api.ErrServer, api.ErrUnexpected, api.ErrTooLarge, api.ErrRedirect,
	}
	for status, want := range map[int]error{
		0: nil, 200: nil, 302: nil, 400: api.ErrBadRequest, 401: api.ErrUnauthorized, 402: api.ErrPaymentRequired,
		403: api.ErrForbidden, 404: api.ErrNotFound, 405: nil, 409: api.ErrConflict, 418: nil,
		429: api.ErrTooManyRequests, 500: api.ErrServer, 503: api.ErrServer, 599: api.ErrServer, 600: nil,
	} {
		for _, sentinel := range all {
			if got := errors.Is(&api.Error{StatusCode: status}, sentinel); got != (sentinel == want) {
				t.Errorf("status %d is %q: got %t, want %t", status, sentinel, got, sentinel == want)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	secret := &url.Error{Op: "Get", URL: "https://h/?q=s3cret", Err: errors.New("no route")}
	for want, e := range map[string]api.Error{
		"":                              {},
		": 404 Not Found":               {StatusCode: 404},
		": 599":                         {StatusCode: 599},
		": 409 Conflict (Duplicate)":    {StatusCode: 409, Code: "Duplicate", Message: "ada@example.com exists"},
		": 400 Bad Request":             {StatusCode: 400, Code: "words of a server"},
		": 409 Conflict":                {StatusCode: 409, Code: "https://me:s3cret@h/"},
		": see https://h, Bearer ***":   {Err: errors.New("see https://me:s3cret@h/?q=s3cret, Bearer s3cret")},
		": reason: token=***":           {Err: errors.New("reason"), Hint: "token=s3cret"},
		": reason":                      {Err: errors.New("reason")},
		": reason: try harder":          {Err: errors.New("reason"), Hint: "try harder"},
		": attempt 3: no route":         {Err: fmt.Errorf("attempt 3: %w", secret)},
		": a b [2J c":                   {Err: errors.New("a\r\nb\x1b[2J\u2028 \tc\xff\u202e")},
		": " + strings.Repeat("x", 512): {Err: errors.New(strings.Repeat("x", 10_000))},
		": 429 Too Many Requests: the server asks to wait 1m30s": {StatusCode: 429, RetryAfter: 90 * time.Second},
	} {
		e.Operation, e.Method, e.Path = "getThing", "GET", "/Things/{thingId}"
		if got := e.Error(); got != "getThing: GET /Things/{thingId}"+want {
			t.Errorf("got %q, want it to end in %q", got, want)
		}
		if e.Unwrap() != e.Err {
			t.Errorf("Unwrap: got %v, want %v", e.Unwrap(), e.Err)
		}
	}
}

// TestErrorFormat checks that no verb shows what the server sent.
func TestErrorFormat(t *testing.T) {
	t.Parallel()
	e := &api.Error{
		Operation: "getThing", StatusCode: 400, Message: "s3cret", Header: http.Header{"X": {"s3cret"}}, Body: []byte("s3cret"),
		Err: errors.New("https://h/?s3cret"),
	}
	const text = "getThing: : 400 Bad Request: https://h"
	for format, want := range map[string]string{
		"%v": text, "%s": text, "%+v": text, "%q": `"` + text + `"`, "%#v": `&api.Error{"` + text + `"}`, "%.8s": "getThing", "%d": "%!d(" + text + ")",
	} {
		for _, value := range []any{e, *e} {
			if got := fmt.Sprintf(format, value); got != want {
				t.Errorf("%s of a %T: got %s, want %s", format, value, got, want)
			}
		}
	}
}

// A function that declares its result as *api.Error may return a nil one as an error.
func TestNilError(t *testing.T) {
	t.Parallel()
	var err error = (*api.Error)(nil)
	if got := err.Error(); got != "<nil>" {
		t.Errorf("got text %q, want <nil>", got)
	}
	if got := fmt.Sprintf("%v", err); got != "<nil>" {
		t.Errorf("got %q, want <nil>", got)
	}
	if errors.Is(err, api.ErrServer) || errors.Unwrap(err) != nil {
		t.Error("got a nil error that matches ErrServer or has a cause, want neither")
	}
}
