package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// probe is the result of a GET /Owners.
type probe struct {
	operation api.Operation
	owners    []tapkey.OwnerAccount
	err       error
	own       bool          // whether it was sent with the token of the client
	skipped   string        // why it was not sent, or ""
	header    string        // Authorization header that the program set, if the server responded
	skew      time.Duration // how far the server's clock is ahead
	dated     bool          // whether skew is known
}

// probeOwners calls GET /Owners with the token of the client. If the API refuses it and the
// client does not request the scope of listOwners, probeOwners uses a separate token.
func (r *run) probeOwners(ctx context.Context) probe {
	operations, _ := operationsWith([]string{"listOwners"})
	op := operations[0]
	if r.requests(op) {
		return r.probeWith(ctx, op, true)
	}
	p := r.probeWith(ctx, op, true, withToken(r.token))
	if !errors.Is(p.err, api.ErrUnauthorized) && !errors.Is(p.err, api.ErrForbidden) {
		return p
	}
	editors, refused, err := r.authorize(ctx, op)
	switch {
	case refused:
		p.own, p.skipped = false, "the client may not request the scope "+strings.Join(op.Scopes, " ")
		return p
	case err != nil:
		p.own, p.err = false, err
		return p
	}
	return r.probeWith(ctx, op, false, editors...)
}

// probeWith calls GET /Owners. The argument own reports whether the token is that of the client.
func (r *run) probeWith(ctx context.Context, operation api.Operation, own bool, editors ...tapkey.RequestEditorFn) probe {
	p := probe{operation: operation, own: own}
	start := time.Now()
	var op api.Operation
	authorization := "" // set by a request editor of the program
	rsp, err := r.client.Do(ctx, http.MethodGet, "/Owners", nil, nil, slices.Concat([]tapkey.RequestEditorFn{
		func(ctx context.Context, req *http.Request) error {
			op, _ = api.OperationFromContext(ctx)
			authorization = req.Header.Get("Authorization")
			return nil
		}}, editors)...)
	var header http.Header // of the response
	if failed, ok := errors.AsType[*api.Error](err); ok {
		header = failed.Header
	} else if err == nil {
		header = rsp.Header
	}
	if header != nil {
		p.header = authorization
	}
	if date, dateErr := http.ParseTime(header.Get("Date")); dateErr == nil {
		// The header is truncated to seconds. Its time lies between the start and the
		// end of the call.
		middle := start.Add(time.Since(start) / 2)
		p.skew, p.dated = date.Add(time.Second/2).Sub(middle), true
	}
	if p.err = err; err != nil {
		return p
	}
	p.owners, p.err = engine.DecodeList(&op, api.Settings{}, engine.Schema[tapkey.OwnerAccount]{Reflect: engine.Reflect[tapkey.OwnerAccount], Required: []engine.Required{{Name: "id"}}}, rsp, nil)
	return p
}

// requests reports whether the client requests the scopes of an operation, or a token source of
// the program does.
func (r *run) requests(op api.Operation) bool {
	requested := r.client.Scopes()
	return requested == nil || !slices.ContainsFunc(op.Scopes, func(s string) bool { return !slices.Contains(requested, s) })
}

// authorize returns the request editors with which a call of an operation has the scopes that it
// needs: none if the client requests them, or else one that sets a separate token. It reports
// whether the token endpoint refuses the scopes.
func (r *run) authorize(ctx context.Context, op api.Operation) (editors []tapkey.RequestEditorFn, refused bool, err error) {
	if r.requests(op) {
		return nil, false, nil
	}
	token, err := r.client.NewToken(ctx, op.Scopes...)
	if err == nil {
		err = checkForm(ctx, token)
	}
	if err != nil {
		failed, ok := errors.AsType[*client.TokenError](err)
		return nil, ok && failed.Code == "invalid_scope", err
	}
	return []tapkey.RequestEditorFn{withToken(token)}, false, nil
}

// withToken returns a request editor that sends a token, unless an editor of the program has set
// the header.
func withToken(token *oauth2.Token) tapkey.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		if req.Header.Get("Authorization") == "" {
			req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		}
		return nil
	}
}
