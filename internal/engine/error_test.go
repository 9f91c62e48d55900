package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/closedport"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

func TestSentinels(t *testing.T) {
	t.Parallel()
	all := []error{
		api.ErrBadRequest, api.ErrUnauthorized, api.ErrPaymentRequired, api.ErrForbidden, api.ErrNotFound,
		api.ErrConflict, api.ErrTooManyRequests, api.ErrServer, api.ErrUnexpected, api.ErrTooLarge, api.ErrRedirect,
	}
	for status, want := range map[int]error{
		300: nil, 304: nil, 305: nil,
		301: api.ErrRedirect, 302: api.ErrRedirect, 303: api.ErrRedirect, 307: api.ErrRedirect, 308: api.ErrRedirect,
		400: api.ErrBadRequest, 401: api.ErrUnauthorized, 402: api.ErrPaymentRequired, 403: api.ErrForbidden,
		404: api.ErrNotFound, 405: nil, 409: api.ErrConflict, 410: nil, 418: nil, 429: api.ErrTooManyRequests,
		500: api.ErrServer, 501: api.ErrServer, 503: api.ErrServer, 599: api.ErrServer, 600: nil,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			_, err := decode(t, response{status: status, body: `{"id": "1"}`})
			e := failure(t, err, want)
			if e.StatusCode != status {
				t.Errorf("got status %d, want %d", e.StatusCode, status)
			}
			for _, sentinel := range all {
				if got := errors.Is(err, sentinel); got != (sentinel == want) {
					t.Errorf("errors.Is(%q): got %t, want %t", sentinel, got, sentinel == want)
				}
			}
			if e.Operation != "getThing" || e.Method != "GET" || e.Path != "/Things/{thingId}" {
				t.Errorf("got operation %q, method %q, path %q, want those of getThing", e.Operation, e.Method, e.Path)
			}
			if !strings.HasPrefix(err.Error(), fmt.Sprintf("getThing: GET /Things/{thingId}: %d", status)) {
				t.Errorf("got error %q, want the operation and the status %d", err, status)
			}
		})
	}
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 1<<20)
	for name, test := range map[string]struct {
		response
		code, message string
		bytes         int // of the body that are kept; 0 for all
	}{
		"ErrorCode":         {response{body: `{"ErrorCode": "Duplicate", "Message": "It is there."}`}, "Duplicate", "It is there.", 0},
		"errorCode":         {response{body: `{"errorCode": "Duplicate"}`}, "Duplicate", "", 0},
		"ERRORCODE":         {response{body: `{"ERRORCODE": "Duplicate"}`}, "Duplicate", "", 0},
		"a number":          {response{body: `{"code": 1205}`}, "1205", "", 0},
		"OData":             {response{body: `{"error": {"code": "Q1", "message": "bad\nfilter", "innererror": {}}}`}, "Q1", "bad filter", 0},
		"OData v3":          {response{body: `{"odata.error": 1, "error": {"code": "Q1", "message": {"lang": "en", "value": "x"}}}`}, "Q1", "x", 0},
		"ErrorMessage":      {response{body: `{"ErrorCode": "Duplicate", "ErrorMessage": "It is there."}`}, "Duplicate", "It is there.", 0},
		"errormessage":      {response{body: `{"errorcode": "Duplicate", "errormessage": "It is there."}`}, "Duplicate", "It is there.", 0},
		"error_code":        {response{body: `{"error_code": "Duplicate", "error_message": "It is there."}`}, "Duplicate", "It is there.", 0},
		"odata.error":       {response{body: `{"odata.error": {"code": "Q1", "message": {"lang": "en-US", "value": "bad filter"}}}`}, "Q1", "bad filter", 0},
		"OData.Error":       {response{body: `{"OData.Error": {"Code": "Q1", "Message": "bad filter"}}`}, "Q1", "bad filter", 0},
		"a message object":  {response{body: `{"Code": "A", "Message": {"Lang": "en", "Value": "bad filter"}}`}, "A", "bad filter", 0},
		"a message's text":  {response{body: `{"errorMessage": {"text": "bad filter"}, "message": "unused"}`}, "", "bad filter", 0},
		"a message without": {response{body: `{"message": {"a": "b"}, "title": "T"}`}, "", "T", 0},
		"a null inside":     {response{body: `{"ErrorCode": "A", "ErrorMessage": "m", "error": {"code": null, "errorMessage": null}}`}, "A", "m", 0},
		"nothing inside":    {response{body: `{"Code": "A", "Message": "m", "odata.error": {"code": "", "message": ""}}`}, "A", "m", 0},
		"words inside":      {response{body: `{"ErrorCode": "A", "Message": "m", "error": {"error": "not a code"}}`}, "A", "m", 0},
		"blank":             {response{body: `{"ErrorCode": " ", "Code": "A", "ErrorMessage": " ", "Message": "m"}`}, "A", "m", 0},
		"byte order mark":   {response{body: "\uFEFF" + `{"code": "A"}`}, "A", "", 0},
		"OData twice": {
			response{body: `{"error": {"code": "Q1", "message": "m", "error": "deeper than anybody looks for a code"}}`}, "Q1", "m", 0,
		},
		"RFC 9457": {
			response{contentType: "application/problem+json", body: `{"type": "about:blank", "title": "Bad", "status": "400", "detail": "More."}`},
			"", "More.", 0,
		},
		"RFC 6749": {response{body: `{"error": "invalid_request", "error_description": "no"}`}, "invalid_request", "no", 0},
		"other types": {
			response{body: `{"ErrorCode": {"a": 1}, "code": [1], "error": true, "message": null, "title": "T"}`}, "", "T", 0,
		},
		"duplicate, bad UTF-8": {response{body: `{"code": "A", "code": "B", "message": "` + "\xff" + `!"}`}, "B", "\uFFFD!", 0},
		"string":               {response{body: `"nope"`}, "", "", 0},
		"array":                {response{body: `[{"code": "A"}]`}, "", "", 0},
		"number":               {response{body: `17`}, "", "", 0},
		"null":                 {response{body: `null`}, "", "", 0},
		"empty":                {response{}, "", "", 0},
		"HTML":                 {response{contentType: "text/html", body: "<html><b>502</b>"}, "", "", 0},
		"no type":              {response{contentType: "none", body: `{"code": "A"}`}, "A", "", 0},
		"cut off":              {response{body: `{"code": "A", "message": "it en`}, "A", "", 0},
		"huge":                 {response{body: `{"code": "A", "message": "` + huge + `"}`}, "A", "", 64 << 10},
		"longest code":         {response{body: `{"code": "` + huge[:64] + `"}`}, huge[:64], "", 0},
		"huge code":            {response{body: `{"code": "` + huge[:1000] + `"}`}, "", huge[:512], 0},
		"escapes":              {response{body: `{"code": "\u001b[2J\r\nA\u202eB", "message": "a\u2028b"}`}, "", "a b", 0},
		"words as a code":      {response{body: `{"error": "ada@example.com does not\nexist"}`}, "", "ada@example.com does not exist", 0},
		"URL as a code":        {response{body: `{"code": "https://me:pw@h/?q=1", "message": "m"}`}, "", "m", 0},
		"unknown encoding":     {response{encoding: "br", body: "\x0b\x02\x80"}, "", "", 0},
	} {
		for _, status := range []int{400, 500} {
			t.Run(fmt.Sprintf("%s %d", name, status), func(t *testing.T) {
				t.Parallel()
				response := test.response // which the other status shares
				response.status = status
				_, err := decode(t, response)
				e := failure(t, err, nil)
				if e.StatusCode != status {
					t.Errorf("got status %d, want %d", e.StatusCode, status)
				}
				if e.Code != test.code || e.Message != test.message {
					t.Errorf("got code %q and message %q, want %q and %q", e.Code, e.Message, test.code, test.message)
				}
				want := test.body
				if test.bytes > 0 {
					want = want[:test.bytes]
				}
				if string(e.Body) != want {
					t.Errorf("got %d bytes of the body, want %d", len(e.Body), len(want))
				}
				if e.Header.Get("Date") == "" {
					t.Error("got no header, want that of the response")
				}
				if test.code != "" && !strings.Contains(err.Error(), "("+test.code+")") {
					t.Errorf("got error %q, want the code %s in it", err, test.code)
				}
				if len(err.Error()) > 700 {
					t.Errorf("got an error of %d bytes, want at most 700", len(err.Error()))
				}
			})
		}
	}
}

