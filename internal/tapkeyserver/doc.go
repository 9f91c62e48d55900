// Package tapkeyserver is the server side of the contract. It is generated from
// openapi.yaml and has the models that a server sends, the routes, and the interface that
// package sandbox implements. Clients do not need it.
package tapkeyserver
