package engine

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
)

// Base is the base URL of a server, parsed once. The requests of all calls begin with it.
type Base struct {
	request http.Request // with the defaults of net/http, and without URL and header
	url     url.URL
	escaped string // the path, escaped; it ends with a slash
	unusual bool   // net/url escapes the path in another way
}

// NewBase returns the Base of a URL that ends with a slash and is otherwise one that
// [ParseBaseURL] accepts.
func NewBase(text string) (*Base, error) {
	if _, err := ParseBaseURL(strings.TrimSuffix(text, "/")); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, text, http.NoBody)
	if err != nil {
		return nil, err
	}
	target, err := req.URL.Parse("./") // without dot segments
	if err != nil {
		return nil, err
	}
	b := &Base{request: *req, url: *target, escaped: target.EscapedPath(), unusual: target.RawPath != ""}
	b.request.URL, b.request.Header, b.request.Body, b.request.GetBody = nil, nil, nil, nil
	return b, nil
}

// NewRequest returns the request of a call. Its context has the operation. The values for the
// path are those of the parameters in the path template of the operation, in their order, and
// are checked as by [Begin]. The fixed parts of the template must need no escapes.
//
// The request is the one that oapi-codegen's own functions build, except that a space in the
// query is encoded as %20, and that it has no header: see [StartHeader].
func (b *Base) NewRequest(ctx context.Context, op *api.Operation, query Query, body *JSON, path ...string) (*http.Request, error) {
	c := &call{Context: ctx, op: op, url: b.url, state: startState(ctx)}
	if err := b.setPath(&c.url, op, path); err != nil {
		return nil, newError(op, err)
	}
	c.url.RawQuery = string(query)
	c.req = *b.request.WithContext(c) //nolint:contextcheck // c is ctx with the operation
	req := &c.req
	req.Method, req.URL = op.Method, &c.url
	if body == nil {
		return req, nil
	}
	if body.err != nil {
		return nil, body.err
	}
	body.start(req)
	return req, nil
}

// setPath sets the path of u, which is that of the base and that of the operation with values.
func (b *Base) setPath(u *url.URL, op *api.Operation, values []string) error {
	var plainArray, escapedArray [160]byte // usually on the stack
	plain, escaped := append(plainArray[:0], b.url.Path...), append(escapedArray[:0], b.escaped...)
	rest := op.Path[1:]
	for _, value := range values {
		before, name, _ := strings.Cut(rest, "{")
		name, rest, _ = strings.Cut(name, "}")
		if err := checkPathValue(name, value); err != nil {
			return err
		}
		plain = append(append(plain, before...), value...)
		escaped = append(append(escaped, before...), url.PathEscape(value)...)
	}
	u.Path, u.RawPath = string(append(plain, rest...)), ""
	escaped = append(escaped, rest...)
	if (b.unusual || string(escaped) != u.Path) && u.EscapedPath() != string(escaped) {
		u.RawPath = string(escaped)
	}
	return nil
}

// Adopt returns a request that oapi-codegen's own function builds, as the request of a call:
// with the operation in its context, and with checked path values.
func Adopt(ctx context.Context, op *api.Operation, build func() (*http.Request, error), path ...PathValue) (*http.Request, error) {
	startState(ctx)
	ctx, err := Begin(ctx, op, path...)
	if err != nil {
		return nil, err
	}
	req, err := build()
	if err != nil {
		return nil, err
	}
	return req.WithContext(ctx), nil
}
