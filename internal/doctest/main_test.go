// Package doctest tests what the documents claim: links lead somewhere, snippets compile,
// commands run, pictures match the imports, translations correspond, and exported names
// are documented and few.
package doctest

import (
	"fmt"
	"os"
	"testing"
)

// modulePath is the import path of the root module.
const modulePath = "github.com/tapkey-go/tapkey-go"

// TestMain runs the tests in the root of the repository, where the documents are.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
