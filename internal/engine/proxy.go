package engine

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
)

// errProxy is the error of a connection that a proxy refused.
var errProxy = errors.New("refused by the proxy")

// withoutProxyText returns the error of a request through a proxy. If the proxy refuses the
// connection, net/http returns its words as an error, and nothing else. They may repeat the
// password of the proxy, so only the text of a status is kept.
func withoutProxyText(next http.RoundTripper, req *http.Request, err error) error {
	transport, ok := next.(*http.Transport)
	if !ok || transport.Proxy == nil || req.URL.Scheme != "https" || reflect.TypeOf(err) != reflect.TypeOf(errProxy) {
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
