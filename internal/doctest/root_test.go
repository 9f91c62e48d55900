// Package doctest tests what the documents claim: links lead somewhere, snippets compile,
// commands run, pictures match the imports, translations correspond, and exported names
// are documented and few.
package doctest

import "testing"

// modulePath is the import path of the root module.
const modulePath = "github.com/tapkey-go/tapkey-go"

// atRoot changes to the root of the repository, where the documents are, for the rest of
// the test. The go command records the files that a test opens only from its start on, so
// a change of directory in TestMain would make it return stale results from its cache.
func atRoot(t *testing.T) {
	t.Helper()
	t.Chdir("../..")
}
