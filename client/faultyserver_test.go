package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/http2test"
)

// rawServer is a server of HTTP/1.1 that responds to each request with what respond writes.
// It then reads until the client closes the connection.
type rawServer struct {
	url      string
	requests atomic.Int32
	closed   chan struct{} // receives a value for each connection that the client has closed
}

func newRawServer(t *testing.T, respond func(net.Conn)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := &rawServer{url: "http://" + listener.Addr().String(), closed: make(chan struct{}, 1000)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				s.requests.Add(1)
				respond(conn)
				_, _ = io.Copy(io.Discard, conn)
				s.closed <- struct{}{}
			}()
		}
	}()
	return s
}

// text returns a function that writes text.
func text(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"

// TestUnaskedSwitchingProtocols checks that a response with status 101 is an error, although
// its body, the connection, does not end, and that the connection is closed.
func TestUnaskedSwitchingProtocols(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"without a body": "", "with a body": aContact} {
		server := newRawServer(t, text(switching+body))
		c := over(t, &http.Transport{}, server.url)
		calls := map[string]func(context.Context, *client.Client) error{
			"Do": func(ctx context.Context, c *client.Client) error {
				_, err := c.Do(ctx, http.MethodGet, "/Owners", nil, nil)
				return err
			},
			"iterator": func(ctx context.Context, c *client.Client) error {
				for _, err := range c.AllOwners(ctx) {
					return err
				}
				return nil
			},
		}
		for operation, call := range writes {
			calls[operation] = call
		}
		for operation, call := range reads {
			calls[operation] = call
		}
		for operation, call := range calls {
			server.requests.Store(0)
			err := call(t.Context(), c)
			failed, ok := errors.AsType[*api.Error](err)
			if !ok || failed.StatusCode != http.StatusSwitchingProtocols || server.requests.Load() != 1 {
				t.Errorf("%s, %s: got error %v and %d requests, want status 101 and 1", name, operation, err, server.requests.Load())
			}
			<-server.closed
		}
	}
}

// TestTokenEndpointSwitchesProtocols is like TestUnaskedSwitchingProtocols for the token
// endpoint.
func TestTokenEndpointSwitchesProtocols(t *testing.T) {
	t.Parallel()
	server := newRawServer(t, text(switching+tokenBody))
	c, err := client.New(client.WithCredentials("id", "secret"), client.WithTokenURL(server.url), client.WithHTTPClient(&http.Client{Transport: &http.Transport{}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []func() error{
		func() error { _, err := c.Token(t.Context()); return err },
		func() error { _, err := c.NewToken(t.Context(), "scope"); return err },
	} {
		server.requests.Store(0)
		err := request()
		failed, ok := errors.AsType[*client.TokenError](err)
		if !ok || failed.StatusCode != http.StatusSwitchingProtocols || server.requests.Load() != 1 {
			t.Errorf("got error %v and %d requests, want a TokenError with status 101 and 1", err, server.requests.Load())
		}
		<-server.closed
	}
}

// TestInformationalFlood checks a server that sends informational responses without an end.
func TestInformationalFlood(t *testing.T) {
	t.Parallel()
	traced := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { return nil }})
	for name, ctx := range map[string]context.Context{"": t.Context(), "with a hook of the caller": traced} {
		server := newRawServer(t, func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
					return
				}
			}
		})
		var requests atomic.Int32
		h2 := http2test.Start(t, func(s *http2test.Stream) {
			requests.Add(1)
			for range 1000 {
				s.Inform()
			}
		})
		for _, call := range []func(context.Context, *client.Client) error{writes["create"], reads["get"]} {
			server.requests.Store(0)
			err := call(ctx, over(t, &http.Transport{}, server.url))
			if !errors.Is(err, api.ErrTooLarge) || server.requests.Load() != 1 {
				t.Errorf("HTTP/1.1 %s: got error %v and %d requests, want ErrTooLarge and 1", name, err, server.requests.Load())
			}
			<-server.closed
			requests.Store(0)
			err = call(ctx, over(t, h2.Client().Transport, h2.URL))
			if !errors.Is(err, api.ErrTooLarge) || requests.Load() != 1 {
				t.Errorf("HTTP/2 %s: got error %v and %d requests, want ErrTooLarge and 1", name, err, requests.Load())
			}
		}
	}
}

