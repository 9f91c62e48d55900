package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/closedport"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// createGrant calls CreateGrant with fixed arguments.
func createGrant(ctx context.Context, c *client.Client, editors ...tapkey.RequestEditorFn) error {
	_, err := c.CreateGrant(ctx, "o", tapkey.GrantCreate{BoundLockID: "l", ContactID: new("c")}, editors...)
	return err
}

// respond returns a handler that sends a status, a header and a body.
func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Location", "https://example.com/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cutOff sends some bytes of a connection and closes it.
func cutOff(t *testing.T, text string, reset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, text)
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
	}
}

// TestMaybeDone creates grants whose response is lost, and checks that MaybeDone is true.
func TestMaybeDone(t *testing.T) {
	long := strings.Repeat(" ", 2<<20)
	lost := map[string]http.HandlerFunc{
		"closed before the response": cutOff(t, "", false),
		"reset before the response":  cutOff(t, "", true),
		"closed in the header":       cutOff(t, "HTTP/1.1 200 OK\r\nContent-Le", false),
		"closed in the body":         cutOff(t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id\":", false),
		"reset in the body":          cutOff(t, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\":", true),
		"closed in a chunk":          cutOff(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\"", false),
		"not HTTP":                   cutOff(t, "SSH-2.0-OpenSSH_9.9\r\n", false),
		"half of the JSON":           respond(200, "application/json", `{"id":"g`),
		"no id":                      respond(200, "application/json", `{"state":"Ok"}`),
		"a list":                     respond(200, "application/json", `[{"id":"g"}]`),
		"a field of another type":    respond(200, "application/json", `{"id":7}`),
		"null":                       respond(200, "application/json", `null`),
		"nothing":                    respond(200, "application/json", ``),
		"201 without content":        respond(201, "application/json", ``),
		"204":                        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"a page":                     respond(200, "text/html", "<html>"),
		"too large":                  respond(200, "application/json", long+`{"id":"g"}`),
		"a header that is too large": respond(200, "application/json; x="+strings.Repeat("x", 2<<20), `{"id":"g"}`),
		"a content encoding":         respond(200, "application/json", "\x1f\x8b"),
		"300":                        respond(300, "text/html", ""),
		"302":                        respond(302, "text/html", ""),
		"303":                        respond(303, "text/html", ""),
		"307":                        respond(307, "text/html", ""),
		"304":                        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
		"408":                        respond(408, "text/plain", ""),
		"429":                        respond(429, "application/json", "{}"),
		"500":                        respond(500, "application/json", "{}"),
		"502, an HTML page":          respond(502, "text/html", "<html>"),
		"503":                        respond(503, "application/json", "{}"),
		"504":                        respond(504, "application/json", "{}"),
		"599":                        respond(599, "application/json", "{}"),
		"a redirect to an invalid URL": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://[invalid/")
			w.WriteHeader(302)
		},
	}
	for name, handler := range lost {
		var created atomic.Int32
		c := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			created.Add(1)
			handler(w, r)
		}).client(t, client.WithMaxResponseBytes(1<<20), client.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxResponseHeaderBytes: 1 << 20}}))
		err := createGrant(t.Context(), c)
		if err == nil || created.Load() != 1 || !api.MaybeDone(err) {
			t.Errorf("%s: got error %v after %d creates and MaybeDone %t, want an error after 1 and true", name, err, created.Load(), api.MaybeDone(err))
		}
		if wrapped := errors.Join(errors.New("other"), fmt.Errorf("grant: %w", err)); !api.MaybeDone(wrapped) {
			t.Errorf("%s: got MaybeDone false for the wrapped error, want true", name)
		}
	}
}

