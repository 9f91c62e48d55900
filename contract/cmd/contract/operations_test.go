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

func TestTheCommittedListsAreCurrent(t *testing.T) {
	exits(t, 0, "operations: agrees: docs/operations.md, client/client.go\n", "operations", "--root", repository)
}

// What the page says is what the client has: its methods, what they return, and its own
// table of operations.
func TestThePageIsAboutTheClient(t *testing.T) {
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
			t.Errorf("tapkey.API has no method %s", o.Method)
			continue
		}
		returnsValue := method.Type.NumOut() == 2
		returnsList := returnsValue && method.Type.Out(0).Kind() == reflect.Slice
		if returnsValue != o.Value || returnsList != (o.Iterator != "") {
			t.Errorf("%s returns %v, the page says value %t, iterator %q", o.Method, method.Type, o.Value, o.Iterator)
		}
		if o.Iterator != "" {
			iterators++
			if _, ok := calls.MethodByName(o.Iterator); !ok {
				t.Errorf("tapkey.API has no iterator %s", o.Iterator)
			}
		}
		rows = append(rows, api.Operation{
			ID: strings.ToLower(o.Method[:1]) + o.Method[1:], Method: o.Verb, Path: o.Path, Scopes: o.Scopes, Idempotent: o.Repeated,
		})
	}
	if other := calls.NumMethod() - len(list) - iterators; other != 2 { // Raw and WithSettings
		t.Errorf("tapkey.API has %d more methods than the page, want 2", other)
	}
	table := tapkey.Operations()
	for _, l := range [][]api.Operation{rows, table} {
		slices.SortFunc(l, func(a, b api.Operation) int { return strings.Compare(a.ID, b.ID) })
	}
	if !reflect.DeepEqual(rows, table) {
		t.Errorf("the page says\n%+v\nthe client\n%+v", rows, table)
	}
}

func TestOperationsOfACheckout(t *testing.T) {
	dir := checkout(t)
	exits(t, 3, "operations: could not be checked: ", "operations", "--root", t.TempDir())
	edited(t, dir, "openapi.yaml", "summary: Gets an owner account", "summary: Fetches an owner account")
	exits(t, 1, "docs/operations.md, client/client.go: not what openapi.yaml gives", "operations", "--root", dir)
	exits(t, 0, "operations: agrees", "operations", "--write", "--root", dir)
	exits(t, 0, "operations: agrees", "operations", "--root", dir)
	page, err := os.ReadFile(filepath.Join(dir, "docs", "operations.md"))
	if err != nil || !strings.Contains(string(page), "| `GetOwner` | Fetches an owner account | `GET /Owners/{ownerAccountId}` |") {
		t.Errorf("%v, the page:\n%s", err, page)
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
	exits(t, 1, "operations: disagrees: client/client.go: not what", "operations", "--root", dir)
	edited(t, dir, "client/client.go", "// # Calls\n", "")
	exits(t, 3, "operations: could not be checked: client/client.go: want one heading Calls", "operations", "--root", dir)
}

// Any document has a page.
func TestOperationsOfAnotherDocument(t *testing.T) {
	out := exits(t, 0, "# Operations\n", "operations", filepath.Join(repository, "gen", "testdata", "library.yaml"))
	for _, row := range []string{
		"| `ListBooks` | Lists the books on a shelf | `GET /shelves/{shelf}/books` | none |  | yes | list; `AllBooks` reads pages |\n",
		"| `AddShelf` | Adds a shelf | `POST /shelves` | none |  | no | one |\n",
		"| `RemoveBook` | Removes a book | `DELETE /books/{isbn}` | none |  | no | none |\n",
		"| `Genres` | Lists the genres of the library | `GET /genres` | none |  | yes | list; `AllGenres` streams |\n",
	} {
		if !strings.Contains(out, row) {
			t.Errorf("there is no row %q in\n%s", row, out)
		}
	}
	for name, text := range map[string]string{
		"no YAML":       "openapi: [",
		"empty":         "",
		"no operations": "openapi: 3.0.3",
		"no id":         "paths: {/x: {get: {responses: {}}}}",
	} {
		dir := t.TempDir()
		write(t, dir, "document.yaml", text)
		if out := exits(t, 3, "operations: could not be checked: ", "operations", filepath.Join(dir, "document.yaml")); strings.Contains(out, "#") {
			t.Errorf("%s: %s", name, out)
		}
	}
	exits(t, 3, "could not be checked", "operations", filepath.Join(t.TempDir(), "nothing.yaml"))
	exits(t, 2, "--write is for the document of the checkout", "operations", "--write", "document.yaml")
}
