package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// maxReplayedBody is the maximum size of the body of a request that may be sent again.
const maxReplayedBody = 1 << 20

// fixBody makes the body of a request the one that each attempt sends. A request editor may
// have replaced Body and not GetBody or ContentLength, which then belong to the body before.
//
// A larger body than maxReplayedBody is sent once. So is a body of unknown length without
// GetBody, which is a stream.
func fixBody(req *http.Request) error {
	body := req.Body
	if own, ok := body.(*JSON); ok && own.Len() <= maxReplayedBody {
		own.start(req)
		return nil
	}
	switch {
	case body == nil || body == http.NoBody:
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		return nil
	case req.GetBody == nil && req.ContentLength <= 0:
		return nil
	}
	start, err := readBody(req.Context(), body)
	if err != nil {
		_ = body.Close()
		return err
	}
	if len(start) > maxReplayedBody {
		if req.ContentLength <= maxReplayedBody {
			req.ContentLength = -1
		}
		req.GetBody = nil
		req.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(start), body), body}
		return nil
	}
	_ = body.Close()
	req.ContentLength = int64(len(start))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(start)), nil }
	req.Body, err = req.GetBody()
	return err
}

// readBody reads one byte more than maxReplayedBody of a body, or all of a shorter one. It
// closes the body if the context ends first.
func readBody(ctx context.Context, body io.ReadCloser) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { _ = body.Close() })
	defer stop()
	start, err := io.ReadAll(io.LimitReader(body, maxReplayedBody+1))
	if err != nil && ctx.Err() != nil {
		err = ended(ctx, err)
	}
	return start, err
}

// JSON is a request body that can be sent again.
type JSON struct {
	bytes.Reader
	text []byte
	err  error // why the value cannot be encoded

	getBody func() (io.ReadCloser, error) // again
}

// NewJSON returns a body with a value as JSON.
func NewJSON(value any) *JSON {
	text, err := json.Marshal(value)
	b := &JSON{text: text, err: err}
	b.Reset(text)
	return b
}

// start makes what is left of b the body of a request.
func (b *JSON) start(req *http.Request) {
	b.text = b.text[len(b.text)-b.Len():]
	if b.getBody == nil {
		b.getBody = b.again
	}
	req.Body, req.GetBody, req.ContentLength = b, b.getBody, int64(len(b.text))
}

func (b *JSON) again() (io.ReadCloser, error) {
	again := &JSON{text: b.text}
	again.Reset(b.text)
	return again, nil
}

// Close does nothing.
func (*JSON) Close() error { return nil }
