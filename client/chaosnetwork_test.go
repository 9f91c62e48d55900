package client_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// network is a TCP proxy that delays, truncates and resets connections. With HTTP/2, it ends
// TLS and also resets single streams.
type network struct {
	listener net.Listener
	url      string      // of the proxy, without a path
	target   string      // address of the server
	tls      *tls.Config // nil for HTTP/1.1
	ctx      context.Context
	stop     context.CancelFunc // closes all connections
	down     atomic.Bool
	outage   sync.WaitGroup
	serving  sync.WaitGroup

	resets, truncations, delays, cut, streams, goAways atomic.Int64
}

// newNetwork starts a proxy of the server with an address. With a TLS configuration, the
// server must accept HTTP/2 without TLS.
func newNetwork(t *testing.T, target string, config *tls.Config) *network {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: listener, url: "http://" + listener.Addr().String(), target: target, tls: config}
	n.ctx, n.stop = context.WithCancel(context.Background())
	if config != nil {
		n.url = "https://" + listener.Addr().String()
	}
	n.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			n.serving.Go(func() { n.serve(conn) })
		}
	})
	return n
}

// fail starts an outage of length d. It resets every connection that carries data.
func (n *network) fail(d time.Duration) {
	n.down.Store(true)
	n.outage.Add(1)
	time.AfterFunc(d, func() {
		n.down.Store(false)
		n.outage.Done()
	})
}

func (n *network) close() {
	n.listener.Close()
	n.stop()
	n.serving.Wait()
}

func (n *network) serve(caller net.Conn) {
	defer caller.Close()
	server, err := net.Dial("tcp", n.target)
	if err != nil {
		return
	}
	defer server.Close()
	defer context.AfterFunc(n.ctx, func() { reset(caller, server) })()
	plain, back := caller, n.carry
	if n.tls != nil {
		plain, back = tls.Server(caller, n.tls), n.carryFrames
	}
	up := make(chan struct{})
	go func() {
		defer close(up)
		n.carry(server, plain)
	}()
	back(plain, server)
	<-up
}

// carry copies data from one connection to the other, until pass fails.
func (n *network) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 4<<10)
	for {
		size, err := from.Read(buf)
		if err != nil || !n.pass(to, from, buf[:size]) {
			return
		}
	}
}

// pass writes a piece of data. It chooses a fault at random and reports whether the
// connections can be used further. A reset and a truncation close both.
func (n *network) pass(to, from net.Conn, piece []byte) bool {
	chance := rand.N(1000)
	if n.tls != nil { // all calls share a few connections
		chance = rand.N(20_000)
	}
	switch {
	case n.down.Load():
		n.cut.Add(1)
		reset(to, from)
		return false
	case chance < 20: // the response of an executed request may be lost
		n.resets.Add(1)
		reset(to, from)
		return false
	case chance < 30:
		n.truncations.Add(1)
		_, _ = to.Write(piece[:len(piece)/2])
		return false
	case chance < 130:
		n.delays.Add(1)
		time.Sleep(rand.N(20 * time.Millisecond))
	}
	_, err := to.Write(piece)
	return err == nil
}

// Frames of HTTP/2, RFC 9113, section 6.
const (
	frameHeaderSize = 9

	typeData      = 0x0
	typeHeaders   = 0x1
	typeRSTStream = 0x3
	typeGoAway    = 0x7

	flagEndStream = 0x1
)

// carryFrames copies the frames of a server to its client. Before the header of a response
// it may reset the stream: the server has carried the request out. It may also announce that
// the connection ends, with GOAWAY.
//
// The header of a response that was reset belongs to the state of the compression. Such frames
// get the ID of a stream that ended long before, so that the client decodes and ignores them.
func (n *network) carryFrames(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	var ended []uint32 // IDs of streams, in the order of their ends
	wasReset := make(map[uint32]bool)
	for {
		header := make([]byte, frameHeaderSize)
		if _, err := io.ReadFull(from, header); err != nil {
			return
		}
		frame := append(header, make([]byte, int(binary.BigEndian.Uint32(header)>>8))...)
		if _, err := io.ReadFull(from, frame[frameHeaderSize:]); err != nil {
			return
		}
		stream := binary.BigEndian.Uint32(frame[5:])
		if frame[3] == typeHeaders {
			switch chance := rand.N(1000); {
			case chance < 30:
				if len(ended) < 20 {
					break
				}
				n.streams.Add(1)
				codes := []byte{0x1, 0x2, 0x8} // PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL
				code := codes[rand.N(len(codes))]
				if _, err := to.Write([]byte{0, 0, 4, typeRSTStream, 0, frame[5], frame[6], frame[7], frame[8], 0, 0, 0, code}); err != nil {
					return
				}
				wasReset[stream] = true
			case chance < 33:
				n.goAways.Add(1)
				// The connection ends soon, as a client may expect of a server.
				if err := from.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
					return
				}
				if _, err := to.Write([]byte{0, 0, 8, typeGoAway, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}); err != nil {
					return
				}
			}
		}
		switch ends := frame[4]&flagEndStream != 0 && (frame[3] == typeHeaders || frame[3] == typeData); {
		case wasReset[stream]:
			binary.BigEndian.PutUint32(frame[5:], ended[0])
		case ends:
			ended = append(ended, stream)
		}
		if !n.pass(to, from, frame) {
			return
		}
	}
}

// reset makes Close send a TCP reset.
func reset(conns ...net.Conn) {
	for _, conn := range conns {
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// front serves HTTP/2 without TLS and forwards each request once to a server. If there is no
// complete response, it resets the stream.
func front(t *testing.T, server string) (addr string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	srv := &http.Server{
		Protocols: new(http.Protocols),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := forward(transport, server, w, r); err != nil {
				panic(http.ErrAbortHandler)
			}
		}),
	}
	srv.Protocols.SetUnencryptedHTTP2(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(listener)
	}()
	return listener.Addr().String(), func() {
		_ = srv.Close()
		<-done
		transport.CloseIdleConnections()
	}
}

func forward(transport *http.Transport, server string, w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, server+r.URL.RequestURI(), nil)
	if err != nil {
		return err
	}
	if len(body) > 0 { // without GetBody, so that the transport cannot repeat it
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	req.Header = r.Header.Clone()
	rsp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode < http.StatusOK { // 101, which HTTP/2 does not have
		return errors.New("switched protocols")
	}
	for name, values := range rsp.Header {
		if name != "Connection" && name != "Transfer-Encoding" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(rsp.StatusCode)
	if _, err = io.Copy(w, rsp.Body); err == nil {
		_ = http.NewResponseController(w).Flush()
	}
	return err
}

// certificate returns a TLS configuration for HTTP/2 on 127.0.0.1, and a pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}}, pool
}

// hostOf returns the host and the port of a URL.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// trackedConn decrements open when it is closed for the first time.
type trackedConn struct {
	net.Conn
	open *atomic.Int32
	once sync.Once
}

func (c *trackedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
