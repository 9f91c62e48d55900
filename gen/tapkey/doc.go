// Package tapkey calls the Tapkey API. It is generated from openapi.yaml.
//
// [API] has a method for each operation and an iterator for each list. A method returns
// the value that the contract promises, or an *[api.Error]. Programs get an API from
// package client, which adds bearer tokens and retries. An API from [NewAPI] sends no
// credentials.
//
// The documentation of a method ends with its HTTP method and path, its scopes and its
// evidence. The evidence is "verified" if Tapkey's documentation or samples show the
// operation, and "reported" if only third parties do. [Operations] returns the table of
// operations, which is also at
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/operations.md.
//
// In responses, optional strings, booleans and numbers are plain values. The zero value
// stands for null, for an absent field and for a field that $select omitted. Times are
// pointers. In requests, a nil pointer is not sent. An open enumeration, such as
// [GrantState], may have other values than its constants.
//
// [Client] is oapi-codegen's own client, for programs that need the *http.Response. It
// checks less than API does.
package tapkey
