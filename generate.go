// Package tapkeygo is the root of the module: it holds the OpenAPI document that
// everything else is generated from, and the go:generate lines that do it. Programs
// import [github.com/tapkey-go/tapkey-go/client].
package tapkeygo

import (
	"bytes"
	_ "embed"
)

//go:generate go tool -modfile=tools/go.mod oapi-codegen -config gen/client.yaml -package tapkey -o gen/tapkey/tapkey.gen.go openapi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config gen/server.yaml -package tapkeyserver -o internal/tapkeyserver/tapkeyserver.gen.go openapi.yaml

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns a copy of openapi.yaml, the contract that the client was generated
// from.
func OpenAPI() []byte { return bytes.Clone(openAPI) }
