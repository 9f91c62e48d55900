package api

import (
	"context"
	"slices"
)

// Operation describes one operation of the contract. An http.RoundTripper gets the
// operation of a request from [OperationFromContext] and can name spans and metrics by
// its ID or Path, which have few values where URLs have many.
type Operation struct {
	ID     string   // operationId, such as "getOwner"
	Method string   // HTTP method, such as "GET"
	Path   string   // path template below the base URL, such as "/Owners/{ownerAccountId}"
	Scopes []string // OAuth 2.0 scopes that the operation needs

	// Idempotent reports whether sending a request twice has the effect of sending it
	// once. GET operations are idempotent, and so are those that the contract marks
	// x-idempotent. No other operation is retried after a failure, unless its request
	// was never sent.
	Idempotent bool
}

// OperationFromContext returns the operation that a request's context belongs to. It
// reports false for requests that no generated call has made.
//
// The key in the context is a nil *Operation, with which package client reads the operation
// without a copy.
func OperationFromContext(ctx context.Context) (Operation, bool) {
	op, ok := ctx.Value((*Operation)(nil)).(*Operation)
	if !ok || op == nil {
		return Operation{}, false
	}
	found := *op
	found.Scopes = slices.Clone(op.Scopes)
	return found, true
}

// ContextWithOperation returns a copy of ctx that belongs to op, as the contexts of
// generated calls do, for tests of what uses [OperationFromContext]. A nil op makes it
// belong to no operation. The operation must not be changed afterwards.
func ContextWithOperation(ctx context.Context, op *Operation) context.Context {
	return context.WithValue(ctx, (*Operation)(nil), op)
}

// PathValueError reports that a path value is empty or a dot segment, so that the
// request would have reached another resource. The request was not sent.
type PathValueError struct {
	Name  string // name in the path template
	Value string // the value, before it is escaped
}

// Error names the path value, on one line.
func (e *PathValueError) Error() string {
	if e.Value == "" {
		return e.Name + " is empty"
	}
	return e.Name + ` is "` + e.Value + `", which is not an identifier`
}
