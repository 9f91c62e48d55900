package client_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/http2test"
)

// writes are calls of operations that are not idempotent: with a body and without one.
var writes = map[string]func(context.Context, *client.Client) error{
	"create": func(ctx context.Context, c *client.Client) error {
		_, err := c.CreateContact(ctx, "1", tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("a@example.com")})
		return err
	},
	"action": func(ctx context.Context, c *client.Client) error {
		_, err := c.RevokeGrant(ctx, "1", "2", nil)
		return err
	},
	"delete": func(ctx context.Context, c *client.Client) error { return c.DeletePermission(ctx, "1", "2") },
}

// reads are calls of idempotent operations.
var reads = map[string]func(context.Context, *client.Client) error{
	"get": func(ctx context.Context, c *client.Client) error {
		_, err := c.GetContact(ctx, "1", "2")
		return err
	},
	"patch": func(ctx context.Context, c *client.Client) error {
		_, err := c.UpdateContact(ctx, "1", "2", tapkey.ContactUpdate{Title: new("New")})
		return err
	},
}

const aContact = `{"id":"2","identifier":"a@example.com","grantId":"3"}`

// noDelay replaces the delay between attempts.
func noDelay(context.Context, time.Duration) error { return nil }

// over returns a client that sends its requests with a transport to a server, and does not
// request a token.
func over(t *testing.T, transport http.RoundTripper, server string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})), client.WithSleep(noDelay),
		client.WithHTTPClient(&http.Client{Transport: transport}), client.WithBaseURL(server + "/api/v1"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wrapped is a transport with another http.RoundTripper around it, as for tracing.
func wrapped(transport http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) { return transport.RoundTrip(req.Clone(req.Context())) })
}

// TestWritesAreSentOnce checks that net/http does not send a write again that the server has
// read, and that its repetitions of other requests count against the limit. The server
// resets each stream with PROTOCOL_ERROR, as nginx does for "return 444".
func TestWritesAreSentOnce(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct {
		name string
		end  func(*http2test.Stream)
	}{
		{"PROTOCOL_ERROR", func(s *http2test.Stream) { s.Reset(http2test.ProtocolError) }},
		{"INTERNAL_ERROR", func(s *http2test.Stream) { s.Reset(http2test.InternalError) }},
		{"103, PROTOCOL_ERROR", func(s *http2test.Stream) { s.Inform(); s.Reset(http2test.ProtocolError) }},
		{"GOAWAY after the request", func(s *http2test.Stream) { s.GoAway(s.ID, http2test.NoError); s.Close() }},
		{"closed", (*http2test.Stream).Close},
	} {
		for _, wrap := range []bool{false, true} {
			var received atomic.Int32
			server := http2test.Start(t, func(s *http2test.Stream) {
				received.Add(1)
				fault.end(s)
			})
			transport := server.Client().Transport
			if wrap {
				transport = wrapped(transport)
			}
			for _, retries := range []int{0, 2} {
				c := over(t, transport, server.URL, client.WithRetries(retries))
				check := func(name string, call func(context.Context, *client.Client) error, want int) {
					received.Store(0)
					err := call(t.Context(), c)
					if got := int(received.Load()); err == nil || got != want {
						t.Errorf("%s, wrapped %t, %d retries, %s: got error %v and %d requests, want an error and %d",
							fault.name, wrap, retries, name, err, got, want)
					}
				}
				for name, call := range writes {
					check(name, call, 1)
				}
				for name, call := range reads {
					check(name, call, 1+retries)
				}
			}
		}
	}
}

// TestResponseAfterAReset checks that a write is sent once, too, if the server sends the header of
// a response after it has reset the stream, which HTTP/2 forbids. The client may use either.
func TestResponseAfterAReset(t *testing.T) {
	t.Parallel()
	var received atomic.Int32
	server := http2test.Start(t, func(s *http2test.Stream) {
		received.Add(1)
		s.Reset(http2test.ProtocolError)
		s.Respond(`{"id":"1"}`)
	})
	c := over(t, server.Client().Transport, server.URL)
	for name, write := range writes {
		for range 100 {
			received.Store(0)
			err := write(t.Context(), c)
			if got := received.Load(); got != 1 {
				t.Fatalf("%s: got error %v and %d requests, want 1", name, err, got)
			}
		}
	}
}

