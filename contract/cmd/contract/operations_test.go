package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/contract/internal/reference"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

func TestOperationsListsAreCurrent(t *testing.T) {
	exits(t, 0, "operations: agrees: docs/operations.md, client/client.go\n", "operations", "--root", repository)
}

// The page agrees with the client: with its methods, their results, and its table of
// operations.
func TestOperationsPageAgreesWithTheClient(t *testing.T) {
	list, err := reference.Operations(tapkeygo.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	calls := reflect.TypeFor[*tapkey.API]()
	var rows []api.Operation
	iterators := 0
	for _, o := range list {
		method, ok := calls.MethodByName(o.Method)
		if !ok {
			t.Errorf("tapkey.API: got no method %s, want one", o.Method)
			continue
		}
		returnsValue := method.Type.NumOut() == 2
		returnsList := returnsValue && method.Type.Out(0).Kind() == reflect.Slice
		if returnsValue != o.Value || returnsList != (o.Iterator != "") {
			t.Errorf("%s has type %v: got value %t and iterator %q on the page, want value %t and an iterator for a list",
				o.Method, method.Type, o.Value, o.Iterator, returnsValue)
		}
		if o.Iterator != "" {
			iterators++
			if _, ok := calls.MethodByName(o.Iterator); !ok {
				t.Errorf("tapkey.API: got no iterator %s, want one", o.Iterator)
			}
		}
		rows = append(rows, api.Operation{
			ID: strings.ToLower(o.Method[:1]) + o.Method[1:], Method: o.Verb, Path: o.Path, Scopes: o.Scopes, Idempotent: o.Retried,
		})
	}
	if other := calls.NumMethod() - len(list) - iterators; other != 3 { // Format, Raw and WithSettings
		t.Errorf("tapkey.API: got %d methods that are not on the page, want 3", other)
	}
	table := tapkey.Operations()
	for _, l := range [][]api.Operation{rows, table} {
		slices.SortFunc(l, func(a, b api.Operation) int { return strings.Compare(a.ID, b.ID) })
	}
	if !reflect.DeepEqual(rows, table) {
		t.Errorf("the page: got\n%+v\nwant\n%+v", rows, table)
	}
}

func TestOperationsOfACheckout(t *testing.T) {
	dir := checkout(t)
	exits(t, 3, "operations: could not be checked: ", "operations", "--root", t.TempDir())
	edited(t, dir, "openapi.yaml", "summary: Gets an owner account", "summary: Fetches an owner account")
	exits(t, 1, "docs/operations.md, client/client.go is stale: run make generate", "operations", "--root", dir)
	exits(t, 0, "operations: agrees", "operations", "--write", "--root", dir)
	exits(t, 0, "operations: agrees", "operations", "--root", dir)
	page, err := os.ReadFile(filepath.Join(dir, "docs", "operations.md"))
	if err != nil || !strings.Contains(string(page), "| `GetOwner` | Fetches an owner account | `GET /Owners/{ownerAccountId}` |") {
		t.Errorf("the page: got error %v and\n%s\nwant the new summary of GetOwner", err, page)
	}

	source, err := os.ReadFile(filepath.Join(dir, "client", "client.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"// Client calls.\n//\n// # Calls\n//\n//   - Owners:\n//     [tapkey.API.ListOwners],\n//     [tapkey.API.AllOwners],\n",
		"//     [tapkey.API.UpdateOwner]\n//   - Permissions:\n",
		"//     [tapkey.API.GetIdentityProviderUser]\ntype Client struct {\n\tn int\n}\n",
	} {
		if !strings.Contains(string(source), want) {
			t.Errorf("client.go: got\n%swant in it\n%s", source, want)
		}
	}
	edited(t, dir, "client/client.go", "//     [tapkey.API.ListOwners],\n", "")
	exits(t, 1, "operations: disagrees: client/client.go is stale", "operations", "--root", dir)
	edited(t, dir, "client/client.go", "// # Calls\n", "")
	exits(t, 3, "operations: could not be checked: client/client.go: want one heading Calls", "operations", "--root", dir)
}

// A page can be printed for any document.
func TestOperationsOfAnotherDocument(t *testing.T) {
	out := exits(t, 0, "# Operations\n", "operations", filepath.Join(repository, "gen", "testdata", "library.yaml"))
	for _, row := range []string{
		"| `ListBooks` | Lists the books on a shelf | `GET /shelves/{shelf}/books` | none |  | yes | list; `AllBooks` reads pages |\n",
		"| `AddShelf` | Adds a shelf | `POST /shelves` | none |  | no | one |\n",
		"| `RemoveBook` | Removes a book | `DELETE /books/{isbn}` | none |  | no | none |\n",
		"| `Genres` | Lists the genres of the library | `GET /genres` | none |  | yes | list; `AllGenres` streams |\n",
	} {
		if !strings.Contains(out, row) {
			t.Errorf("got\n%swant the row %q", out, row)
		}
	}
	for name, text := range map[string]string{
		"not YAML":      "openapi: [",
		"empty":         "",
		"no operations": "openapi: 3.0.3",
		"no id":         "paths: {/x: {get: {responses: {}}}}",
	} {
		dir := t.TempDir()
		write(t, dir, "document.yaml", text)
		if out := exits(t, 3, "operations: could not be checked: ", "operations", filepath.Join(dir, "document.yaml")); strings.Contains(out, "#") {
			t.Errorf("%s: got\n%swant no page", name, out)
		}
	}
	exits(t, 3, "could not be checked", "operations", filepath.Join(t.TempDir(), "nothing.yaml"))
	exits(t, 2, "--write cannot be used with a file", "operations", "--write", "document.yaml")
}
