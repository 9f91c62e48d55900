package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// tools are the programs that turn a document into code, compiled once.
type tools struct{ prepare, generate, split string }

func buildTools(t *testing.T) tools {
	t.Helper()
	dir := t.TempDir()
	command(t, filepath.Join(root, "tools"), "go", "build", "-o", dir, "./prepare", "./split", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen")
	return tools{filepath.Join(dir, "prepare"), filepath.Join(dir, "oapi-codegen"), filepath.Join(dir, "split")}
}

// client generates the client of a contract in a directory whose name is that of the
// package. It returns what the program that failed printed.
func (p tools) client(t *testing.T, dir, document string) (failed string) {
	t.Helper()
	name := filepath.Base(dir)
	base := filepath.Join(dir, name+".gen")
	for _, args := range [][]string{
		{p.prepare, "-reserved", reservedNames, "-o", base + ".json", document},
		{p.generate, "-config", "gen/client.yaml", "-package", name, "-o", base + ".go", base + ".json"},
		{p.split, base + ".go"},
	} {
		write(t, "", dir, "doc.txt") // the directory must exist
		if out, ok := try(t, root, args...); !ok {
			return out
		}
	}
	return ""
}

// stock generates a client with oapi-codegen alone and its default settings.
func (p tools) stock(t *testing.T, dir, document string) (failed string) {
	t.Helper()
	name := filepath.Base(dir)
	write(t, "", dir, "doc.txt")
	if out, ok := try(t, root, p.generate, "-generate", "types,client", "-package", name, "-o", filepath.Join(dir, name+".gen.go"), document); !ok {
		return out
	}
	return ""
}

// try runs a program and returns its output and whether it succeeded.
func try(t *testing.T, dir string, args ...string) (output string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// TestConstructs generates a client from each document in testdata/constructs, compiles
// all of them, and runs a program that calls them.
func TestConstructs(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	programs := buildTools(t)
	dir := t.TempDir()
	documents, err := filepath.Glob("testdata/constructs/*.yaml")
	if err != nil || len(documents) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, document := range documents {
		name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(document), ".yaml"), "-", "")
		if failed := programs.client(t, filepath.Join(dir, "constructs", name), filepath.Join("gen", document)); failed != "" {
			t.Errorf("%s: %s", document, failed)
		}
	}
	write(t, read(t, "testdata/constructs/main.go"), dir, "main.go")
	another(t, dir)
	command(t, dir, "go", "vet", "-mod=mod", "./...")
	got := regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllString(command(t, dir, "go", "run", "-mod=mod", "."), "(pointer)")
	sameLines(t, got, read(t, "testdata/constructs/output.txt"))
}

// TestReservedNames checks that the list of reserved names has what the generated code and
// package client declare, and that path parameters may have any of the names.
func TestReservedNames(t *testing.T) {
	t.Parallel()
	needsGenerator(t)
	programs := buildTools(t)
	dir := t.TempDir()
	if failed := programs.client(t, filepath.Join(dir, "small"), "gen/testdata/constructs/write-only.yaml"); failed != "" {
		t.Fatal(failed)
	}
	types, methods := declared(t, filepath.Join(dir, "small"))
	delete(types, "Login") // the contract has these
	delete(methods, "CreateThing")
	delete(methods, "CreateThingWithBody")
	own := reflect.TypeFor[*client.Client]()
	for i := range own.NumMethod() {
		name := own.Method(i).Name
		if _, promoted := reflect.TypeFor[*tapkey.API]().MethodByName(name); !promoted {
			methods[name] = true
		}
	}
	methods["API"] = true // the field of client.Client
	sameNames(t, "types", slices.Sorted(maps.Keys(types)), reserved(t, "type"))
	sameNames(t, "methods", slices.Sorted(maps.Keys(methods)), reserved(t, "method"))

	document := "openapi: 3.0.3\ninfo: {title: arguments, version: 1.0.0}\npaths:\n"
	for _, kind := range []string{"get", "put"} {
		path, parameters := "/"+kind, ""
		for _, name := range reserved(t, "argument") {
			path += "/{" + name + "}"
			parameters += "        - {name: " + name + ", in: path, required: true, schema: {type: string}}\n"
		}
		document += "  " + path + ":\n    " + kind + ":\n      operationId: " + kind + "All\n      parameters:\n" + parameters
		if kind == "get" {
			document += "        - {name: $top, in: query, schema: {type: integer}}\n        - {name: $skip, in: query, schema: {type: integer}}\n" +
				"      x-paging: offset\n      responses: {'200': {description: x, content: {application/json: {schema: {type: array, items: {type: string}}}}}}\n"
		} else {
			document += "      requestBody: {content: {application/json: {schema: {type: string}}, text/plain: {schema: {type: string}}}}\n      responses: {'204': {description: x}}\n"
		}
	}
	file := write(t, document, dir, "arguments.yaml")
	if failed := programs.client(t, filepath.Join(dir, "arguments"), file); failed != "" {
		t.Fatal(failed)
	}
	another(t, dir)
	command(t, dir, "go", "vet", "-mod=mod", "./...")
}

// reservedNames is the list of reserved names, which contract lint and tools/prepare share.
const reservedNames = "contract/internal/reserved/names.txt"

// reserved returns the reserved names of a kind.
func reserved(t *testing.T, kind string) (names []string) {
	t.Helper()
	for line := range strings.Lines(read(t, filepath.Join(root, reservedNames))) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), kind+" "); ok {
			names = append(names, name)
		}
	}
	return names
}

func sameNames(t *testing.T, kind string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got the names %q, want %q, as in %s", kind, got, want, reservedNames)
	}
}

// declared returns the exported names that the generated code in a directory declares, and
// those of the methods and exported fields of API and Client.
func declared(t *testing.T, dir string) (types, methods map[string]bool) {
	t.Helper()
	types, methods = map[string]bool{}, map[string]bool{}
	for _, name := range generatedFiles(t, dir) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				switch receiver := d.Recv; {
				case !d.Name.IsExported():
				case receiver == nil:
					types[d.Name.Name] = true
				case slices.Contains([]string{"API", "Client"}, receiverOf(receiver)):
					methods[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					s, ok := spec.(*ast.TypeSpec)
					if !ok || !s.Name.IsExported() {
						continue
					}
					types[s.Name.Name] = true
					if fields, ok := s.Type.(*ast.StructType); ok && s.Name.Name == "Client" {
						for _, field := range fields.Fields.List {
							methods[field.Names[0].Name] = true
						}
					}
				}
			}
		}
	}
	return types, methods
}

func receiverOf(list *ast.FieldList) string {
	of := list.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	name, _ := of.(*ast.Ident)
	return name.Name
}
