package client

import (
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// renewDoer answers a 401 with one more try, with another token, if there is one:
// the token may have been revoked, or a clock may be wrong. It does so whatever the
// operation, since a server that answers 401 has done nothing.
type renewDoer struct {
	next   engine.Doer
	tokens *tokenCache
}

// A 401 that stays becomes the call's error here, so that it can say what to do.
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

// withHint adds to the error of a 401 what to do about it.
func withHint(err error) error {
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode == http.StatusUnauthorized {
		failed.Hint = "tapkey doctor finds out why"
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
		d.tokens.helped() // or it may have, where there is no answer
	}
	return rsp, err
}

// replayable says whether a request can be sent a second time.
func replayable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// replay returns a copy of a request, whose URL and header may be changed, with its
// body from the start.
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
