package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// Limits of the listener.
const (
	readTimeout    = 10 * time.Second
	maxHeaderBytes = 128 << 10

	// shutdownTimeout limits how long the browser may take to read the page.
	shutdownTimeout = 2 * time.Second
)

type result struct {
	token *oauth2.Token
	err   error
}

// waiter waits for the response to one sign-in.
type waiter struct {
	app      *app
	begun    session
	redirect *url.URL
	results  chan result // the first result
	server   *http.Server
	ctx      context.Context // of Login; that of a request ends if the person closes the window
	serving  sync.WaitGroup

	mu      sync.Mutex
	claimed bool  // the response has been received
	ignored error // of the last response that was not accepted
}

// listen serves the redirect URI until close is called.
func (w *waiter) listen() error {
	listeners, err := listenLoopback(w.ctx, w.redirect)
	if err != nil {
		return err
	}
	w.server = &http.Server{
		Handler:     w,
		ReadTimeout: readTimeout, IdleTimeout: readTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: log.New(io.Discard, "", 0), // may quote a request
	}
	w.server.SetKeepAlivesEnabled(false)
	for _, listener := range listeners {
		w.serving.Go(func() { _ = w.server.Serve(listener) }) // closes the listener after Shutdown
	}
	return nil
}

// close waits until the browser has the page, and closes the listener.
func (w *waiter) close() {
	if w.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if w.server.Shutdown(ctx) != nil {
		_ = w.server.Close()
	}
	w.serving.Wait()
}

// listenLoopback listens on the host and the port of the redirect URI. For localhost it
// listens on both addresses, because browsers choose either.
func listenLoopback(ctx context.Context, redirect *url.URL) ([]net.Listener, error) {
	host, port := redirect.Hostname(), redirect.Port()
	if port == "" {
		port = "80"
	}
	addresses := []string{host}
	if strings.EqualFold(host, "localhost") {
		addresses = []string{"127.0.0.1", "::1"}
	}
	var listeners []net.Listener
	for _, address := range addresses {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, port))
		if err == nil {
			listeners = append(listeners, listener)
			continue
		}
		if len(listeners) > 0 && !canListen(ctx, address) { // no IPv6 on this machine
			continue
		}
		for _, l := range listeners {
			_ = l.Close()
		}
		return nil, fmt.Errorf("%w: %w", ErrListen, err)
	}
	return listeners, nil
}

// canListen reports whether the machine can listen on an address at all.
func canListen(ctx context.Context, address string) bool {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, "0"))
	if err == nil {
		_ = listener.Close()
	}
	return err == nil
}

// ServeHTTP receives the response. Requests that are not the response to this sign-in do not
// end it: any page can make a browser send one.
func (w *waiter) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch {
	case !sameHost(r.Host, w.redirect.Host): // another name for loopback (DNS rebinding)
		writePage(rw, http.StatusMisdirectedRequest, pageForeign)
		return
	case pathOf(r.URL) != pathOf(w.redirect):
		writePage(rw, http.StatusNotFound, pageForeign)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		rw.Header().Set("Allow", "GET, POST")
		writePage(rw, http.StatusMethodNotAllowed, pageForeign)
		return
	}
	response, err := readRequest(r)
	if err == nil {
		err = w.begun.check(response.state, w.app.Now())
	}
	if err != nil {
		w.ignore(err)
		writePage(rw, http.StatusBadRequest, pageForeign)
		return
	}
	if !w.claim() {
		writePage(rw, http.StatusConflict, pageAgain)
		return
	}
	token, err := w.app.finish(w.ctx, w.begun, response) //nolint:contextcheck // see ctx
	switch {
	case err == nil:
		writePage(rw, http.StatusOK, pageSignedIn)
	case errors.Is(err, ErrDeclined):
		writePage(rw, http.StatusForbidden, pageDeclined)
	default:
		writePage(rw, http.StatusBadGateway, pageFailed)
	}
	w.finish(token, err)
}

// sameHost reports whether two hosts with ports are equal. The default port may be left out.
func sameHost(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, ":80"), strings.TrimSuffix(b, ":80"))
}

func pathOf(u *url.URL) string {
	if path := u.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

// claim reports whether the caller has received the first response.
func (w *waiter) claim() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := !w.claimed
	w.claimed = true
	return first
}

func (w *waiter) ignore(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ignored = err
}

func (w *waiter) lastIgnored() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ignored
}

// finish ends the sign-in with the first result.
func (w *waiter) finish(token *oauth2.Token, err error) {
	select {
	case w.results <- result{token, err}:
	default:
	}
}
