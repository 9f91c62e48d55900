package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// upstream are doc comments that replace those of oapi-codegen, by function or by field.
var upstream = map[string]string{
	"NewClient": `// NewClient returns a Client for the base URL of a server. Without [WithHTTPClient] it
// uses a new http.Client.`,
	"WithHTTPClient":        `// WithHTTPClient sets the Doer that sends the requests.`,
	"WithRequestEditorFn":   `// WithRequestEditorFn adds a request editor, which runs before each request is sent.`,
	"Client.Server":         `// Server is the base URL, with a slash at its end.`,
	"Client.Client":         `// Client sends the requests. It is usually an *http.Client.`,
	"Client.RequestEditors": `// RequestEditors run before each request is sent, in this order.`,
}

// comments rewrites the doc comments of generated code. oapi-codegen puts the name of a
// function or a field before the sentence of the contract ("ListOwners Lists the owner
// accounts", "ID Id of the grant."). Functions get a sentence that starts with their name
// ("ListOwners lists the owner accounts."), and fields lose the name ("Id of the grant.").
func comments(code []byte) ([]byte, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", code, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var edits []docEdit
	replace := func(doc *ast.CommentGroup, text string) {
		edits = append(edits, docEdit{set.Position(doc.Pos()).Offset, set.Position(doc.End()).Offset, text})
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Doc != nil {
			replace(f.Doc, functionDoc(f.Name.Name, f.Doc))
			continue
		}
		spec := typeSpec(decl)
		if spec == nil {
			continue
		}
		switch kind := spec.Type.(type) {
		case *ast.StructType:
			for name, doc := range documented(kind.Fields) {
				replace(doc, fieldDoc(spec.Name.Name, name, doc))
			}
		case *ast.InterfaceType:
			for name, doc := range documented(kind.Methods) {
				replace(doc, functionDoc(name, doc))
			}
		}
	}
	slices.SortFunc(edits, func(a, b docEdit) int { return a.from - b.from })
	var out bytes.Buffer
	end := 0
	for _, e := range edits {
		fmt.Fprintf(&out, "%s%s", code[end:e.from], e.text)
		end = e.to
	}
	out.Write(code[end:])
	return format.Source(out.Bytes())
}

// docEdit is a doc comment with another text.
type docEdit struct {
	from, to int
	text     string
}

// documented returns the doc comments of fields or methods, by name.
func documented(list *ast.FieldList) map[string]*ast.CommentGroup {
	docs := map[string]*ast.CommentGroup{}
	for _, field := range list.List {
		if len(field.Names) == 1 && field.Doc != nil {
			docs[field.Names[0].Name] = field.Doc
		}
	}
	return docs
}

func functionDoc(name string, doc *ast.CommentGroup) string {
	if text, ok := upstream[name]; ok {
		return text
	}
	lines := docLines(doc)
	sentence, ok := afterName(lines[0], name)
	if !ok {
		return strings.Join(lines, "\n")
	}
	first, size := utf8.DecodeRuneInString(sentence)
	lines[0] = "// " + name + " " + string(unicode.ToLower(first)) + sentence[size:]
	if (len(lines) == 1 || lines[1] == "//") && !strings.HasSuffix(lines[0], ".") {
		lines[0] += "."
	}
	return strings.Join(lines, "\n")
}

func fieldDoc(structName, name string, doc *ast.CommentGroup) string {
	if text, ok := upstream[structName+"."+name]; ok {
		return text
	}
	lines := docLines(doc)
	if sentence, ok := afterName(lines[0], name); ok {
		lines[0] = "// " + sentence
	}
	return strings.Join(lines, "\n")
}

func docLines(doc *ast.CommentGroup) (lines []string) {
	for _, comment := range doc.List {
		lines = append(lines, comment.Text)
	}
	return lines
}

// afterName returns what follows a name at the start of a comment, if that is the start
// of a sentence.
func afterName(line, name string) (sentence string, ok bool) {
	sentence, ok = strings.CutPrefix(line, "// "+name+" ")
	first, _ := utf8.DecodeRuneInString(sentence)
	return sentence, ok && !unicode.IsLower(first)
}
