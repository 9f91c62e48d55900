// Split divides the file that oapi-codegen generates into three files in the same
// directory, and removes the original:
//
//	models.gen.go   the types of the contract
//	calls.gen.go    the typed calls from our template
//	plain.gen.go    oapi-codegen's own client
//
// The prepared contract, a file with the same name that ends in .json, is removed, too.
//
// It also edits the generated code for the documentation of the package. Functions that
// build requests (NewListOwnersRequest) become unexported, aliases of request bodies
// (CreateOwnerJSONRequestBody) become the types they name, and doc comments become
// sentences of Go documentation. Functions that decode types that are only sent are removed.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Types at which the parts after the models start.
const (
	plainBegins = "RequestEditorFn"
	callsBegin  = "API"
)

// docs are doc comments that replace those of oapi-codegen, by type.
var docs = map[string]string{
	"RequestEditorFn": `// RequestEditorFn changes a request before it is sent. An error ends the call.
`,
	"HttpRequestDoer": `// HttpRequestDoer sends HTTP requests. *http.Client implements it.
`,
	"ClientOption": `// ClientOption configures a [Client].
`,
	"Client": `// Client is oapi-codegen's own client, on which [API] is built. Its methods return the
// *http.Response as the server sent it. Unlike those of API, they do not
//
//   - check path values: one that is empty, "." or ".." leads to another resource;
//   - return an error for a status other than 2xx;
//   - decode, limit or close the body;
//   - put the operation into the context, so only GET requests are retried.
//
// [API.Raw] returns the Client of an API, which sends requests as the API does. One
// returned by [NewClient] has no time-outs, follows redirects, and sends a token only if
// [github.com/tapkey-go/tapkey-go/client.BearerAuth] is its request editor:
//
//	NewClient(server, WithRequestEditorFn(client.BearerAuth(source)))
`,
	"ClientInterface": `// ClientInterface has the methods of [Client]. It grows with the contract, so programs
// should not implement it.
`,
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("split: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: split FILE")
	}
	if err := split(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func split(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s, err := parse(text)
	if err != nil {
		return err
	}
	plain, calls := s.begin(plainBegins), s.begin(callsBegin)
	if plain < 0 || calls < plain {
		return fmt.Errorf("%s: want models, %s and %s, in this order", file, plainBegins, callsBegin)
	}
	for name, decls := range map[string][]ast.Decl{
		"models.gen.go": s.decls[:plain],
		"calls.gen.go":  s.decls[calls:],
		"plain.gen.go":  s.decls[plain:calls],
	} {
		part, err := format.Source(s.part(decls))
		if err == nil {
			part, err = comments(part)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out := filepath.Join(filepath.Dir(file), name)
		if err := os.WriteFile(out, part, 0o644); err != nil {
			return err
		}
	}
	if err := os.Remove(strings.TrimSuffix(file, ".go") + ".json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Remove(file)
}

// source is a generated file.
type source struct {
	text      []byte
	file      *ast.File
	tokens    *token.File
	generated string            // the comment that marks the file as generated
	decls     []ast.Decl        // without imports and aliases of request bodies
	renamed   map[string]string // new names of builders, types of request bodies
}

func parse(text []byte) (*source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{text: text, file: file, tokens: set.File(file.Pos()), renamed: map[string]string{}}
	s.generated = string(regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).Find(text))
	if s.generated == "" {
		return nil, errors.New("no comment marks the file as generated")
	}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.IMPORT {
			continue
		}
		if name := builder(decl); name != "" {
			s.renamed[name] = strings.ToLower(name[:1]) + name[1:]
		}
		if t := typeSpec(decl); t != nil && t.Assign.IsValid() && strings.HasSuffix(t.Name.Name, "RequestBody") {
			s.renamed[t.Name.Name] = s.slice(t.Type.Pos(), t.Type.End())
			continue
		}
		s.decls = append(s.decls, decl)
	}
	s.decls = withoutUnusedDecoders(s.decls)
	return s, nil
}

// builder returns the name of an exported function that returns an *http.Request, or "".
func builder(decl ast.Decl) string {
	f, ok := decl.(*ast.FuncDecl)
	if !ok || f.Recv != nil || f.Type.Results == nil || !f.Name.IsExported() {
		return ""
	}
	if pointer, ok := f.Type.Results.List[0].Type.(*ast.StarExpr); ok {
		if of, ok := pointer.X.(*ast.SelectorExpr); ok && of.Sel.Name == "Request" {
			return f.Name.Name
		}
	}
	return ""
}

// typeSpec returns the specification of a declaration of one type, or nil.
func typeSpec(decl ast.Decl) *ast.TypeSpec {
	if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE && len(d.Specs) == 1 {
		return d.Specs[0].(*ast.TypeSpec)
	}
	return nil
}

// begin returns the index of the declaration of a type, or -1.
func (s *source) begin(name string) int {
	return slices.IndexFunc(s.decls, func(decl ast.Decl) bool {
		t := typeSpec(decl)
		return t != nil && t.Name.Name == name
	})
}

var word = regexp.MustCompile(`\b\w+\b`)

// part returns a file with some of the declarations, and the imports that they use.
func (s *source) part(decls []ast.Decl) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\npackage %s\n\nimport (\n", s.generated, s.file.Name.Name)
	used, standard := s.used(decls), true
	for _, spec := range s.file.Imports {
		if !used[importName(spec)] {
			continue
		}
		if standard && strings.Contains(spec.Path.Value, ".") {
			standard = false
			fmt.Fprintln(&b)
		}
		fmt.Fprintf(&b, "\t%s\n", s.slice(spec.Pos(), spec.End()))
	}
	fmt.Fprint(&b, ")\n")
	for _, decl := range decls {
		text := s.slice(start(decl), decl.End())
		if t := typeSpec(decl); t != nil && docs[t.Name.Name] != "" {
			text = docs[t.Name.Name] + s.slice(decl.Pos(), decl.End())
		}
		text = word.ReplaceAllStringFunc(text, func(name string) string { return cmp.Or(s.renamed[name], name) })
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	return b.Bytes()
}

// used returns the names that declarations use and the file does not declare, among them
// those of packages.
func (s *source) used(decls []ast.Decl) map[string]bool {
	used := map[string]bool{}
	for _, name := range s.file.Unresolved {
		for _, decl := range decls {
			used[name.Name] = used[name.Name] || decl.Pos() <= name.Pos() && name.Pos() < decl.End()
		}
	}
	return used
}

func (s *source) slice(from, to token.Pos) string {
	return string(s.text[s.tokens.Offset(from):s.tokens.Offset(to)])
}

// start returns the position of a declaration, including its doc comment.
func start(decl ast.Decl) token.Pos {
	var doc *ast.CommentGroup
	switch d := decl.(type) {
	case *ast.GenDecl:
		doc = d.Doc
	case *ast.FuncDecl:
		doc = d.Doc
	}
	if doc != nil {
		return doc.Pos()
	}
	return decl.Pos()
}

func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	unquoted, _ := strconv.Unquote(spec.Path.Value)
	return path.Base(unquoted)
}
