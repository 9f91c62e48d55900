// Package reference documents the operations of a contract: what each is called in Go,
// sends, needs and returns, and how well it is known.
package reference

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// Operation is one row of the page.
type Operation struct {
	Method   string // in Go, such as ListOwners
	Iterator string // in Go, such as AllOwners; empty where there is none
	Tag      string
	Summary  string
	Verb     string // HTTP method
	Path     string
	Scopes   []string
	Evidence string
	Repeated bool // after a failure that passes
	Paged    bool
	Value    bool // whether a success carries one
	Empty    bool // whether a success may carry none
}

var verbs = []string{"get", "head", "put", "post", "patch", "delete", "options", "trace"}

// Operations reads the operations of a document, in its order.
func Operations(document []byte) ([]Operation, error) {
	root, err := yamltree.Parse(document)
	if err != nil {
		return nil, err
	}
	var list []Operation
	for path, item := range root.Get("paths").Members() {
		for _, verb := range verbs {
			node := item.Get(verb)
			id := node.Get("operationId").Text()
			if !node.Ok() {
				continue
			}
			if id == "" {
				return nil, fmt.Errorf("%s %s has no operationId", strings.ToUpper(verb), path)
			}
			list = append(list, read(node, id, verb, path))
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the document has no operations")
	}
	return list, nil
}

func read(node yamltree.Node, id, verb, path string) Operation {
	o := Operation{
		Method:   strings.ToUpper(id[:1]) + id[1:],
		Summary:  node.Get("summary").Text(),
		Verb:     strings.ToUpper(verb),
		Path:     path,
		Evidence: node.Get("x-evidence").Text(),
		Repeated: verb == "get" || verb == "head" || node.Get("x-idempotent").Text() == "true",
		Paged:    node.Get("x-paging").Text() == "offset",
	}
	for _, tag := range node.Get("tags").Texts() {
		o.Tag = tag
		break
	}
	for requirement := range node.Get("security").Items() {
		for _, scopes := range requirement.Members() {
			o.Scopes = append(o.Scopes, scopes.Texts()...)
		}
	}
	for status, response := range node.Get("responses").Members() {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		o.Value = o.Value || response.Resolve().Get("content").Ok()
		o.Empty = o.Empty || status == "204"
		for _, media := range response.Resolve().Get("content").Members() {
			if isList(media.Get("schema").Resolve()) {
				o.Iterator = iterator(o.Method)
			}
		}
	}
	return o
}

// iterator is the name of the iterator that goes with a list.
func iterator(method string) string {
	if rest, ok := strings.CutPrefix(method, "List"); ok && rest != "" {
		return "All" + rest
	}
	return "All" + method
}

// isList reports whether a schema is a list. One that may be a list counts: the client
// makes a list of one of what is not.
func isList(schema yamltree.Node) bool {
	for branch := range schema.Get("oneOf").Items() {
		if isList(branch.Resolve()) {
			return true
		}
	}
	return schema.Get("type").Text() == "array"
}

func (o Operation) answer() string {
	switch {
	case o.Iterator != "" && o.Paged:
		return "list; `" + o.Iterator + "` reads pages"
	case o.Iterator != "":
		return "list; `" + o.Iterator + "` streams"
	case o.Value && o.Empty:
		return "one, maybe empty"
	case o.Value:
		return "one"
	}
	return "none"
}

const head = `<!-- Written by contract operations --write, which make generate runs. -->

# Operations

The %d operations of [openapi.yaml](../openapi.yaml), each with the method of ` + "`tapkey.API`" + ` that calls it.

- **Scope**: what the access token needs.
- **Evidence**: how well the method and the path are known; *verified* in the API's own documentation or samples,
  *reported* only by others. What else is known less well says so in the documentation of the method.
- **Repeated**: whether the client sends it again after a failure that passes. What creates or starts something is not
  repeated once it may have arrived.
- **Value**: what the method returns besides an error. A list is a slice, and there is an iterator: it *streams*, reading
  one answer item by item, or it *reads pages*.

`

// Page writes the page for a document, with a table for each tag.
func Page(document []byte) (string, error) {
	operations, err := Operations(document)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, head, len(operations))
	tag := ""
	for i, o := range operations {
		if i == 0 || o.Tag != tag {
			tag = o.Tag
			if i > 0 {
				b.WriteString("\n")
			}
			if tag != "" {
				fmt.Fprintf(&b, "## %s\n\n", tag)
			}
			b.WriteString("| method | what it does | request | scope | evidence | repeated | value |\n| --- | --- | --- | --- | --- | --- | --- |\n")
		}
		repeated := "no"
		if o.Repeated {
			repeated = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s %s` | %s | %s | %s | %s |\n", o.Method, cell(o.Summary), o.Verb, o.Path,
			code(o.Scopes), o.Evidence, repeated, o.answer())
	}
	return b.String(), nil
}

func code(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return "`" + strings.Join(words, "` `") + "`"
}

// cell keeps a sentence within one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