// TestInvalidLocation checks that a redirect without a valid target is an error with its
// status, and that the request is sent once.
func TestInvalidLocation(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "Location: \r\n", "Location: %zz\r\n", "Location: http://[::1\r\n", "Location: :\r\n", "Location: https://a b/\r\n"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			server := newRawServer(t, text(fmt.Sprintf("HTTP/1.1 %d Redirect\r\nContent-Length: 0\r\nConnection: close\r\n%s\r\n", status, location)))
			c := over(t, &http.Transport{}, server.url)
			for name, call := range map[string]func(context.Context, *client.Client) error{"get": reads["get"], "create": writes["create"]} {
				server.requests.Store(0)
				err := call(t.Context(), c)
				failed, ok := errors.AsType[*api.Error](err)
				if !ok || failed.StatusCode != status || !errors.Is(err, api.ErrRedirect) || server.requests.Load() != 1 {
					t.Errorf("%d, %q, %s: got error %v and %d requests, want status %[1]d, ErrRedirect and 1", status, location, name, err, server.requests.Load())
				}
			}
			tokens, err := client.New(client.WithCredentials("id", "secret"), client.WithTokenURL(server.url), client.WithSleep(noDelay))
			if err != nil {
				t.Fatal(err)
			}
			server.requests.Store(0)
			_, err = tokens.Token(t.Context())
			failed, ok := errors.AsType[*client.TokenError](err)
			if !ok || failed.StatusCode != status || !errors.Is(err, api.ErrRedirect) || server.requests.Load() != 1 {
				t.Errorf("%d, %q, token: got error %v and %d requests, want status %[1]d, ErrRedirect and 1", status, location, err, server.requests.Load())
			}
		}
	}
}

// TestStuckBody checks that a body that does not end does not hold a call that does not need
// it, and that its connection is closed. Without a limit in time each attempt would take 30 s.
func TestStuckBody(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	t.Parallel()
	server := newRawServer(t, text("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"ErrorCode\":\"Busy\","))
	for name, call := range map[string]func(context.Context, *client.Client) error{"get": reads["get"], "create": writes["create"]} {
		server.requests.Store(0)
		want := int32(1)
		if name == "get" {
			want = 4
		}
		err := call(t.Context(), over(t, &http.Transport{}, server.url))
		failed, ok := errors.AsType[*api.Error](err)
		if !ok || failed.StatusCode != http.StatusServiceUnavailable || failed.Code != "Busy" || server.requests.Load() != want {
			t.Errorf("%s: got error %v and %d requests, want status 503, code Busy and %d", name, err, server.requests.Load(), want)
		}
		for range want {
			<-server.closed
		}
	}
}

// TestStuckTokenBody is like TestStuckBody for the token endpoint.
func TestStuckTokenBody(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	t.Parallel()
	server := newRawServer(t, text("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
	c, err := client.New(client.WithCredentials("id", "secret"), client.WithTokenURL(server.url), client.WithSleep(noDelay))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Token(t.Context())
	failed, ok := errors.AsType[*client.TokenError](err)
	if !ok || failed.StatusCode != http.StatusServiceUnavailable || server.requests.Load() != 4 {
		t.Errorf("got error %v and %d requests, want a TokenError with status 503 and 4", err, server.requests.Load())
	}
}

// TestTimeOfUnwantedBodies measures how long bodies that do not end hold a call.
func TestTimeOfUnwantedBodies(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]time.Duration{"stuck": time.Hour, "a byte per 10 ms": 10 * time.Millisecond} {
		for operation, test := range map[string]struct {
			status int
			call   func(context.Context, *client.Client) error
			most   time.Duration
			is     error
		}{
			"get":          {503, reads["get"], time.Second, api.ErrServer}, // four attempts, without delays
			"create":       {503, writes["create"], time.Second, api.ErrServer},
			"unauthorized": {401, writes["create"], time.Second, api.ErrUnauthorized},
			"redirect":     {302, reads["get"], time.Second, api.ErrRedirect},
			"no value":     {200, writes["delete"], time.Second, nil},
		} {
			t.Run(name+", "+operation, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := inMemory(t, func(req *http.Request) (*http.Response, error) {
						rsp := response(req, test.status, "")
						rsp.Body, rsp.ContentLength = &slowBody{req.Context(), each, strings.Split(strings.Repeat(" ", 10_000), "")}, -1
						return rsp, nil
					}, client.WithSleep(noDelay))
					start := time.Now()
					err := test.call(t.Context(), c)
					if took := time.Since(start); took > test.most || !errors.Is(err, test.is) {
						t.Errorf("got error %v after %v, want %v within %v", err, took, test.is, test.most)
					}
				})
			})
		}
	}
}

