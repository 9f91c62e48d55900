package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Do sends a request that no method of [tapkey.API] sends, and returns the response if its
// status is 2xx. The caller closes the body of the response.
//
// The path is relative to the base URL, such as "/Owners". Values in it have to be escaped
// with [url.PathEscape]. The query may be nil. The body is encoded as JSON; nil sends no
// body, and a [json.RawMessage] is sent as it is. Editors run after those of the client.
//
// Do guards a request as the other calls do:
//
//   - A path is refused with [ErrPath] if it is a URL, has a query, or has a segment that is
//     empty, "." or "..".
//   - The token is sent to the origin of the base URL only, and a redirect is not followed.
//   - If the contract has an operation with this method and path, Do retries it as its
//     method does, and an http.RoundTripper sees the operation. Otherwise only GET is
//     retried.
//   - The size of the body is limited; see [WithMaxResponseBytes].
//   - Every failure is an *[api.Error], and so is a failure to read the body.
func (c *Client) Do(
	ctx context.Context, method, path string, query url.Values, body any, editors ...tapkey.RequestEditorFn,
) (*http.Response, error) {
	var op api.Operation
	rsp, err := c.send(ctx, &op, method, path, query, body, editors)
	rsp, err = engine.Response(&op, c.config().settings, rsp, engine.WithCause(ctx, err)) //nolint:contextcheck // its context is that of the request
	return rsp, explained(err, op, c.config().requested())
}

// send sends the request of Do as the generated calls send theirs. It stores in op what an
// error says about the request.
func (c *Client) send(
	ctx context.Context, op *api.Operation, method, path string, query url.Values, body any, editors []tapkey.RequestEditorFn,
) (*http.Response, error) {
	engine.StartCall(ctx)
	if method == "" || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, fmt.Errorf("invalid method %q", method)
	}
	op.Method = method
	target, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	if known, ok := engine.FindOperation(tapkey.Operations(), method, target); ok {
		*op = known
		ctx = api.ContextWithOperation(ctx, op)
	} else {
		ctx = api.ContextWithOperation(ctx, nil)
	}
	encoded, err := encodeBody(body)
	if err != nil {
		return nil, err
	}
	raw := c.Raw()
	target.RawQuery = query.Encode()
	address := raw.Server + strings.TrimPrefix(target.String(), "/")
	req, err := http.NewRequestWithContext(ctx, method, address, encoded)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range slices.Concat(raw.RequestEditors, editors) {
		if err := edit(ctx, req); err != nil {
			return nil, err
		}
	}
	return raw.Client.Do(req)
}

// encodeBody returns body as JSON, in a form that [http.NewRequest] can replay.
func encodeBody(body any) (io.Reader, error) {
	switch b := body.(type) {
	case nil:
		return http.NoBody, nil
	case json.RawMessage:
		if !json.Valid(b) {
			return nil, errors.New("body is not valid JSON")
		}
		return bytes.NewReader(b), nil
	case []byte, io.Reader: // which encoding/json would encode as something else
		return nil, fmt.Errorf("body is a %T: pass a value to encode as JSON, or a json.RawMessage", b)
	}
	encoded, err := json.Marshal(body)
	return bytes.NewReader(encoded), err
}

// parsePath returns the URL reference of a path that leads below any base URL, whichever
// server decodes it, and however often.
func parsePath(path string) (*url.URL, error) {
	u, err := url.Parse(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: not a path of a URL", ErrPath)
	case u.Scheme != "" || u.Host != "" || u.Opaque != "" || strings.HasPrefix(path, "//"):
		return nil, fmt.Errorf("%w: a URL, not relative to the base URL", ErrPath)
	case u.RawQuery != "" || u.ForceQuery:
		return nil, fmt.Errorf("%w: has a query, which is a separate argument", ErrPath)
	case strings.Contains(path, "#"):
		return nil, fmt.Errorf("%w: has a fragment", ErrPath)
	}
	for decoded := u.EscapedPath(); ; {
		if problem := checkSegments(decoded); problem != "" {
			return nil, fmt.Errorf("%w: %s", ErrPath, problem)
		}
		next, _ := url.PathUnescape(decoded) // "" if there is a stray %, which cannot be decoded
		if next == "" || next == decoded {
			return u, nil
		}
		decoded = next
	}
}

// checkSegments returns what is wrong with a path, or "".
func checkSegments(path string) string {
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		switch name, _, _ := strings.Cut(segment, ";"); name { // some servers take the rest for a parameter
		case "":
			return "empty, or has an empty segment"
		case ".", "..":
			return fmt.Sprintf("has the segment %q", name)
		}
	}
	if strings.ContainsFunc(path, func(r rune) bool {
		return r == '\\' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}) {
		return "has a backslash or a control character"
	}
	return ""
}
