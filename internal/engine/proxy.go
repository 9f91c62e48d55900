package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// ProxyError is the error of a connection that a proxy refused, with the status of its
// response. It is known for the default transport only.
type ProxyError struct{ StatusCode int }

// Error returns the status.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("%v: %d %s", errProxy, e.StatusCode, http.StatusText(e.StatusCode))
}

// checkProxy returns a *ProxyError if a proxy has refused to connect.
func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, rsp *http.Response) error {
	if rsp.StatusCode != http.StatusOK { // as net/http does
		return &ProxyError{rsp.StatusCode}
	}
	return nil
}

// errProxy is the error of a connection that a proxy refused.
var errProxy = errors.New("refused by the proxy")

// withoutProxyText returns the error of a request through a proxy. If the proxy refuses the
// connection, net/http returns its words as an error, and nothing else. They may repeat the
// password of the proxy, so only the text of a status is kept.
func withoutProxyText(next http.RoundTripper, req *http.Request, err error) error {
	transport, ok := next.(*http.Transport)
	if !ok || transport.Proxy == nil || req.URL.Scheme != "https" || reflect.TypeOf(err) != reflect.TypeOf(errProxy) || err == io.EOF || err == io.ErrUnexpectedEOF {
		return err
	}
	if address, failed := transport.Proxy(req); failed != nil || address == nil || !strings.HasPrefix(address.Scheme, "http") {
		return err
	}
	text := err.Error()
	for _, prefix := range []string{"net/http: ", "http: ", "http2: ", "tls: ", "malformed "} {
		if strings.HasPrefix(text, prefix) {
			return err
		}
	}
	for status := 100; status < 600; status++ {
		if http.StatusText(status) == text {
			return err
		}
	}
	return errProxy
}
