package doctor_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// A network is a network between a client and a service, or a service that does not speak
// HTTP. It returns a client for it.
type network struct {
	name  string
	start func(*testing.T) *client.Client
	want  doctor.ID
	or    doctor.ID // also right, if a race on the wire decides; "" if nothing else is
}

// expect returns the finding that n may have, if got is one.
func (n network) expect(got doctor.ID) doctor.ID {
	if n.or != "" && got == n.or {
		return got
	}
	return n.want
}

// listen serves connections with handle until the test ends, and returns the address.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
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
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// raw returns a client of a server that reads a request and sends text.
func raw(text string) func(*testing.T) *client.Client {
	return func(t *testing.T) *client.Client {
		return clientAt(t, "http://"+listen(t, func(conn net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = io.WriteString(conn, text)
		}))
	}
}

// withTLS returns a client of a service over TLS, whose requests a situation may answer.
func withTLS(s situation, trusted bool, change func(*tls.Config), opts ...client.Option) func(*testing.T) *client.Client {
	return func(t *testing.T) *client.Client {
		server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
		server.EnableHTTP2 = true
		server.Config.ErrorLog = discardLog()
		server.TLS = &tls.Config{}
		if change != nil {
			change(server.TLS)
		}
		server.StartTLS()
		t.Cleanup(server.Close)
		if trusted {
			opts = append(opts[:len(opts):len(opts)], client.WithHTTPClient(server.Client()))
		}
		return clientAt(t, server.URL, opts...)
	}
}

// through returns a client of a service over TLS, through a proxy that responds to CONNECT
// with text.
func through(text string) func(*testing.T) *client.Client {
	return throughWith(text, &http.Transport{})
}

func throughWith(text string, transport *http.Transport) func(*testing.T) *client.Client {
	return func(t *testing.T) *client.Client {
		proxy := &url.URL{Scheme: "http", Host: listen(t, func(conn net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = io.WriteString(conn, text)
		})}
		return clientAt(t, "https://tapkey.example", client.WithHTTPClient(proxied(transport, proxy)))
	}
}

// proxied returns an http.Client with a copy of a transport that uses a proxy.
func proxied(transport *http.Transport, proxy *url.URL) *http.Client {
	transport = transport.Clone()
	transport.Proxy = http.ProxyURL(proxy)
	return &http.Client{Transport: transport}
}

// handled returns a client of a server with a handler.
func handled(handler http.HandlerFunc) func(*testing.T) *client.Client {
	return func(t *testing.T) *client.Client {
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = discardLog()
		server.Start()
		t.Cleanup(server.Close)
		return clientAt(t, server.URL)
	}
}

