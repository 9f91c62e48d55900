// Split divides the client that oapi-codegen has written as one file into three files of
// the same directory, and removes the one:
//
//	models.gen.go   the types of the contract
//	calls.gen.go    the typed calls, from our template
//	plain.gen.go    oapi-codegen's own client
//
// In the last it makes the functions that build requests (NewListOwnersRequest)
// unexported, since they would fill the documentation of the package, and replaces the
// documentation of the client.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Where the parts begin that follow the models.
const (
	plainBegins = "RequestEditorFn"
	callsBegin  = "API"
)

// docs are the doc comments that replace those of oapi-codegen.
var docs = map[string]string{
	"Client": `// Client is oapi-codegen's own client, on which [API] is built. Its methods return the
// *http.Response as the server sent it. Unlike those of API, they do not
//
//   - check path values: one that is empty, "." or ".." leads to another resource;
//   - return an error for a status other than 2xx;
//   - decode, limit or close the body;
//   - put the operation into the context, so that no request but a GET is retried.
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
		part, err := s.part(decls)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if name == "plain.gen.go" {
			part = unexport(part, builders(decls))
		}
		out := filepath.Join(filepath.Dir(file), name)
		if err := os.WriteFile(out, part, 0o644); err != nil { //nolint:gosec // as readable as the rest of the checkout
			return err
		}
	}
	return os.Remove(file)
}

// source is a generated file.
type source struct {
	text       []byte
	file       *ast.File
	tokens     *token.File
	decls      []ast.Decl // without the imports
	generated  string     // the comment that says so
	unresolved map[string][]token.Pos
}

func parse(text []byte) (*source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{text: text, file: file, tokens: set.File(file.Pos()), unresolved: map[string][]token.Pos{}}
	s.generated = string(regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).Find(text))
	if s.generated == "" {
		return nil, errors.New("want a comment that the file is generated")
	}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); !ok || d.Tok != token.IMPORT {
			s.decls = append(s.decls, decl)
		}
	}
	for _, name := range file.Unresolved {
		s.unresolved[name.Name] = append(s.unresolved[name.Name], name.Pos())
	}
	return s, nil
}

// begin returns the index of the declaration of a type, or -1.
func (s *source) begin(name string) int {
	return slices.IndexFunc(s.decls, func(decl ast.Decl) bool { return typeName(decl) == name })
}

func typeName(decl ast.Decl) string {
	if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE && len(d.Specs) == 1 {
		return d.Specs[0].(*ast.TypeSpec).Name.Name
	}
	return ""
}

// part returns a file with some of the declarations, and the imports that they use.
func (s *source) part(decls []ast.Decl) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\npackage %s\n\nimport (\n", s.generated, s.file.Name.Name)
	from, to := start(decls[0]), decls[len(decls)-1].End()
	standard := true
	for _, spec := range s.file.Imports {
		used := func(p token.Pos) bool { return from <= p && p < to }
		if !slices.ContainsFunc(s.unresolved[importName(spec)], used) {
			continue
		}
		if standard && strings.Contains(spec.Path.Value, ".") {
			standard = false
			fmt.Fprintln(&b)
		}
		fmt.Fprintf(&b, "\t%s\n", s.text[s.offset(spec.Pos()):s.offset(spec.End())])
	}
	fmt.Fprint(&b, ")\n\n")
	for _, decl := range decls {
		doc, replaced := docs[typeName(decl)]
		if replaced {
			b.Write(s.text[s.offset(from):s.offset(start(decl))])
			b.WriteString(doc)
			from = decl.Pos()
		}
	}
	b.Write(s.text[s.offset(from):s.offset(to)])
	return format.Source(b.Bytes())
}

func (s *source) offset(p token.Pos) int { return s.tokens.Offset(p) }

// start is where a declaration begins, with its doc comment.
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

// builders are the names of the functions that return an *http.Request.
func builders(decls []ast.Decl) (names []string) {
	for _, decl := range decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Type.Results == nil || !f.Name.IsExported() {
			continue
		}
		if pointer, ok := f.Type.Results.List[0].Type.(*ast.StarExpr); ok {
			if of, ok := pointer.X.(*ast.SelectorExpr); ok && of.Sel.Name == "Request" {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// unexport makes names unexported, in code and comments.
func unexport(code []byte, names []string) []byte {
	word := regexp.MustCompile(`\b\w+\b`)
	return word.ReplaceAllFunc(code, func(name []byte) []byte {
		if !slices.Contains(names, string(name)) {
			return name
		}
		return append(bytes.ToLower(name[:1]), name[1:]...)
	})
}