// TestMaybeDoneContext ends the context, or the time of the client, after the grant was
// created.
func TestMaybeDoneContext(t *testing.T) {
	for _, phase := range []string{"before the header", "in the body"} {
		for _, end := range []string{"canceled", "time-out"} {
			for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var created atomic.Int32
				handler := func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					created.Add(1)
					if phase == "in the body" {
						w.Header().Set("Content-Type", "application/json")
						_, _ = io.WriteString(w, `{"id":`)
						w.(http.Flusher).Flush()
					}
					if end == "canceled" {
						cancel()
					}
					<-r.Context().Done()
				}
				c := overTLS(t, handler)
				if proto == "HTTP/1.1" {
					c = newService(t, nil, handler).client(t, client.WithHTTPClient(&http.Client{Timeout: 30 * time.Millisecond}))
				} else if end == "time-out" {
					var cancelTimeout context.CancelFunc
					ctx, cancelTimeout = context.WithTimeout(ctx, 30*time.Millisecond)
					defer cancelTimeout()
				}
				if _, err := c.Token(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := createGrant(ctx, c); err == nil || created.Load() > 0 && !api.MaybeDone(err) {
					t.Errorf("%s, %s %s: got error %v after %d creates and MaybeDone %t, want an error and true after a create",
						proto, end, phase, err, created.Load(), api.MaybeDone(err))
				}
			}
		}
	}
}

// TestMaybeDoneNot checks that MaybeDone is false if the grant was certainly not created.
func TestMaybeDoneNot(t *testing.T) {
	created := 0
	handler := func(w http.ResponseWriter, r *http.Request) {
		created++
		respond(200, "application/json", `{"id":"g"}`)(w, r)
	}
	working := newService(t, nil, handler).client(t)
	if err := createGrant(t.Context(), working); err != nil || created != 1 || api.MaybeDone(err) {
		t.Fatalf("got error %v after %d creates and MaybeDone %t, want none after 1 and false", err, created, api.MaybeDone(err))
	}
	created = 0
	closed := "http://" + closedport.Address(t)
	untrusted := httptest.NewTLSServer(http.HandlerFunc(handler))
	defer untrusted.Close()
	plain := httptest.NewServer(http.HandlerFunc(handler))
	defer plain.Close()
	token := client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}))
	at := func(base string, opts ...client.Option) func(context.Context) error {
		c, err := client.New(append([]client.Option{token, client.WithBaseURL(base + "/api/v1"), noSleep}, opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) error { return createGrant(ctx, c) }
	}
	editor := func(edit tapkey.RequestEditorFn) func(context.Context) error {
		return func(ctx context.Context) error { return createGrant(ctx, working, edit) }
	}
	failing := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Name: "h", Err: "no such host", IsNotFound: true}}
	}}}
	not := map[string]func(context.Context) error{
		"connection refused": at(closed),
		"unknown host":       at("https://h", client.WithHTTPClient(failing)),
		"certificate":        at(untrusted.URL, client.WithHTTPClient(&http.Client{Transport: &http.Transport{}})),
		"no TLS":             at(strings.Replace(plain.URL, "http:", "https:", 1)),
		"proxy refused": at("https://h", client.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
			return url.Parse("http://127.0.0.1:1") // a port that no other test gets
		}}})),
		"path value": func(ctx context.Context) error {
			_, err := working.CreateGrant(ctx, "..", tapkey.GrantCreate{})
			return err
		},
		"editor": editor(func(context.Context, *http.Request) error { return errors.New("no") }),
		"editor with a network error": editor(func(context.Context, *http.Request) error {
			return &net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}
		}),
		"origin": editor(func(_ context.Context, req *http.Request) error {
			req.URL.Host = "example.com"
			return nil
		}),
		"plain http": editor(func(_ context.Context, req *http.Request) error {
			req.URL.Scheme = "http"
			req.URL.Host = "example.com"
			return nil
		}),
		"body that cannot be read": editor(func(_ context.Context, req *http.Request) error {
			req.Body = io.NopCloser(iotest.ErrReader(errors.New("no body")))
			return nil
		}),
		"malformed token": at(plain.URL, client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a b"}))),
		"no token":        at(plain.URL, client.WithTokenSource(brokenSource{err: io.ErrUnexpectedEOF})),
		"token refused": func(ctx context.Context) error {
			return createGrant(ctx, newService(t, respond(400, "application/json", `{"error":"invalid_client"}`), handler).client(t))
		},
		"token endpoint fails": func(ctx context.Context) error {
			return createGrant(ctx, newService(t, cutOff(t, "", false), handler).client(t, noSleep))
		},
		"context done after a 401": func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			released, tokens := make(chan struct{}), 0
			defer close(released)
			source := sourceFunc(func() (*oauth2.Token, error) {
				if tokens++; tokens > 1 {
					cancel()
					<-released
				}
				return &oauth2.Token{AccessToken: "t"}, nil
			})
			return createGrant(ctx, newService(t, nil, respond(401, "application/json", `{}`)).client(t, client.WithTokenSource(source)))
		},
		"editor that removes the URL": editor(func(_ context.Context, req *http.Request) error {
			req.URL = nil
			return nil
		}),
		"context done before the call": func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return createGrant(ctx, working)
		},
		"Do": func(ctx context.Context) error {
			_, err := working.Do(ctx, http.MethodPut, "/Owners/../Grants", nil, nil)
			return err
		},
	}
	for _, status := range []int{400, 401, 402, 403, 404, 405, 409, 410, 412, 413, 415, 422, 451, 499} {
		not[fmt.Sprint(status)] = func(ctx context.Context) error {
			return createGrant(ctx, newService(t, nil, respond(status, "application/json", `{}`)).client(t))
		}
	}
	for name, call := range not {
		err := call(t.Context())
		if err == nil || created != 0 || api.MaybeDone(err) || api.MaybeDone(fmt.Errorf("grant: %w", err)) {
			t.Errorf("%s: got error %v after %d creates and MaybeDone %t, want an error after 0 and false", name, err, created, api.MaybeDone(err))
		}
		if _, ok := errors.AsType[*api.Error](err); !ok {
			t.Errorf("%s: got error %T, want an *api.Error", name, err)
		}
	}
}

