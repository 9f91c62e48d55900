package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
)

// browse opens a URL and follows redirects, as a browser does. The sandbox must consent
// automatically.
func browse(address string) {
	rsp, err := http.Get(address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, rsp.Body)
	_ = rsp.Body.Close()
}

// freePort returns a port of loopback that is free.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
