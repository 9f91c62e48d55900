// Package gen_test runs the generator as go generate does: on the contract, on
// copies of it with a change, and on a contract about something else.
package gen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the root of the module, where the generator runs.
const root = ".."

// needsGenerator skips a test that compiles and runs the generator.
func needsGenerator(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("running the generator takes some seconds; left out by -short")
	}
	// The generator runs as a separate process. Reading its files makes go test run the
	// test again if one of them has changed.
	for _, pattern := range []string{"*.tmpl", "*.yaml", "../tools/prepare/*.go", "../tools/split/*.go", "../internal/engine/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: got %d files, error %v", pattern, len(files), err)
		}
		for _, file := range files {
			read(t, file)
		}
	}
}

// command runs a program in dir and returns its output.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// generate runs oapi-codegen on a document and returns the file with the code. Paths are
// relative to the root, or absolute.
func generate(t *testing.T, config, name, document string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name+".gen.go")
	command(t, root, "go", "tool", "-modfile=tools/go.mod", "oapi-codegen", "-config", config, "-package", name, "-o", file, document)
	return file
}

// tapkeyOverlay has the changes to Tapkey's contract.
const tapkeyOverlay = "gen/tapkey.overlay.yaml"

// prepare applies an overlay, if it is not empty, to a document, prepares it for
// oapi-codegen, and returns the file with the result.
func prepare(t *testing.T, overlay, document string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "prepared.json")
	args := []string{"run", "-C", "tools", "./prepare", "-o", file}
	if overlay != "" {
		args = append(args, "-overlay", fromTools(overlay))
	}
	command(t, root, "go", append(args, fromTools(document))...)
	return file
}

// fromTools returns a path that is relative to the root as one that is relative to the
// directory tools.
func fromTools(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join("..", path)
}

// generateClient generates the client of a contract and returns its directory.
func generateClient(t *testing.T, overlay, name, document string) (dir string) {
	t.Helper()
	file := generate(t, "gen/client.yaml", name, prepare(t, overlay, document))
	command(t, root, "go", "run", "-C", "tools", "./split", file)
	return filepath.Dir(file)
}

// generatedFiles returns the names of the generated files in a directory.
func generatedFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, filepath.Base(file))
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, content string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestGenerateLines checks that go generate runs the commands that these tests run.
func TestGenerateLines(t *testing.T) {
	t.Parallel()
	want := []string{
		"go run -C tools ./prepare -overlay ../gen/tapkey.overlay.yaml -o ../gen/tapkey/tapkey.gen.json ../openapi.yaml",
		"go tool -modfile=tools/go.mod oapi-codegen -config gen/client.yaml -package tapkey -o gen/tapkey/tapkey.gen.go gen/tapkey/tapkey.gen.json",
		"go run -C tools ./split ../gen/tapkey/tapkey.gen.go",
		"go tool -modfile=tools/go.mod oapi-codegen -config gen/server.yaml -package tapkeyserver -o internal/tapkeyserver/tapkeyserver.gen.go openapi.yaml",
	}
	var got []string
	for line := range strings.Lines(read(t, filepath.Join(root, "generate.go"))) {
		if command, ok := strings.CutPrefix(line, "//go:generate "); ok {
			got = append(got, strings.TrimSpace(command))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the commands %q, want %q", got, want)
	}
}

// TestCommitted checks that the committed code is what the contract gives, byte for byte
// and every time.
func TestCommitted(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	for range 2 {
		compare(t, generateClient(t, tapkeyOverlay, "tapkey", "openapi.yaml"), "tapkey")
		compare(t, filepath.Dir(generate(t, "gen/server.yaml", "tapkeyserver", "openapi.yaml")), "../internal/tapkeyserver")
	}
}

// compare checks that the generated files of two directories are the same.
func compare(t *testing.T, dir, committed string) {
	t.Helper()
	want := generatedFiles(t, dir)
	if got := generatedFiles(t, committed); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%s: got the files %q, want %q; run make generate", committed, got, want)
		return
	}
	for _, name := range want {
		if read(t, filepath.Join(committed, name)) != read(t, filepath.Join(dir, name)) {
			t.Errorf("%s/%s: got code that differs from what openapi.yaml gives; run make generate", committed, name)
		}
	}
}

