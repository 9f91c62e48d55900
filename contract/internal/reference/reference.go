// Package reference documents the operations of a contract: the Go method, the request,
// the scopes, the evidence and the value of each.
package reference

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// Operation is a row of the page.
type Operation struct {
	Method   string // Go method, such as ListOwners
	Iterator string // Go iterator, such as AllOwners; empty if the operation has none
	Tag      string
	Summary  string
	Verb     string // HTTP method
	Path     string
	Scopes   []string
	Evidence string
	Retried  bool // after a transient failure
	Paged    bool
	Value    bool // a successful response has a body
	Empty    bool // a successful response may have no body
}

var verbs = []string{"get", "head", "put", "post", "patch", "delete", "options", "trace"}

// Operations returns the operations of a document, in the order of the document.
func Operations(document []byte) ([]Operation, error) {
	root, err := yamltree.Parse(document)
	if err != nil {
		return nil, err
	}
	var list []Operation
	for path, item := range root.Get("paths").Fields() {
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
		Retried:  verb == "get" || verb == "head" || node.Get("x-idempotent").Text() == "true",
		Paged:    node.Get("x-paging").Text() == "offset",
	}
	for _, tag := range node.Get("tags").Texts() {
		o.Tag = tag
		break
	}
	for requirement := range node.Get("security").Items() {
		for _, scopes := range requirement.Fields() {
			o.Scopes = append(o.Scopes, scopes.Texts()...)
		}
	}
	for status, response := range node.Get("responses").Fields() {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		o.Value = o.Value || response.Resolve().Get("content").Ok()
		o.Empty = o.Empty || status == "204"
		for _, media := range response.Resolve().Get("content").Fields() {
			if isList(media.Get("schema").Resolve()) {
				o.Iterator = iterator(o.Method)
			}
		}
	}
	return o
}

// iterator returns the name of the iterator for a method that returns a list.
func iterator(method string) string {
	if rest, ok := strings.CutPrefix(method, "List"); ok && rest != "" {
		return "All" + rest
	}
	return "All" + method
}

// isList reports whether the client returns a list for a schema. It does if one branch of
// a oneOf is a list: any other value becomes a list with one item.
func isList(schema yamltree.Node) bool {
	for branch := range schema.Get("oneOf").Items() {
		if isList(branch.Resolve()) {
			return true
		}
	}
	return schema.Get("type").Text() == "array"
}

// value describes the value that the method returns.
func (o Operation) value() string {
	switch {
	case o.Iterator != "" && o.Paged:
		return "list; `" + o.Iterator + "` reads pages"
	case o.Iterator != "":
		return "list; `" + o.Iterator + "` streams"
	case o.Value && o.Empty:
		return "one, may be empty"
	case o.Value:
		return "one"
	}
	return "none"
}

const head = `<!-- Written by contract operations --write, which make generate runs. -->

# Operations

The %d operations of [openapi.yaml](../openapi.yaml), each with the method of ` + "`tapkey.API`" + ` that calls it.

- **Scope**: the scopes that the access token needs.
- **Evidence**: the source for the method and the path. *Verified*: the API's own documentation or samples. *Reported*: other
  sources only. If parts of an operation have weaker evidence, the documentation of the method states it.
- **Retried**: whether the client retries the request after a transient failure. A request that creates or starts something is
  retried only if it was never sent.
- **Value**: what the method returns in addition to an error. A list is a slice. It also has an iterator, which either
  *streams* the items of one response or *reads pages*.

`

// Page returns the page for a document, with a table for each tag.
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
			b.WriteString("| method | description | request | scope | evidence | retried | value |\n| --- | --- | --- | --- | --- | --- | --- |\n")
		}
		retried := "no"
		if o.Retried {
			retried = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s %s` | %s | %s | %s | %s |\n", o.Method, cell(o.Summary), o.Verb, o.Path,
			code(o.Scopes), o.Evidence, retried, o.value())
	}
	return b.String(), nil
}

func code(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "`" + strings.Join(names, "` `") + "`"
}

// cell escapes text for a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
