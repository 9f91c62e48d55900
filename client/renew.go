package client

import (
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// renewDoer retries a request once after a 401, if it obtains another token. The first token
// may have been revoked, or a clock may be wrong. It retries every operation, because a
// server that responds with 401 has not executed the request.
type renewDoer struct {
	next   engine.Doer
	tokens *tokenCache
}

// Do sends req. If the response is still a 401, Do returns an *api.Error with a hint.
func (d *renewDoer) Do(req *http.Request) (*http.Response, error) {
	rsp, err := d.do(req)
	if err != nil || rsp.StatusCode != http.StatusUnauthorized {
		return rsp, err
	}
	op, known := api.OperationFromContext(req.Context())
	if !known {
		return rsp, nil
	}
	return nil, withHint(engine.Discard(&op, rsp, nil))
}

// withHint adds a hint to the error of a 401.
func withHint(err error) error {
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode == http.StatusUnauthorized {
		failed.Hint = "run tapkey doctor to find the cause"
	}
	return err
}

func (d *renewDoer) do(req *http.Request) (*http.Response, error) {
	_, hasHeader := req.Header["Authorization"] // set by a request editor
	rsp, err := d.next.Do(req)
	if err != nil || hasHeader || rsp.StatusCode != http.StatusUnauthorized || !replayable(req) {
		return rsp, err
	}
	rejected := strings.TrimPrefix(rsp.Request.Header.Get("Authorization"), "Bearer ")
	if !d.tokens.replace(req.Context(), rejected) {
		return rsp, nil
	}
	again, err := replay(req)
	engine.CloseBody(rsp)
	if err != nil {
		return nil, err
	}
	rsp, err = d.next.Do(again)
	if err != nil || rsp.StatusCode != http.StatusUnauthorized {
		d.tokens.helped() // or may have helped, if no response was received
	}
	return rsp, err
}

// replayable reports whether a request can be sent a second time.
func replayable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// replay returns a copy of a request with a new body. The caller may modify the URL and the
// header of the copy.
func replay(req *http.Request) (*http.Request, error) {
	again, target := req.WithContext(req.Context()), *req.URL
	again.URL, again.Header = &target, maps.Clone(req.Header)
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err
}
