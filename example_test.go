package tapkeygo_test

import (
	"bytes"
	"fmt"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

// A program reads the contract, for example to serve it.
func ExampleOpenAPI() {
	for line := range bytes.Lines(tapkeygo.OpenAPI()) {
		if bytes.HasPrefix(line, []byte("openapi:")) {
			fmt.Print(string(line))
		}
	}
	// Output:
	// openapi: 3.0.3
}
