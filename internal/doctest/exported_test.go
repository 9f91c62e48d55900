package doctest

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// publicPackages are the packages that programs import.
var publicPackages = []string{".", "access", "api", "auth", "auth/redis", "auth/tokenstore", "client", "contract", "doctor", "gen/tapkey", "lockid", "logfeed", "odata", "otel", "sandbox", "schedule"}

// Every exported name has a doc comment. The linter checks neither struct fields nor
// generated code; this test does.
func TestEveryExportedNameIsDocumented(t *testing.T) {
	atRoot(t)
	names := 0
	for _, dir := range publicPackages {
		pkg := packageDocs(t, dir)
		check := func(name, text string) {
			names++
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s has no doc comment, want one", dir, name)
			}
		}
		check("package", pkg.Doc)
		checkFuncs := func(prefix string, funcs []*doc.Func) {
			for _, f := range funcs {
				check(prefix+f.Name, f.Doc)
			}
		}
		checkValues := func(values []*doc.Value) {
			for _, v := range values {
				check(strings.Join(v.Names, ", "), v.Doc)
			}
		}
		checkValues(append(pkg.Consts, pkg.Vars...))
		checkFuncs("", pkg.Funcs)
		for _, typ := range pkg.Types {
			check(typ.Name, typ.Doc)
			checkValues(append(typ.Consts, typ.Vars...))
			checkFuncs("", typ.Funcs)
			checkFuncs(typ.Name+".", typ.Methods)
			for _, spec := range typ.Decl.Specs {
				checkFields(spec.(*ast.TypeSpec), check)
			}
		}
	}
	if names < 300 {
		t.Errorf("checked %d names, want at least 300", names)
	}
}

// The exported surface stays small: types, functions, methods, constants, variables and
// struct fields of api, and of all public packages of the root module.
func TestExportedNamesAreFew(t *testing.T) {
	atRoot(t)
	total := 0
	for _, dir := range publicPackages {
		n := exportedNames(packageDocs(t, dir))
		t.Logf("%-10s %3d exported names", dir, n)
		if dir == "api" && n > 69 {
			t.Errorf("package api has %d exported names, want at most 69", n)
		}
		if dir != "contract" && dir != "auth/redis" && dir != "otel" { // modules of their own
			total += n
		}
	}
	if total > 994 {
		t.Errorf("the root module has %d exported names, want at most 994", total)
	}
}

func exportedNames(pkg *doc.Package) int {
	values := func(values []*doc.Value) (n int) {
		for _, v := range values {
			n += len(v.Names)
		}
		return n
	}
	n := values(pkg.Consts) + values(pkg.Vars) + len(pkg.Funcs)
	for _, typ := range pkg.Types {
		n += 1 + values(typ.Consts) + values(typ.Vars) + len(typ.Funcs) + len(typ.Methods)
		for _, spec := range typ.Decl.Specs {
			checkFields(spec.(*ast.TypeSpec), func(string, string) { n++ })
		}
	}
	return n
}

// The doc comment of every call names its operation, its scopes and its evidence. Where
// $select is possible, it says what the other fields are.
func TestEveryCallNamesItsOperation(t *testing.T) {
	atRoot(t)
	docs, selects := map[string]string{}, map[string]bool{}
	for _, typ := range packageDocs(t, "gen/tapkey").Types {
		for _, method := range typ.Methods {
			docs[typ.Name+"."+method.Name] = strings.Join(strings.Fields(method.Doc), " ")
		}
		for _, spec := range typ.Decl.Specs {
			checkFields(spec.(*ast.TypeSpec), func(name, _ string) { selects[name] = true })
		}
	}
	selecting := 0
	for _, op := range tapkey.Operations() {
		call := strings.ToUpper(op.ID[:1]) + op.ID[1:]
		wants := map[string]string{
			"API." + call:    "It calls " + op.Method + " " + op.Path + " and needs the scope " + strings.Join(op.Scopes, ", ") + ". Evidence: ",
			"Client." + call: "Corresponds with " + op.Method + " " + op.Path + " ",
		}
		if rest, isList := strings.CutPrefix(call, "List"); isList {
			wants["API.All"+rest] = "All" + rest + " iterates over what [API." + call + "] lists."
		}
		for name, want := range wants {
			if !strings.Contains(docs[name], want) {
				t.Errorf("doc comment of tapkey.%s = %q, want it to contain %q", name, docs[name], want)
			}
		}
		if says := strings.Contains(docs["API."+call], "Select in the parameters"); says != selects[call+"Params.Select"] {
			t.Errorf("doc comment of tapkey.API.%s mentions Select: %t, want %t", call, says, !says)
		} else if says {
			selecting++
		}
	}
	if selecting == 0 {
		t.Error("0 doc comments mention Select, want at least 1")
	}
}

func packageDocs(t *testing.T, dir string) *doc.Package {
	t.Helper()
	fileSet := token.NewFileSet()
	pkg, err := doc.NewFromFiles(fileSet, sources(t, fileSet, dir), modulePath+"/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// sources parses the Go files of a package, without tests.
func sources(t *testing.T, fileSet *token.FileSet, dir string) []*ast.File {
	t.Helper()
	list, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range list {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fileSet, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// checkFields checks the exported fields of a struct. Names in one declaration share a
// comment. Embedded fields need none.
func checkFields(spec *ast.TypeSpec, check func(name, text string)) {
	typ, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range typ.Fields.List {
		if len(field.Names) > 0 && field.Names[0].IsExported() {
			check(spec.Name.Name+"."+field.Names[0].Name, field.Doc.Text()+field.Comment.Text())
		}
	}
}