// TestSummaryTravels: a change of one sentence in the contract reaches the code.
func TestSummaryTravels(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	const before, after = "summary: Gets an owner account\n", "summary: Fetches one owner account for a test\n"
	contract := read(t, filepath.Join(root, "openapi.yaml"))
	if strings.Count(contract, before) != 1 {
		t.Fatalf("openapi.yaml has no %q", before)
	}
	changed := write(t, strings.Replace(contract, before, after, 1), t.TempDir(), "openapi.yaml")
	code := read(t, filepath.Join(generateClient(t, tapkeyOverlay, "tapkey", changed), "calls.gen.go"))
	const want = "// GetOwner fetches one owner account for a test.\n"
	if !strings.Contains(code, want) {
		t.Errorf("got code without %q, want it", want)
	}
	if strings.Contains(read(t, "tapkey/calls.gen.go"), want) {
		t.Errorf("got %q in the committed code, want it only in the changed code", want)
	}
}

// TestOverlays: every action of an overlay finds something in the contract. The overlays
// for any contract are not strict, since another contract need not have what an action is
// about. That of Tapkey always is.
func TestOverlays(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	for name, document := range map[string]string{"client": prepare(t, tapkeyOverlay, "openapi.yaml"), "server": "openapi.yaml"} {
		config := read(t, name+".yaml")
		if strings.Count(config, "strict: false") != 1 {
			t.Fatalf("%s.yaml has no strict: false", name)
		}
		strict := write(t, strings.Replace(config, "strict: false", "strict: true", 1), t.TempDir(), name+".yaml")
		generate(t, strict, "tapkey", document)
	}
}

// TestUsersAreAList: in the contract the users of an identity provider are a list
// or one object; it is the overlay that narrows that to the list.
func TestUsersAreAList(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	users := regexp.MustCompile(`func \(a \*API\) (ListIdentityProviderUsers|AllIdentityProviderUsers)\(.*\) (.*) \{`)
	results := func(code string) string {
		var found []string
		for _, match := range users.FindAllStringSubmatch(code, -1) {
			found = append(found, match[1]+" "+match[2])
		}
		return strings.Join(found, "\n")
	}
	const narrowed = "ListIdentityProviderUsers ([]IdentityProviderUser, error)\nAllIdentityProviderUsers iter.Seq2[IdentityProviderUser, error]"
	if got := results(read(t, "tapkey/calls.gen.go")); got != narrowed {
		t.Errorf("with the overlay: %s", got)
	}
	plain := generate(t, "gen/client.yaml", "tapkey", prepare(t, "", "openapi.yaml"))
	if got := results(read(t, plain)); got != "ListIdentityProviderUsers (IdentityProviderUsers, error)" {
		t.Errorf("without the overlay: %s", got)
	}
}

// TestListOrItem checks that the client accepts an item in place of a list where the contract
// does, and nowhere else.
func TestListOrItem(t *testing.T) {
	t.Parallel()
	contract := read(t, filepath.Join(root, "openapi.yaml"))
	if got := strings.Count(contract, "oneOf:"); got != 1 || !strings.Contains(contract, "IdentityProviderUsers:\n") {
		t.Fatalf("got %d alternatives in the contract, want one: for each, the overlay has to tell whether a list may be its item", got)
	}
	var got []string
	for line := range strings.Lines(read(t, "tapkey/calls.gen.go")) {
		if strings.HasPrefix(line, "var schema") && strings.Contains(line, "Single: true") {
			got = append(got, strings.Fields(line)[1])
		}
	}
	if want := []string{"schemaListIdentityProviderUsers"}; !slices.Equal(got, want) {
		t.Errorf("got %q with an item in place of a list, want %q", got, want)
	}
}

// libraryModule is the module that the client of the library is compiled in. Its path is
// below that of this module, so that it may import internal/engine.
const libraryModule = "github.com/tapkey-go/tapkey-go/another"

