// Package api holds the words that every generated call is made of: the
// [Operation] that is called, the [Error] it may end in, and the functions that
// turn an HTTP answer into a value ([Decode], [DecodeList], [Discard]) or into an
// iterator ([Items], [Pages]).
//
// It knows nothing about any particular API. The generated package beside it
// calls it, and programs use it to look at errors:
//
//	if errors.Is(err, api.ErrNotFound) { ... }
//
//	if failure, ok := errors.AsType[*api.Error](err); ok {
//		log.Print(failure.StatusCode, failure.Code)
//	}
//
// or, in an http.RoundTripper, at the operation that a request belongs to, with
// [OperationFromContext]. What else is exported, [Begin] and the functions that begin
// with Scan among it, is there for generated code.
package api