// TestIncompleteResponses checks responses of a RoundTripper that sets only what it needs.
func TestIncompleteResponses(t *testing.T) {
	t.Parallel()
	body := func(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
	for name, complete := range map[string]func(status int, text string) *http.Response{
		"no Header": func(status int, text string) *http.Response {
			return &http.Response{StatusCode: status, Body: body(text), ContentLength: int64(len(text))}
		},
		"no Header and no ContentLength": func(status int, text string) *http.Response {
			return &http.Response{StatusCode: status, Body: body(text)}
		},
		"with a version": func(status int, text string) *http.Response {
			return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: body(text)}
		},
	} {
		c, err := client.New(client.WithCredentials("id", "secret"), anyOperation(), client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(req.URL.Path, "/connect/token"):
				return complete(http.StatusOK, tokenBody), nil
			case req.Method == http.MethodDelete:
				return &http.Response{StatusCode: http.StatusNoContent}, nil
			case strings.HasSuffix(req.URL.Path, "/Contacts"):
				return complete(http.StatusConflict, `{"ErrorCode":"Duplicate"}`), nil
			}
			return complete(http.StatusOK, aContact), nil
		})}))
		if err != nil {
			t.Fatal(err)
		}
		if err := reads["get"](t.Context(), c); err != nil {
			t.Errorf("%s, get: got error %v, want none", name, err)
		}
		if err := writes["delete"](t.Context(), c); err != nil {
			t.Errorf("%s, delete: got error %v, want none", name, err)
		}
		err = writes["create"](t.Context(), c)
		if failed, ok := errors.AsType[*api.Error](err); !ok || failed.Code != "Duplicate" {
			t.Errorf("%s, create: got error %v, want code Duplicate", name, err)
		}
	}
}

// TestDeadConnection checks that calls leave a connection of HTTP/2 on which nothing arrives
// any more: the first one fails an attempt before its time-out, or waits for the ping.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var connections, requests, created atomic.Int32
		transport := engine.NewTransport()
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			t.Cleanup(func() { there.Close() })
			n := connections.Add(1)
			go http2test.Serve(there, func(s *http2test.Stream) {
				if requests.Add(1) == 2 {
					s.Die()
					created.Add(1)
					return
				}
				if n > 1 {
					created.Add(1)
				}
				s.Respond(aContact)
			})
			return here, nil
		}
		c := over(t, transport, "http://127.0.0.1")
		if err := reads["get"](t.Context(), c); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err := writes["create"](t.Context(), c)
		if took := time.Since(start); err == nil || created.Load() != 1 || took > 20*time.Second {
			t.Errorf("create: got error %v after %v and %d contacts, want an error within 20s and 1", err, took, created.Load())
		}
		start = time.Now()
		if err := reads["get"](t.Context(), c); err != nil || time.Since(start) > time.Second {
			t.Errorf("got error %v after %v, want none at once", err, time.Since(start))
		}
		if connections.Load() != 2 {
			t.Errorf("got %d connections, want 2", connections.Load())
		}
	})
}
