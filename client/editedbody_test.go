package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// TestEditedBodyIsSent checks that each attempt sends the body that a request editor has
// set, whatever else of the request the editor has set. The first two attempts fail.
func TestEditedBodyIsSent(t *testing.T) {
	t.Parallel()
	const edited = `{"title":"a title that is longer than the original"}`
	large := `{"title":"` + strings.Repeat("x", 2<<20) + `"}`
	set := func(text string) func(*http.Request) {
		return func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader(text)) }
	}
	for name, test := range map[string]struct {
		edit     func(*http.Request)
		body     string
		attempts int // of a PATCH
	}{
		"not edited":       {func(*http.Request) {}, `{"title":"New"}`, 3},
		"only Body":        {set(edited), edited, 3},
		"a shorter Body":   {set("{}"), "{}", 3},
		"an empty Body":    {set(""), "", 3},
		"Body nil":         {func(req *http.Request) { req.Body = nil }, "", 3},
		"Body http.NoBody": {func(req *http.Request) { req.Body = http.NoBody }, "", 3},
		"without GetBody":  {func(req *http.Request) { set(edited)(req); req.GetBody = nil }, edited, 3},
		"with everything": {func(req *http.Request) {
			set(edited)(req)
			req.ContentLength = int64(len(edited))
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(edited)), nil }
		}, edited, 3},
		"another GetBody": {func(req *http.Request) {
			set(edited)(req)
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("other")), nil }
		}, edited, 3},
		"the body read and replaced": {func(req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(append(body, '\n')))
		}, "{\"title\":\"New\"}\n", 3},
		"a pipe": {func(req *http.Request) {
			r, w := io.Pipe()
			go func() { _, err := io.WriteString(w, edited); w.CloseWithError(err) }()
			req.Body = r
		}, edited, 3},
		"a stream": {func(req *http.Request) {
			set(edited)(req)
			req.GetBody, req.ContentLength = nil, -1
		}, edited, 1},
		"large": {set(large), large, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for operation, status := range map[string]int{"patch": http.StatusServiceUnavailable, "create": http.StatusUnauthorized} {
				var calls atomic.Int32
				s := newService(t, tokens(), func(w http.ResponseWriter, r *http.Request) {
					if n := calls.Add(1); n == 1 || n == 2 && operation == "patch" {
						respondJSON(status, map[string]any{})(w, r)
						return
					}
					respondJSON(http.StatusOK, map[string]any{"id": "2", "identifier": "a", "grantId": "3"})(w, r)
				})
				c := s.client(t, client.WithSleep(noDelay))
				editor := func(_ context.Context, req *http.Request) error { test.edit(req); return nil }
				var err error
				want := test.attempts
				if operation == "patch" {
					_, err = c.UpdateContact(t.Context(), "1", "2", tapkey.ContactUpdate{Title: new("New")}, editor)
				} else {
					want = min(want, 2)
					_, err = c.CreateContact(t.Context(), "1", tapkey.ContactCreate{Title: new("New")}, editor)
				}
				all := s.api.all()
				if (err == nil) != (want > 1) || len(all) != want {
					t.Errorf("%s: got error %v and %d requests, want success %t and %d", operation, err, len(all), want > 1, want)
				}
				for i, req := range all {
					if req.body != test.body {
						t.Errorf("%s: got the body %.100q in request %d, want %.100q", operation, req.body, i+1, test.body)
					}
				}
			}
		})
	}
}

// tokens returns a token endpoint whose tokens are all different.
func tokens() http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		respondJSON(http.StatusOK, map[string]any{"access_token": fmt.Sprint("token", n.Add(1)), "expires_in": 3600})(w, r)
	}
}

// TestEditedBodyEndsWithTheContext checks a body that an editor never completes.
func TestEditedBodyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	s := newService(t, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.client(t).UpdateContact(ctx, "1", "2", tapkey.ContactUpdate{}, func(_ context.Context, req *http.Request) error {
		req.Body, _ = io.Pipe()
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(s.api.all()) != 0 {
		t.Errorf("got error %v and %d requests, want context.Canceled and none", err, len(s.api.all()))
	}
}
