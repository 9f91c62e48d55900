package doctest

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Each package that programs import has an example that pkg.go.dev shows as a whole program,
// and whose output go test compares.
func TestEveryPackageHasAProgram(t *testing.T) {
	atRoot(t)
	for _, dir := range publicPackages {
		paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var files []*ast.File
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		programs := 0
		for _, example := range doc.Examples(files...) {
			if example.Play != nil && example.Output != "" {
				programs++
			}
		}
		if programs == 0 {
			t.Errorf("package %s has no example that is a whole program with output, want at least one", dir)
		}
	}
}