func networks() []network {
	refused := func(*testing.T) string { return "http://127.0.0.1:1" }
	wrong := situation{}
	return []network{
		{"nothing listens", func(t *testing.T) *client.Client { return clientAt(t, refused(t)) }, doctor.Unreachable, ""},
		{"no such host", func(t *testing.T) *client.Client { return clientAt(t, "https://host.invalid") }, doctor.Unreachable, ""},
		{"closed at once", func(t *testing.T) *client.Client { return clientAt(t, "http://"+listen(t, func(net.Conn) {})) }, doctor.Unreachable, ""},
		{"closed after the request", raw(""), doctor.Unreachable, ""},
		{"reset", func(t *testing.T) *client.Client {
			return clientAt(t, "http://"+listen(t, func(conn net.Conn) {
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_ = conn.(*net.TCPConn).SetLinger(0)
			}))
		}, doctor.Unreachable, ""},
		{"header cut off", raw("HTTP/1.1 200 OK\r\n"), doctor.Unreachable, ""},
		{"header cut off in a name", raw("HTTP/1.1 200 OK\r\nContent-"), doctor.UnexpectedResponse, ""},
		{"no response", func(t *testing.T) *client.Client {
			return clientAt(t, "http://"+listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }),
				client.WithHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
		}, doctor.Unreachable, ""},
		{"TLS does not answer", func(t *testing.T) *client.Client {
			return clientAt(t, "https://"+listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }),
				client.WithHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
		}, doctor.Unreachable, ""},
		{"aborted over HTTP/2", func(t *testing.T) *client.Client {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
			server.EnableHTTP2 = true
			server.StartTLS()
			t.Cleanup(server.Close)
			return clientAt(t, server.URL, client.WithHTTPClient(server.Client()))
		}, doctor.Unreachable, ""},
		{"another protocol", raw("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), doctor.UnexpectedResponse, ""},
		{"HTTP/0.9", raw("<html><title>Router</title>"), doctor.UnexpectedResponse, ""},
		{"TLS alert in plain", raw("\x15\x03\x03\x00\x02\x02\x46"), doctor.TLS, ""},

		{"unknown authority", withTLS(wrong, false, nil), doctor.TLS, ""},
		{"another name", func(t *testing.T) *client.Client {
			c := withTLS(wrong, true, nil, client.WithBaseURL("https://x.example/api/v1"))(t)
			return c
		}, doctor.Unreachable, ""},
		{"expired certificate", withTLS(wrong, true, func(c *tls.Config) { c.Certificates = []tls.Certificate{expiredCertificate()} }), doctor.TLS, ""},
		// The server reports it after the handshake, and may close the connection before the
		// client has read the alert.
		{"client certificate, TLS 1.3", withTLS(wrong, true, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), doctor.TLS, doctor.Unreachable},
		{"client certificate, TLS 1.2", withTLS(wrong, true, func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 }), doctor.TLS, ""},
		{"old TLS", withTLS(wrong, true, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), doctor.TLS, ""},
		{"https to an HTTP server", func(t *testing.T) *client.Client {
			server := httptest.NewServer(http.HandlerFunc(wrong.serve))
			t.Cleanup(server.Close)
			return clientAt(t, strings.Replace(server.URL, "http:", "https:", 1))
		}, doctor.TLS, ""},
		{"http to an HTTPS server", func(t *testing.T) *client.Client {
			server := httptest.NewUnstartedServer(http.HandlerFunc(wrong.serve))
			server.Config.ErrorLog = discardLog()
			server.StartTLS()
			t.Cleanup(server.Close)
			return clientAt(t, strings.Replace(server.URL, "https:", "http:", 1))
		}, doctor.TLS, ""},
		{"HTTP/2, healthy", withTLS(wrong, true, nil), doctor.OK, ""},
		{"HTTP/2, WAF", withTLS(situation{to: toOwners, status: 403, header: htmlType, body: "<html><title>Blocked"}, true, nil), doctor.BlockedByProxy, ""},
		{"HTTP/2, bare challenge", withTLS(situation{to: toOwners, status: 401, header: challenged("Bearer")}, true, nil), doctor.HeaderStripped, ""},
		{"HTTP/2, Negotiate", withTLS(situation{to: toToken, status: 401, header: challenged("Negotiate")}, true, nil), doctor.ProxyAuthentication, ""},

		{"CONNECT, 407", through("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"), doctor.ProxyAuthentication, ""},
		{"CONNECT, 407, other words", throughWith("HTTP/1.1 407 authenticationrequired\r\nContent-Length: 0\r\n\r\n", engine.NewTransport()), doctor.ProxyAuthentication, ""},
		{"CONNECT, 407, other words, own transport", through("HTTP/1.1 407 authenticationrequired\r\nContent-Length: 0\r\n\r\n"), doctor.BlockedByProxy, ""},
		{"CONNECT, 470, default transport", throughWith("HTTP/1.1 470 Blocked\r\nContent-Length: 0\r\n\r\n", engine.NewTransport()), doctor.BlockedByProxy, ""},
		{"CONNECT, 511, default transport", throughWith("HTTP/1.1 511 Sign in\r\n\r\n", engine.NewTransport()), doctor.CaptivePortal, ""},
		{"CONNECT, 403", through("HTTP/1.1 403 Forbidden\r\n\r\n"), doctor.BlockedByProxy, ""},
		{"CONNECT, 403, other words", through("HTTP/1.1 403 Filtered by policy 12\r\n\r\n"), doctor.BlockedByProxy, ""},
		{"CONNECT, 502", through("HTTP/1.1 502 Bad Gateway\r\n\r\n"), doctor.Unreachable, ""},
		{"CONNECT, 503, other words", throughWith("HTTP/1.1 503 Host not found\r\n\r\n", engine.NewTransport()), doctor.Unreachable, ""},
		{"CONNECT, 511", through("HTTP/1.1 511 Network Authentication Required\r\n\r\n"), doctor.CaptivePortal, ""},
		{"CONNECT, closed", through(""), doctor.Unreachable, ""},
		{"CONNECT, not HTTP", through("SSH-2.0-x\r\n"), doctor.UnexpectedResponse, ""},
		{"no proxy", func(t *testing.T) *client.Client {
			proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
			return clientAt(t, "https://tapkey.example", client.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}))
		}, doctor.Unreachable, ""},
		{"plain proxy, 407", func(t *testing.T) *client.Client {
			proxy := httptest.NewServer(http.HandlerFunc(situation{to: "", status: 407, header: "Proxy-Authenticate: Negotiate"}.always))
			t.Cleanup(proxy.Close)
			address, _ := url.Parse(proxy.URL)
			return clientAt(t, "http://127.0.0.1:1", client.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}))
		}, doctor.ProxyAuthentication, ""},

		{"chunked page", handled(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			for _, part := range []string{"<ht", "ml><title>", "Blocked", "</title>"} {
				_, _ = io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
		}), doctor.BlockedByProxy, ""},
		{"compressed page", handled(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
			zip := gzip.NewWriter(w)
			_, _ = io.WriteString(zip, "<html><title>Blocked</title>")
			_ = zip.Close()
		}), doctor.BlockedByProxy, ""},
		{"page in an unknown encoding", handled(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte{0x0b, 0x02, 0x80, 0x3c, 0x03})
		}), doctor.BlockedByProxy, ""},
		{"page cut off", raw("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>"), doctor.BlockedByProxy, ""},
		{"page that does not end", func(t *testing.T) *client.Client {
			return clientAt(t, "http://"+listen(t, func(conn net.Conn) {
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_, _ = io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>")
				_, _ = io.Copy(io.Discard, conn)
			}))
		}, doctor.BlockedByProxy, ""},

		{"request editor", func(t *testing.T) *client.Client {
			return clientAt(t, refused(t), static(goodToken()), client.WithRequestEditor(func(context.Context, *http.Request) error { return errors.New("vault is sealed") }))
		}, doctor.ProgramError, ""},
		{"token source", func(t *testing.T) *client.Client {
			return clientAt(t, refused(t), client.WithTokenSource(failingSource{errors.New("vault is sealed")}))
		}, doctor.ProgramError, ""},
		{"token source, network", func(t *testing.T) *client.Client {
			return clientAt(t, refused(t), client.WithTokenSource(failingSource{&net.DNSError{Err: "no such host", Name: "vault"}}))
		}, doctor.Unreachable, ""},
		{"transport", func(t *testing.T) *client.Client {
			return clientAt(t, refused(t), static(goodToken()), client.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, errors.New("budget is spent")
			})}))
		}, doctor.ProgramError, ""},
		{"canceled by the token source", func(t *testing.T) *client.Client {
			return clientAt(t, refused(t), client.WithTokenSource(failingSource{context.Canceled}))
		}, doctor.Canceled, ""},
	}
}

func TestNetworks(t *testing.T) {
	var explained, diagnosed tally
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			c := n.start(t)
			findings := doctor.Explain(toOwners.call(t.Context(), c))
			got := first(t, findings)
			explained.count(t, n.expect(got), got)
			if t.Failed() {
				t.Logf("Explain: %+v", findings)
				return
			}
			findings = doctor.Diagnose(t.Context(), n.start(t), doctor.Options{}).Findings
			got = first(t, findings)
			diagnosed.count(t, n.expect(got), got)
			if t.Failed() {
				t.Logf("Diagnose: %+v", findings)
			}
		})
	}
	t.Logf("Explain: %+v, Diagnose: %+v", explained, diagnosed)
}