// TestErrorTextWithoutMessage checks that the text of an error does not contain the
// server's message, which may repeat what was sent.
func TestErrorTextWithoutMessage(t *testing.T) {
	t.Parallel()
	_, err := decode(t, response{status: 409, body: `{"ErrorCode": "Duplicate", "Message": "ada@example.com exists"}`})
	e := failure(t, err, api.ErrConflict)
	if got, want := err.Error(), "getThing: GET /Things/{thingId}: 409 Conflict (Duplicate)"; got != want {
		t.Errorf("got error %q, want %q", got, want)
	}
	if e.Message != "ada@example.com exists" {
		t.Errorf("got message %q, want that of the server", e.Message)
	}
}

func TestGzippedErrorBody(t *testing.T) {
	t.Parallel()
	for _, bomb := range []bool{false, true} {
		body := `{"code": "A"}`
		if bomb {
			body += strings.Repeat(" ", 8<<20)
		}
		compressed := zip(body)
		server := httptest.NewServer(response{status: 400, encoding: "gzip", body: compressed})
		defer server.Close()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		req.Header.Set("Accept-Encoding", "gzip") // with which net/http would not decompress
		rsp, err := engine.NewDoer(server.Client(), "test").Do(req)
		e := failure(t, engine.Discard(getThing, rsp, err), api.ErrBadRequest)
		if e.Code != "A" || len(e.Body) > 64<<10 {
			t.Errorf("got code %q and %d bytes of the body, want code A and at most 64 KiB", e.Code, len(e.Body))
		}
	}
}

