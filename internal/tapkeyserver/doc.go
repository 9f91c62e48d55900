// Package tapkeyserver is the server side of the contract, generated from
// openapi.yaml: the models as a server sends them, the routes, and the interface
// that package sandbox implements. No client needs it.
package tapkeyserver
