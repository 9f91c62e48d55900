package api

import (
	"context"
	"slices"
)

// Operation describes one operation of the contract. [OperationFromContext] finds
// the one a request belongs to, so that a RoundTripper can name spans and metrics
// by it: ID and Path have few values, a URL has many.
type Operation struct {
	ID     string   // operationId, such as "getOwner"
	Method string   // HTTP method, such as "GET"
	Path   string   // path template below the base URL, such as "/Owners/{ownerAccountId}"
	Scopes []string // OAuth 2.0 scopes the operation needs

	// Idempotent says that sending the request twice does what sending it once
	// does: so it is with GET, and with what the contract marks x-idempotent.
	// Only such operations are repeated after a failure.
	Idempotent bool
}

// Clone returns a copy that shares nothing with o.
func (o Operation) Clone() Operation {
	o.Scopes = slices.Clone(o.Scopes)
	return o
}

type operationKey struct{}

// OperationFromContext returns the operation that a request's context belongs to.
// It reports false for requests that no generated call has made.
func OperationFromContext(ctx context.Context) (Operation, bool) {
	op, ok := ctx.Value(operationKey{}).(*Operation)
	if !ok || op == nil {
		return Operation{}, false
	}
	return op.Clone(), true
}

// WithoutOperation returns a context for a request that a call makes on the side, such
// as the one for its token.
func WithoutOperation(ctx context.Context) context.Context {
	return context.WithValue(ctx, operationKey{}, (*Operation)(nil))
}

// PathValue is one value to be put into the path template of an [Operation].
type PathValue struct {
	Name, Value string // name in the template, and the value before it is escaped
}

// Begin starts a call: it checks the values for the path and puts the operation
// into the context.
//
// An empty value, "." or ".." would make the path another resource's (RFC 3986,
// section 5.2.4, removes dot segments), so each is refused before anything is sent.
func Begin(ctx context.Context, op *Operation, path ...PathValue) (context.Context, error) {
	for _, v := range path {
		if v.Value == "" || v.Value == "." || v.Value == ".." {
			return ctx, newError(op, &PathValueError{v.Name, v.Value})
		}
	}
	return context.WithValue(ctx, operationKey{}, op), nil
}

// PathValueError says that a path value is empty or a dot segment, so that the
// request would have reached another resource. Nothing has been sent.
type PathValueError struct {
	Name, Value string // as in [PathValue]
}

// Error names the path value, and is one line.
func (e *PathValueError) Error() string {
	if e.Value == "" {
		return e.Name + " is empty"
	}
	return e.Name + ` is "` + e.Value + `", which is no identifier`
}
