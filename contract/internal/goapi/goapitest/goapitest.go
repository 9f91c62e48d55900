// Package goapitest renders Go source in tests.
package goapitest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/goapi"
)

// Source is the source of a package that has one file.
type Source struct{ Path, Text string }

// Text renders the packages whose path begins with that of the module. A package may
// import those before it.
func Text(t *testing.T, sources ...Source) string {
	t.Helper()
	known := make(imports)
	var public []*types.Package
	for _, source := range sources {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, source.Path+".go", source.Text, 0)
		if err != nil {
			t.Fatal(err)
		}
		config := types.Config{Importer: known}
		p, err := config.Check(source.Path, fset, []*ast.File{file}, nil)
		if err != nil {
			t.Fatal(err)
		}
		known[source.Path] = p
		if goapi.IsPublic(p.Path()) {
			public = append(public, p)
		}
	}
	return goapi.Text(public)
}

type imports map[string]*types.Package

func (i imports) Import(path string) (*types.Package, error) {
	if p := i[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %q", path)
}
