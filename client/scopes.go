package client

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// setScopes sets scopes that replace those of WithOperations.
func (c *config) setScopes(scopes []string) {
	c.scopes, c.explicit, c.operations = scopes, true, nil
}

// requested returns the scopes that the client requests, or nil if a token source of the
// program chooses them.
func (c *config) requested() []string {
	if c.source != nil {
		return nil
	}
	return c.scopes
}

// anyOperation reports whether a call is sent whatever scopes its operation needs, because the
// program chose the scopes or the token.
func (c *config) anyOperation() bool { return c.explicit || c.source != nil }

// CheckScopes checks that the client requests the scopes that operations need, without a
// request. It returns the [ErrScopeNotRequested] that calls of them would return, or nil. It
// returns nil, too, if [WithScopes], TAPKEY_SCOPES or a token source sets the scopes. An id
// that the contract does not have is an [ErrConfig].
func (c *Client) CheckScopes(operations ...string) error {
	if _, err := ScopesFor(operations...); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	cfg := c.config()
	var missing []api.Operation
	for _, op := range tapkey.Operations() {
		if slices.Contains(operations, op.ID) && !cfg.anyOperation() && !containsAll(cfg.scopes, op.Scopes) {
			missing = append(missing, op)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", cfg.notRequested(missing...), cfg.cure(missing...))
}

// ScopesFor returns the scopes that operations need, sorted, for programs that request others
// as well with [WithScopes]. The operations are named by their ids, such as "listGrants". An id
// that the contract does not have is an error that names similar ones.
func ScopesFor(ids ...string) ([]string, error) {
	all := tapkey.Operations()
	if len(ids) == 0 {
		return nil, errors.New("no operations: pass the id of each operation, such as listOwners")
	}
	var scopes []string
	for _, id := range ids {
		i := slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })
		if i < 0 {
			var names []string
			for _, op := range all {
				names = append(names, op.ID)
			}
			meant := id
			if rest, iterator := strings.CutPrefix(id, "All"); iterator { // such as AllGrants, which calls listGrants
				meant = "list" + rest
			}
			return nil, fmt.Errorf("unknown operation %s: %s", strconv.Quote(engine.OneLine(id, 60)),
				didYouMean(meant, names, "tapkey.Operations lists all"))
		}
		scopes = append(scopes, all[i].Scopes...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

func containsAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(have, s) })
}

// scopeDoer refuses a request whose operation needs a scope that is not requested. The API
// would respond with a 401 that does not say so.
type scopeDoer struct {
	next   engine.Doer
	config *config
}

func (d *scopeDoer) Do(req *http.Request) (*http.Response, error) {
	op, _ := req.Context().Value((*api.Operation)(nil)).(*api.Operation)
	if op == nil || containsAll(d.config.scopes, op.Scopes) {
		return d.next.Do(req)
	}
	if _, hasHeader := req.Header["Authorization"]; hasHeader { // the token is not the client's
		return d.next.Do(req)
	}
	return nil, &api.Error{
		Operation: op.ID, Method: op.Method, Path: op.Path,
		Err:  engine.NotSent(fmt.Errorf("not sent: %w", d.config.notRequested(*op))),
		Hint: d.config.cure(*op),
	}
}

// notRequested returns the error of operations that need scopes which are not requested.
func (c *config) notRequested(operations ...api.Operation) error {
	var needed []string
	for _, op := range operations {
		for _, scope := range op.Scopes {
			if !slices.Contains(c.scopes, scope) && !slices.Contains(needed, scope) {
				needed = append(needed, scope)
			}
		}
	}
	return scopeNotRequested(needed, c.scopes)
}

func scopeNotRequested(needed, requested []string) error {
	return fmt.Errorf("%w: %s", ErrScopeNotRequested, aboutScopes(needed, requested))
}

// cure returns the option that requests the scopes of operations in addition to those that are
// requested.
func (c *config) cure(operations ...api.Operation) string {
	var ids []string
	if c.operations == nil { // WithOperations replaces the default scopes
		for _, op := range tapkey.Operations() {
			if strings.HasPrefix(op.ID, "list") && containsAll(c.scopes, op.Scopes) {
				ids = append(ids, strconv.Quote(op.ID))
			}
		}
	}
	for _, op := range operations {
		ids = append(ids, strconv.Quote(op.ID))
	}
	return "add client.WithOperations(" + strings.Join(ids, ", ") + ") to the options of client.New"
}

// explainUnauthorized adds to the error of a 401 what the operation needs and what was
// requested.
func explainUnauthorized(failed *api.Error, op api.Operation, requested []string) {
	switch {
	case failed.Hint != "":
	case op.ID == "":
		failed.Hint = "run tapkey doctor to find the cause"
	case requested != nil && !containsAll(requested, op.Scopes):
		cause := scopeNotRequested(op.Scopes, requested)
		if failed.Err != nil {
			cause = fmt.Errorf("%w: %w", failed.Err, cause)
		}
		failed.Err = cause
		failed.Hint = "request it, or run tapkey doctor --operation " + op.ID
	default:
		failed.Hint = "run tapkey doctor --operation " + op.ID + " to find the cause (" + aboutScopes(op.Scopes, requested) + ")"
	}
}

// aboutScopes describes the scopes that an operation needs and those that were requested, if
// they are known.
func aboutScopes(needed, requested []string) string {
	text := "it needs the scope " + strings.Join(needed, " ")
	if len(needed) == 0 {
		text = "it is not in the contract"
	}
	if requested != nil {
		text += "; requested: " + strings.Join(requested, " ")
	}
	return text
}
