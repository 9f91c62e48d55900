// Package tapkey is generated from openapi.yaml: the models, the typed calls of
// [API], an iterator for every list, and the table of [Operations].
//
// Programs get an [API] from package client, which adds the bearer token and the
// retries; [NewAPI] alone sends no credentials.
//
// In answers, optional strings, booleans and numbers are plain values: a zero value
// stands for null and absent alike, and for what $select has left out. Times are
// pointers. In what is sent, a nil pointer is left out. Values of an open enum, such
// as [GrantState], may be others than the known ones.
//
// Nobody should implement [ClientInterface]: it grows with the contract.
package tapkey