// TestTransportErrors checks that errors do not contain the URL, as those of net/http do.
func TestTransportErrors(t *testing.T) {
	t.Parallel()
	closed := "http://" + closedport.Address(t)
	target := closed + basePath + "/Things?%24filter=email+eq+%27ada%40example.com%27&token=s3cret"
	call := func(ctx context.Context, client *http.Client) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		rsp, err := engine.NewDoer(client, "test").Do(req)
		_, err = engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
		return err
	}
	check := func(t *testing.T, err error) {
		t.Helper()
		e := failure(t, err, nil)
		if e.StatusCode != 0 || e.Header != nil || e.Body != nil {
			t.Errorf("got status %d, header %v, body %q, want none", e.StatusCode, e.Header, e.Body)
		}
		if text := err.Error(); !strings.HasPrefix(text, "getThing: GET /Things/{thingId}: ") ||
			strings.Contains(text, "ada") || strings.Contains(text, "s3cret") || strings.Contains(text, "?") {
			t.Errorf("got error %q, want the operation and no part of the URL", text)
		}
	}
	t.Run("connection refused", func(t *testing.T) {
		err := call(t.Context(), &http.Client{Transport: &http.Transport{}})
		check(t, err)
		if _, ok := errors.AsType[*net.OpError](err); !ok {
			t.Errorf("got %v, want a *net.OpError", err)
		}
		var netErr net.Error
		if !errors.As(err, &netErr) {
			t.Errorf("got %v, want a net.Error", err)
		}
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := call(ctx, &http.Client{Transport: &http.Transport{}})
		check(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), -1)
		defer cancel()
		err := call(ctx, &http.Client{Transport: &http.Transport{}})
		check(t, err)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
	})
	t.Run("a wrapped url.Error", func(t *testing.T) {
		reason := errors.New("no route")
		wrapped := fmt.Errorf("attempt 3: %w", &url.Error{Op: "Get", URL: target, Err: reason})
		_, err := engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, wrapped)
		check(t, err)
		if !errors.Is(err, reason) || !strings.Contains(err.Error(), "attempt 3: no route") {
			t.Errorf("got %v, want the cause and its text", err)
		}
	})
	t.Run("many lines", func(t *testing.T) {
		err := engine.Discard(getThing, nil, errors.New("a\r\nb\x1b[2J\tc "+strings.Repeat("x", 10_000)))
		check(t, err)
		if !strings.Contains(err.Error(), ": a b [2J c xxx") || len(err.Error()) > 700 {
			t.Errorf("got error %q, want one line of at most 700 bytes", err)
		}
	})
	t.Run("an *api.Error is not changed", func(t *testing.T) {
		own := &api.Error{Operation: "other", StatusCode: 429}
		if err := engine.Discard(getThing, nil, own); err != error(own) {
			t.Errorf("got %v, want %v", err, own)
		}
	})
}

func TestDoerReturnsNothing(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context) (*http.Response, error) { return nil, nil }
	_, err := engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, nil)
	failure(t, err, nil)
	_, err = engine.DecodeOrEmpty[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, nil)
	failure(t, err, nil)
	_, err = engine.DecodeList[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, nil)
	failure(t, err, nil)
	failure(t, engine.Discard(getThing, nil, nil), nil)
	_, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nothing))
	failure(t, err, nil)

	// A Doer may also return a response without a body.
	bare := &http.Response{StatusCode: 200}
	_, err = engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, bare, nil)
	failure(t, err, api.ErrUnexpected)
	failure(t, engine.Discard(getThing, &http.Response{StatusCode: 404}, nil), api.ErrNotFound)
	if err := engine.Discard(getThing, bare, nil); err != nil {
		t.Errorf("got error %v, want none", err)
	}

	// It may return a response together with an error. Then the response is closed.
	closed, reason := false, errors.New("broken")
	both := &http.Response{StatusCode: 200, Body: closer{strings.NewReader("{}"), func() { closed = true }}}
	failure(t, engine.Discard(getThing, both, reason), reason)
	if !closed {
		t.Error("got an open response with an error, want it closed")
	}
}

// TestRedirect checks that the error contains only the origin of the target, because a path
// and a query may repeat what was sent.
func TestRedirect(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://user:pw@login.example.com:8443/secret?token=secret#secret": "to https://login.example.com:8443",
		"/secret?token=secret":     "to http://127.0.0.1:",
		"":                         "an invalid URL",
		"mailto:secret":            "to mailto:",
		"http://[secret/?x=secret": "an invalid URL",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			_, err := decode(t, response{status: status, location: location, body: "secret"})
			e := failure(t, err, api.ErrRedirect)
			if e.StatusCode != status {
				t.Errorf("%d to %q: got status %d, want %[1]d", status, location, e.StatusCode)
			}
			text := err.Error()
			if !strings.Contains(text, want) || strings.Contains(text, "secret") || strings.Contains(text, "pw") {
				t.Errorf("%d to %q: got error %q, want %q in it", status, location, text, want)
			}
		}
	}
}