// TestTokenRequestsAreCounted is like TestWritesAreSentOnce for the token endpoint.
func TestTokenRequestsAreCounted(t *testing.T) {
	t.Parallel()
	var received atomic.Int32
	server := http2test.Start(t, func(s *http2test.Stream) {
		received.Add(1)
		s.Reset(http2test.ProtocolError)
	})
	for _, retries := range []int{0, 2} {
		c, err := client.New(client.WithCredentials("id", "secret"), client.WithTokenURL(server.URL), client.WithSleep(noDelay),
			client.WithHTTPClient(server.Client()), client.WithRetries(retries))
		if err != nil {
			t.Fatal(err)
		}
		received.Store(0)
		_, err = c.Token(t.Context())
		if _, ok := errors.AsType[*client.TokenError](err); !ok || int(received.Load()) != 1+retries {
			t.Errorf("%d retries: got error %v and %d requests, want a TokenError and %d", retries, err, received.Load(), 1+retries)
		}
	}
}

// TestRefusedRequestsAreRetried checks that a request that the server has refused is retried
// whatever it does, up to the limit.
func TestRefusedRequestsAreRetried(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct {
		name string
		end  func(*http2test.Stream)
		body bool // net/http gives the reason only for a request with a body
	}{
		{"REFUSED_STREAM", func(s *http2test.Stream) { s.Reset(http2test.RefusedStream) }, false},
		{"GOAWAY", func(s *http2test.Stream) { s.GoAway(s.ID-1, http2test.NoError) }, true},
		{"GOAWAY with an error", func(s *http2test.Stream) { s.GoAway(s.ID-1, http2test.InternalError) }, true},
	} {
		var received, processed, faults atomic.Int32
		server := http2test.Start(t, func(s *http2test.Stream) {
			received.Add(1)
			if faults.Add(-1) >= 0 {
				fault.end(s)
				return
			}
			processed.Add(1)
			s.Respond(aContact)
		})
		for _, idle := range []bool{false, true} { // whether the connection has been used before
			for name, call := range writes {
				for _, times := range []int32{1, 2, 3, 100} {
					if fault.body && name != "create" {
						continue
					}
					c := over(t, server.Client().Transport, server.URL, client.WithRetries(2))
					server.Client().CloseIdleConnections()
					if idle {
						faults.Store(0)
						if err := reads["get"](t.Context(), c); err != nil {
							t.Fatal(err)
						}
					}
					faults.Store(times)
					received.Store(0)
					processed.Store(0)
					err := call(t.Context(), c)
					want := [2]int32{min(times+1, 3), 0}
					if times <= 2 {
						want[1] = 1
					}
					if got := [2]int32{received.Load(), processed.Load()}; (err == nil) != (want[1] == 1) || got != want {
						t.Errorf("%s %d times, idle connection %t, %s: got error %v and %d requests of which %d were processed, want %d and %d, and an error if none was processed",
							fault.name, times, idle, name, err, got[0], got[1], want[0], want[1])
					}
				}
			}
		}
	}
}

// TestRefusedWithoutReason checks that a request is not retried if it is not known that the
// server has refused it.
func TestRefusedWithoutReason(t *testing.T) {
	t.Parallel()
	var received atomic.Int32
	server := http2test.Start(t, func(s *http2test.Stream) {
		received.Add(1)
		s.GoAway(s.ID-1, http2test.NoError)
	})
	c := over(t, server.Client().Transport, server.URL)
	if err := writes["delete"](t.Context(), c); err == nil || received.Load() != 1 {
		t.Errorf("got error %v and %d requests, want an error and 1", err, received.Load())
	}
	received.Store(0)
	if err := writes["create"](t.Context(), over(t, wrapped(server.Client().Transport), server.URL)); err == nil || received.Load() != 1 {
		t.Errorf("other RoundTripper: got error %v and %d requests, want an error and 1", err, received.Load())
	}
}

// TestDialAfterTheRequest checks that a failure to connect does not stand for a request that
// was never sent if net/http has sent it on another connection.
func TestDialAfterTheRequest(t *testing.T) {
	t.Parallel()
	var received, dials atomic.Int32
	server := http2test.Start(t, func(s *http2test.Stream) {
		received.Add(1)
		s.Reset(http2test.ProtocolError)
	})
	transport := server.Client().Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dials.Add(1)%2 == 0 {
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	for name, call := range writes {
		received.Store(0)
		dials.Store(0)
		err := call(t.Context(), over(t, transport, server.URL))
		if _, ok := errors.AsType[*net.OpError](err); ok || err == nil || received.Load() != 1 {
			t.Errorf("%s: got error %v and %d requests, want one that is not a net.OpError and 1", name, err, received.Load())
		}
	}
}

// TestNoConnection checks that a request is retried, whatever it does, if the TLS handshake
// takes too long or a SOCKS proxy refuses the connection: nothing was sent.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	listen := func(serve func(net.Conn)) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				connections.Add(1)
				go serve(conn)
			}
		}()
		return listener.Addr().String()
	}
	silent := listen(func(conn net.Conn) {
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	})
	socks := listen(func(conn net.Conn) {
		defer conn.Close()
		_, _ = io.ReadFull(conn, make([]byte, 3)) // the greeting
		_, _ = conn.Write([]byte{5, 0})
		_, _ = io.ReadFull(conn, make([]byte, 10))              // CONNECT to an IPv4 address
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // connection refused
	})
	for name, transport := range map[string]*http.Transport{
		"TLS handshake": {TLSHandshakeTimeout: 10 * time.Millisecond},
		"SOCKS": {Proxy: func(*http.Request) (*url.URL, error) {
			return &url.URL{Scheme: "socks5", Host: socks}, nil
		}},
	} {
		c := over(t, transport, "https://"+silent, client.WithRetries(1))
		for call, write := range writes {
			connections.Store(0)
			err := write(t.Context(), c)
			if err == nil || connections.Load() != 2 || api.MaybeDone(err) {
				t.Errorf("%s, %s: got error %v after %d connections and MaybeDone %t, want an error after 2 and false",
					name, call, err, connections.Load(), api.MaybeDone(err))
			}
		}
	}
}

