// Package engine runs the calls of a generated package. It prepares requests ([Begin],
// [NewDoer], [NewHTTPClient]) and turns responses into values ([Decode], [DecodeList],
// [Discard]) or iterators ([Items], [Pages]). Every failure is an *[api.Error].
//
// It does not depend on any particular contract. Its callers are generated code and the
// packages of this module; package api has what users of a client need.
package engine