// another writes the go.mod and go.sum of libraryModule.
func another(t *testing.T, dir string) {
	t.Helper()
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	// The requirements are this module's, so that nothing has to be looked up.
	mod := strings.Replace(read(t, filepath.Join(root, "go.mod")), "module github.com/tapkey-go/tapkey-go\n", "module "+libraryModule+"\n", 1)
	mod += "\nrequire github.com/tapkey-go/tapkey-go v0.0.0\n\nreplace github.com/tapkey-go/tapkey-go => " + filepath.ToSlash(abs) + "\n"
	write(t, mod, dir, "go.mod")
	write(t, read(t, filepath.Join(root, "go.sum")), dir, "go.sum")
}

// sameLines compares the output of a program with what it should be, line by line.
func sameLines(t *testing.T, output, wanted string) {
	t.Helper()
	got, want := strings.Split(output, "\n"), strings.Split(wanted, "\n")
	for i := range max(len(got), len(want)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(nothing)"
		}
		if line(got) != line(want) {
			t.Errorf("line %d: got %s, want %s", i+1, line(got), line(want))
		}
	}
}

// TestAnotherContract: nothing in package internal/engine, the templates and the configurations
// is about Tapkey. A contract about a library becomes a client that lists shelves.
func TestAnotherContract(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	generated := generateClient(t, "", "library", "gen/testdata/library.yaml")
	dir := t.TempDir()
	for _, name := range generatedFiles(t, generated) {
		code := read(t, filepath.Join(generated, name))
		for _, word := range []string{"Tapkey", "Owners"} {
			if strings.Contains(code, word) {
				t.Errorf("%s: got the word %s, want no code about another contract", name, word)
			}
		}
		write(t, code, dir, "library", name)
	}
	write(t, read(t, "testdata/library/main.go"), dir, "main.go")
	another(t, dir)
	command(t, dir, "go", "vet", "-mod=mod", "./...")
	sameLines(t, command(t, dir, "go", "run", "-mod=mod", "."), libraryOutput)
}

// libraryOutput is what testdata/library/main.go prints.
const libraryOutput = `shelf s1 History false 3 1.67772171e+07 steel-frame 2024-01-02 03:04:05 +0000 UTC [a]
shelf s2  true 0 0 glass <nil> []
2 shelves true oak
listShelves: GET /shelves: 200 OK: unexpected response: /0/id is empty
listShelves: GET /shelves: 200 OK: unexpected response: /0/full: null
listShelves: GET /shelves: 200 OK: unexpected response: /0/room is missing
listShelves: GET /shelves: 200 OK: unexpected response: JSON { instead of a list
added s3 New
book b1
book b2
book b3
true listBooks: GET /shelves/{shelf}/books: 200 OK: unexpected response: /0/isbn: JSON number does not fit string
listBooks: GET /shelves/{shelf}/books: shelf is "..", which is not an identifier
scanned map[pages:12]
scanned map[]
true removeBook: DELETE /books/{isbn}: 404 Not Found (NoSuchBook)
loan 7 <nil> b1
genre prose
genre verse
removeBook DELETE /books/{isbn} [] false
scanBook PUT /books/{isbn} [] true
genres GET /genres [] true
getLoan GET /loans/{number} [] true
listShelves GET /shelves [shelves.read] true
addShelf POST /shelves [] false
listBooks GET /shelves/{shelf}/books [] true
GET /base/v2/shelves
GET /base/v2/shelves
GET /base/v2/shelves
GET /base/v2/shelves
GET /base/v2/shelves
GET /base/v2/shelves
POST /base/v2/shelves {"full":false,"label":"New"}
GET /base/v2/shelves/s%201/books %24top=2&%24skip=0
GET /base/v2/shelves/s%201/books %24top=2&%24skip=2
GET /base/v2/shelves/broken/books %24top=9&%24skip=0
PUT /base/v2/books/978%2F3 %PDF
PUT /base/v2/books/silent %PDF
DELETE /base/v2/books/b1
DELETE /base/v2/books/unknown
GET /base/v2/loans/7 since=2024-01-02T03%3A04%3A05Z
GET /base/v2/genres
`