// TestIdleConnectionClosed checks requests on an idle connection of HTTP/1.1 that the server
// closes after it has read the request.
func TestIdleConnectionClosed(t *testing.T) {
	t.Parallel()
	var received atomic.Int32
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for first := true; ; first = false {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					if received.Add(1); !first {
						return
					}
					rsp := httptest.NewRecorder()
					rsp.Header().Set("Content-Type", "application/json")
					rsp.Header().Set("Content-Length", strconv.Itoa(len(aContact)))
					_, _ = rsp.WriteString(aContact)
					_ = rsp.Result().Write(conn)
				}
			}()
		}
	}()
	url := "http://" + listener.Addr().String()
	for range 20 {
		for name, test := range map[string]struct {
			retries  int
			received int32
			ok       bool
		}{
			"create": {3, 1, false},
			"get":    {3, 2, true},
		} {
			c := over(t, &http.Transport{}, url, client.WithRetries(test.retries))
			if err := reads["get"](t.Context(), c); err != nil {
				t.Fatal(err)
			}
			received.Store(0)
			call := reads[name]
			if call == nil {
				call = writes[name]
			}
			if err := call(t.Context(), c); (err == nil) != test.ok || received.Load() != test.received {
				t.Errorf("%s: got error %v and %d requests, want success %t and %d", name, err, received.Load(), test.ok, test.received)
			}
		}
		var bodies []io.Reader
		// With a second idle connection, which net/http would use at once.
		c := over(t, &http.Transport{}, url, client.WithRetries(0))
		for range 2 {
			rsp, err := c.Do(t.Context(), http.MethodGet, "/Owners", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer rsp.Body.Close()
			bodies = append(bodies, rsp.Body)
		}
		for _, body := range bodies {
			_, _ = io.ReadAll(body)
		}
		received.Store(0)
		if err := reads["get"](t.Context(), c); err == nil || received.Load() != 1 {
			t.Errorf("no retries: got error %v and %d requests, want an error and 1", err, received.Load())
		}
	}
}

// TestTraceOfTheCaller checks that the hooks of the caller run for each attempt.
func TestTraceOfTheCaller(t *testing.T) {
	t.Parallel()
	var faults atomic.Int32
	faults.Store(1)
	server := http2test.Start(t, func(s *http2test.Stream) {
		if faults.Add(-1) >= 0 {
			s.Inform()
			s.Reset(http2test.ProtocolError)
			return
		}
		s.Respond(aContact)
	})
	var got, wrote, responses atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { got.Add(1) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { wrote.Add(1) },
		GotFirstResponseByte: func() { responses.Add(1) },
	})
	if err := reads["get"](ctx, over(t, server.Client().Transport, server.URL)); err != nil {
		t.Fatal(err)
	}
	if got.Load() < 2 || wrote.Load() != 2 || responses.Load() != 2 {
		t.Errorf("got %d connections, %d requests and %d responses, want at least 2, and 2 of each", got.Load(), wrote.Load(), responses.Load())
	}
}

// TestRoundTripperWithFurtherRequests checks RoundTrippers that send requests with the same
// context before the actual one, and that send a request again after a response, as for
// authentication.
func TestRoundTripperWithFurtherRequests(t *testing.T) {
	t.Parallel()
	server := http2test.Start(t, func(s *http2test.Stream) { s.Respond(aContact) })
	transport := server.Client().Transport
	for name, call := range writes {
		c := over(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			for range 2 {
				before, err := http.NewRequestWithContext(req.Context(), http.MethodGet, server.URL+"/challenge", nil)
				if err != nil {
					return nil, err
				}
				rsp, err := transport.RoundTrip(before)
				if err != nil {
					return nil, err
				}
				rsp.Body.Close()
			}
			return transport.RoundTrip(req)
		}), server.URL)
		if err := call(t.Context(), c); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
	}
}
