// Package tapkeygo is the root of the module. It has the OpenAPI document that the client
// is generated from, and the go:generate lines. Programs import the packages below it:
//
//   - [github.com/tapkey-go/tapkey-go/client] is the client, with credentials, bearer
//     tokens and retries. Start here.
//   - [github.com/tapkey-go/tapkey-go/gen/tapkey] has the generated calls, iterators and
//     models.
//   - [github.com/tapkey-go/tapkey-go/api] has the error that failed calls return.
//   - [github.com/tapkey-go/tapkey-go/auth] signs people in and exchanges tokens.
//   - [github.com/tapkey-go/tapkey-go/access] makes grants follow bookings,
//     [github.com/tapkey-go/tapkey-go/schedule] describes when a door may be opened, and
//     [github.com/tapkey-go/tapkey-go/logfeed] delivers new log entries.
//   - [github.com/tapkey-go/tapkey-go/odata] builds filters, and
//     [github.com/tapkey-go/tapkey-go/lockid] parses ids of locks.
//   - [github.com/tapkey-go/tapkey-go/doctor] finds out why calls fail.
//   - [github.com/tapkey-go/tapkey-go/sandbox] is an in-process server of the API, for
//     tests.
//
// Separate modules are github.com/tapkey-go/tapkey-go/otel, which records traces and metrics,
// github.com/tapkey-go/tapkey-go/auth/redis, which stores tokens, and
// github.com/tapkey-go/tapkey-go/contract, which validates HTTP traffic against the document.
package tapkeygo

import (
	"bytes"
	_ "embed"
)

//go:generate go run -C tools ./prepare -overlay ../gen/tapkey.overlay.yaml -o ../gen/tapkey/tapkey.gen.json ../openapi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config gen/client.yaml -package tapkey -o gen/tapkey/tapkey.gen.go gen/tapkey/tapkey.gen.json
//go:generate go run -C tools ./split ../gen/tapkey/tapkey.gen.go
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config gen/server.yaml -package tapkeyserver -o internal/tapkeyserver/tapkeyserver.gen.go openapi.yaml

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns a copy of openapi.yaml, the contract that the client is generated from.
func OpenAPI() []byte { return bytes.Clone(openAPI) }