// TestMaybeDonePlain checks MaybeDone for an API without the hand-written client.
func TestMaybeDonePlain(t *testing.T) {
	closed := "http://" + closedport.Address(t)
	broken := httptest.NewServer(cutOff(t, "", true))
	defer broken.Close()
	for base, want := range map[string]bool{closed: false, broken.URL: true} {
		calls, err := tapkey.NewAPI(base)
		if err != nil {
			t.Fatal(err)
		}
		_, err = calls.CreateGrant(t.Context(), "o", tapkey.GrantCreate{})
		if api.MaybeDone(err) != want || err == nil {
			t.Errorf("got error %v and MaybeDone %t, want %t", err, api.MaybeDone(err), want)
		}
	}
}

// TestMaybeDoneRetried checks an operation that is retried: the first attempt may have been
// executed even if the last one was not sent.
func TestMaybeDoneRetried(t *testing.T) {
	for _, first := range []int{503, 0} {
		attempts := 0
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			if attempts++; attempts == 1 && first != 0 {
				return response(req, first, `{}`), nil
			}
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		}, noSleep)
		_, err := c.UpdateContact(t.Context(), "o", "c", tapkey.ContactUpdate{})
		if want := first != 0; attempts != 4 || api.MaybeDone(err) != want {
			t.Errorf("first status %d: got error %v after %d attempts and MaybeDone %t, want 4 attempts and %t", first, err, attempts, api.MaybeDone(err), want)
		}
	}
}

// TestMaybeDoneFaults compares MaybeDone with the writes of the sandbox, for each fault.
func TestMaybeDoneFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for _, kind := range sandbox.FaultKinds() {
		fault := sandbox.Fault{Kind: kind, Delay: time.Millisecond, Bytes: 100, Location: "https://example.com/"}
		switch kind {
		case sandbox.FaultRefused:
			fault = sandbox.Fault{Kind: kind}
		case sandbox.FaultMalformedToken:
			fault.Operation = "token"
		}
		server, err := sandbox.Start()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		c, err := client.New(
			client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
			client.WithScopes("read:owneraccounts", "read:core:entities", "write:core:entities"), noSleep,
			client.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}),
		)
		if err != nil {
			t.Fatal(err)
		}
		owners, err := c.ListOwners(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Inject(fault); err != nil {
			t.Fatal(err)
		}
		_, err = c.CreateContact(t.Context(), owners[0].ID, tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("new@example.com")})
		if cleared := server.ClearFaults(); cleared != nil {
			t.Fatal(cleared)
		}
		if n := contacts(t, c, "new@example.com"); err != nil && n > 0 && !api.MaybeDone(err) {
			t.Errorf("%s: got error %v, %d contacts and MaybeDone false, want true", kind, err, n)
		}
	}
}
