// Package tapkey is generated from openapi.yaml: the models, the typed calls of
// [API], an iterator for every list, and the table of [Operations].
//
// Programs get an [API] from package client, which adds the bearer token and the
// retries; [NewAPI] alone sends no credentials. The methods of API are what to use: they
// end in a value or in one *[api.Error]. [Client] is what they are built on, without
// these guarantees; see [API.Raw].
//
// The documentation of a method ends in its HTTP line, its scopes and its evidence: how
// well the operation is known. It is verified if Tapkey's own documentation or samples
// show it, and reported if only others do. All of them in one table:
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/operations.md
//
// In answers, optional strings, booleans and numbers are plain values: a zero value
// stands for null and absent alike, and for what $select has left out. Times are
// pointers. In what is sent, a nil pointer is left out. Values of an open enum, such
// as [GrantState], may be others than the known ones.
//
// Nobody should implement [ClientInterface]: it grows with the contract.
package tapkey
