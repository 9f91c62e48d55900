package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// listen opens the address of the sandbox. It refuses an address that other hosts can
// reach, because the sandbox protects nothing and must not be mistaken for a real server.
func listen(addr string, nonLoopback bool) (*gate, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: address %q: %w", addr, err)
	}
	if !nonLoopback && !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("sandbox: address %q is not on loopback: use the option WithNonLoopback to let other hosts reach it", addr)
	}
	l, err := listenTCP(tcp.String())
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	actual, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), l.Close())
	}
	return &gate{listener: l, addr: actual, changed: make(chan struct{})}, nil
}

func listenTCP(addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
}

// gate is a listener that can be shut and opened again at the same address. While it is
// shut, connections are refused.
type gate struct {
	addr netip.AddrPort

	mu       sync.Mutex
	listener net.Listener // nil while shut
	closed   bool
	changed  chan struct{} // closed when a shut gate is opened or closed
	reopen   *time.Timer
	notify   func(open bool) // set before the gate is shut
}

// Addr implements net.Listener.
func (g *gate) Addr() net.Addr { return net.TCPAddrFromAddrPort(g.addr) }

func (g *gate) state() (net.Listener, bool, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.listener, g.closed, g.changed
}

// Accept waits for the next connection, even while the gate is shut.
func (g *gate) Accept() (net.Conn, error) {
	for {
		listener, closed, changed := g.state()
		switch {
		case closed:
			return nil, net.ErrClosed
		case listener == nil:
			<-changed
			continue
		}
		conn, err := listener.Accept()
		if err == nil || !errors.Is(err, net.ErrClosed) {
			return conn, err
		}
	}
}

// shut refuses connections from now on. If d is not zero, the gate opens after d.
func (g *gate) shut(d time.Duration) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.listener == nil {
		return nil
	}
	err := g.listener.Close()
	g.listener = nil
	g.changed = make(chan struct{})
	g.notify(false)
	if d > 0 {
		g.reopen = time.AfterFunc(d, func() { _ = g.open() })
	}
	return err
}

// open opens a gate that is shut.
func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.listener != nil {
		return nil
	}
	l, err := listenTCP(g.addr.String())
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	g.listener = l
	g.notify(true)
	g.release()
	return nil
}

// Close closes the gate. It cannot be opened again.
func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	if g.listener != nil {
		return g.listener.Close()
	}
	g.release()
	return nil
}

// release lets Accept of a gate that was shut continue.
func (g *gate) release() {
	if g.reopen != nil {
		g.reopen.Stop()
		g.reopen = nil
	}
	close(g.changed)
}
