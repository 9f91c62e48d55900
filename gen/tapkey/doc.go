// Package tapkey calls the Tapkey API. It is generated from openapi.yaml.
//
// [API] has a method for each operation, and an iterator for each list. A method returns
// the value that the contract promises, or one *[api.Error]. Programs get an API from
// package client, which adds the bearer token and the retries; [NewAPI] alone sends no
// credentials.
//
// The documentation of a method ends with its HTTP method and path, its scopes and its
// evidence: verified if Tapkey's own documentation or samples show the operation, reported
// if only others do. [Operations] returns the operations as a table, and
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/operations.md shows it.
//
// In responses, optional strings, booleans and numbers are plain values: the zero value
// stands for null, for an absent field and for one that $select left out. Times are
// pointers. In requests, a field that is a nil pointer is not sent. An open enumeration,
// such as [GrantState], may have other values than its constants.
//
// [Client] is oapi-codegen's own client, for programs that want the *http.Response. It
// checks less than API does.
package tapkey
