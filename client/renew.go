package client

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// renewDoer retries a request once after a 401, or twice with a token store, if it obtains
// another token. The first token
// may have been revoked, or a clock may be wrong. It retries every operation, because a
// server that responds with 401 has not executed the request.
type renewDoer struct {
	next      engine.Doer
	tokens    *tokenCache
	requested []string // scopes; nil if a token source of the program chooses them
}

// Do sends req. If the response is still a 401, or no token can be obtained, Do returns an
// *api.Error that explains it. If a renewal after a 401 has failed, the error contains both.
func (d *renewDoer) Do(req *http.Request) (*http.Response, error) {
	rsp, renewal, err := d.do(req)
	if err == nil && rsp.StatusCode != http.StatusUnauthorized {
		return rsp, nil
	}
	op, known := api.OperationFromContext(req.Context())
	if !known && renewal == nil {
		return rsp, err
	}
	if !known {
		op.Method = req.Method
	}
	failed := engine.Discard(&op, rsp, engine.FromDoer(err))
	if e, ok := errors.AsType[*api.Error](failed); ok && renewal != nil {
		e.Err = fmt.Errorf("token not renewed: %w", renewal)
	}
	requested := d.requested
	if _, hasHeader := req.Header["Authorization"]; hasHeader { // the token is not the client's
		requested = nil
	}
	return nil, explained(failed, op, requested)
}

// explained adds a hint to the error of a 401 and of an invalid_scope, and the Retry-After of a
// token request to the error of the call that needed the token.
func explained(err error, op api.Operation, requested []string) error {
	failed, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	if failed.StatusCode == http.StatusUnauthorized {
		explainUnauthorized(failed, op, requested)
	}
	if token, ok := errors.AsType[*TokenError](failed.Err); ok {
		failed.RetryAfter = max(failed.RetryAfter, token.RetryAfter)
		if failed.Hint == "" && token.Code == "invalid_scope" {
			failed.Hint = aboutScopes(op.Scopes, requested)
		}
	}
	return err
}

// do sends req, and again if it obtains another token. The second result is the error of
// a renewal after a 401.
func (d *renewDoer) do(req *http.Request) (rsp *http.Response, renewal, err error) {
	_, hasHeader := req.Header["Authorization"] // set by a request editor
	rsp, err = d.next.Do(req)
	if err != nil || hasHeader {
		return rsp, nil, err
	}
	sent := strings.TrimPrefix(tokenendpoint.Authorization(rsp.Request), "Bearer ")
	if rsp.StatusCode != http.StatusUnauthorized {
		d.tokens.accept(sent, keyOf(req))
		return rsp, nil, nil
	}
	if !replayable(req) {
		return rsp, nil, nil
	}
	for range d.tokens.replacements() {
		if replaced, err := d.tokens.replace(req.Context(), sent, keyOf(req)); !replaced {
			if ended := req.Context().Err(); ended != nil { // while it waited
				engine.CloseBody(rsp)
				return nil, nil, engine.NotSent(ended) // the attempts were refused
			}
			return rsp, redact.Sent(rsp.Request.Header).Error(err), nil
		}
		again, err := replay(req)
		engine.CloseBody(rsp)
		if err != nil {
			return nil, nil, engine.NotSent(err) // the attempts were refused
		}
		rsp, err = d.next.Do(again)
		if err != nil || rsp.StatusCode != http.StatusUnauthorized {
			d.tokens.helped() // or may have helped, if no response was received
			return rsp, nil, err
		}
		sent = strings.TrimPrefix(rsp.Request.Header.Get("Authorization"), "Bearer ")
	}
	return rsp, nil, nil
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
