// Package tapkeygo is the root of the module: it holds the OpenAPI document that
// everything else is generated from, and the go:generate lines that do it. Programs
// import what they need from below:
//
//   - [github.com/tapkey-go/tapkey-go/client] is where to begin: credentials, the bearer
//     token, retries;
//   - [github.com/tapkey-go/tapkey-go/gen/tapkey] has the calls, the iterators and the
//     models, generated;
//   - [github.com/tapkey-go/tapkey-go/api] has the error that every call may end in;
//   - [github.com/tapkey-go/tapkey-go/odata] and [github.com/tapkey-go/tapkey-go/lockid]
//     write filters and read ids of locks;
//   - [github.com/tapkey-go/tapkey-go/doctor] says why a call was refused;
//   - [github.com/tapkey-go/tapkey-go/sandbox] is the API in a process, for tests;
//   - github.com/tapkey-go/tapkey-go/contract, a module of its own, holds what passes
//     over the wire against the document.
package tapkeygo

import (
	"bytes"
	_ "embed"
)

//go:generate go tool -modfile=tools/go.mod oapi-codegen -config gen/client.yaml -package tapkey -o gen/tapkey/tapkey.gen.go openapi.yaml
//go:generate go run -C tools ./split ../gen/tapkey/tapkey.gen.go
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config gen/server.yaml -package tapkeyserver -o internal/tapkeyserver/tapkeyserver.gen.go openapi.yaml

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns a copy of openapi.yaml, the contract that the client was generated
// from.
func OpenAPI() []byte { return bytes.Clone(openAPI) }
