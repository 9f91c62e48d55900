// Package api defines the errors and operations that generated calls return and use.
//
// Import it to examine the error of a call, or to get the operation of a request in an
// http.RoundTripper.
//
// A failed call returns an *[Error], which matches a sentinel by its status:
//
//	if errors.Is(err, api.ErrNotFound) { ... }
//
//	if failure, ok := errors.AsType[*api.Error](err); ok {
//		log.Print(failure.StatusCode, failure.Code)
//	}
//
// An http.RoundTripper gets the [Operation] that a request belongs to from
// [OperationFromContext].
//
// The package does not depend on any particular contract.
package api
