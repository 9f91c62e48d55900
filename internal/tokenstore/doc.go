// Package tokenstore protects its callers from a store of tokens that is slow, broken or
// wrong: a store may fail, but no call fails because of it. It also has what all users and
// implementations of stores share: the key of a token and the form of a stored token.
package tokenstore
