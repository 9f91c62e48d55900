// Package http2test provides an HTTP/2 server for tests that decide which frames it sends.
// It reads frames without decoding header fields, so a test knows the order of its requests.
package http2test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Error codes of RFC 9113, section 7.
const (
	NoError       = 0x0
	ProtocolError = 0x1
	InternalError = 0x2
	RefusedStream = 0x7
)

// Types and flags of frames.
const (
	frameData      = 0x0
	frameHeaders   = 0x1
	frameRSTStream = 0x3
	frameSettings  = 0x4
	framePing      = 0x6
	frameGoAway    = 0x7

	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Start starts a server with TLS that offers only HTTP/2. It calls handle for each request
// once the request has been read to its end, for the requests of a connection one at a time.
// The server ends with the test.
func Start(t testing.TB, handle func(*Stream)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) { Serve(conn, handle) },
	}
	server.StartTLS()
	t.Cleanup(func() {
		server.Client().CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// Serve serves a connection until the client closes it, or a Stream does.
func Serve(conn net.Conn, handle func(*Stream)) {
	c := &connection{frames: make(chan []byte, 64)}
	var writer sync.WaitGroup
	defer writer.Wait()
	defer close(c.frames)
	defer func() { _ = conn.Close() }()
	// A goroutine writes, because the client may write and not read on a net.Pipe.
	writer.Go(func() {
		for frame := range c.frames {
			if frame == nil {
				_ = conn.Close()
			}
			_, _ = conn.Write(frame)
		}
	})
	in := bufio.NewReader(conn)
	if _, err := io.ReadFull(in, make([]byte, len(preface))); err != nil {
		return
	}
	c.write(frameSettings, 0, 0, nil)
	for {
		var header [9]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return
		}
		size := int(header[0])<<16 | int(header[1])<<8 | int(header[2])
		kind, flags, id := header[3], header[4], binary.BigEndian.Uint32(header[5:])
		payload := make([]byte, size)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		if c.dead {
			continue
		}
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			c.write(frameSettings, flagAck, 0, nil)
		case kind == framePing && flags&flagAck == 0:
			c.write(framePing, flagAck, 0, payload)
		case (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0:
			handle(&Stream{ID: id, conn: c})
		}
	}
}

type connection struct {
	frames chan []byte // to write; nil closes the connection
	dead   bool        // what is received is ignored
}

func (c *connection) write(kind, flags byte, id uint32, payload []byte) {
	n := len(payload)
	frame := append([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}, binary.BigEndian.AppendUint32(nil, id)...)
	c.frames <- append(frame, payload...)
}

// Stream is a request. Its methods may be called only while it is handled.
type Stream struct {
	ID   uint32 // 1, 3, 5 and so on
	conn *connection
}

// Respond sends a response with status 200 and a JSON body.
func (s *Stream) Respond(body string) {
	const contentType = "application/json"
	header := append([]byte{
		0x88,       // :status 200
		0x0f, 0x10, // content-type, not indexed
		byte(len(contentType)),
	}, contentType...)
	s.conn.write(frameHeaders, flagEndHeaders, s.ID, header)
	s.conn.write(frameData, flagEndStream, s.ID, []byte(body))
}

// Inform sends an informational response, status 103.
func (s *Stream) Inform() {
	s.conn.write(frameHeaders, flagEndHeaders, s.ID, []byte{0x08, 3, '1', '0', '3'}) // :status, not indexed
}

// Reset sends RST_STREAM.
func (s *Stream) Reset(code uint32) {
	s.conn.write(frameRSTStream, 0, s.ID, binary.BigEndian.AppendUint32(nil, code))
}

// GoAway sends GOAWAY: streams with an id greater than last have not been processed.
func (s *Stream) GoAway(last, code uint32) {
	s.conn.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// Die makes the server ignore everything that it receives on the connection from now on, as
// if the network had lost the connection.
func (s *Stream) Die() { s.conn.dead = true }

// Close closes the connection.
func (s *Stream) Close() { s.conn.frames <- nil }
