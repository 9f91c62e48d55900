package engine

import (
	"context"
	"net/url"
	"slices"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/pathmatch"
)

// Operations returns a copy of a table of operations.
func Operations(table ...*api.Operation) []api.Operation {
	operations := make([]api.Operation, len(table))
	for i, op := range table {
		operations[i] = *op
		operations[i].Scopes = slices.Clone(op.Scopes)
	}
	return operations
}

// FindOperation returns the operation of a method and a URL. The path of the URL is
// relative to the base URL. It reports false if the table has no such operation.
func FindOperation(table []api.Operation, method string, u *url.URL) (api.Operation, bool) {
	path := pathmatch.Segments(u)
	for _, op := range table {
		if op.Method == method && pathmatch.Parse(op.Path).Match(path) {
			return op, true
		}
	}
	return api.Operation{}, false
}

// PathValue is a value for a parameter of the path template of an [api.Operation].
type PathValue struct {
	Name, Value string // name of the parameter, and its value before it is escaped
}

// Begin starts a call: it checks the path values and puts the operation into the
// context.
//
// A value that is empty, "." or ".." would make the path that of another resource
// (RFC 3986, section 5.2.4, removes dot segments). Begin returns an *[api.Error] for it,
// with an [api.PathValueError], before any request is sent.
func Begin(ctx context.Context, op *api.Operation, path ...PathValue) (context.Context, error) {
	for _, v := range path {
		if err := checkPathValue(v.Name, v.Value); err != nil {
			return ctx, newError(op, err)
		}
	}
	return api.ContextWithOperation(ctx, op), nil
}

func checkPathValue(name, value string) error {
	if value == "" || value == "." || value == ".." {
		return &api.PathValueError{Name: name, Value: value}
	}
	return nil
}
