// Package lint tells whether openapi.yaml is sound: valid, and free of what is valid
// but breaks the generated client, hides something, or was made up.
package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// Problem is a rule that is broken, and where.
type Problem struct {
	Rule    string `json:"rule"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// String is the problem on one line, as editors understand it after a file name.
func (p Problem) String() string {
	return fmt.Sprintf("%d:%d: %s: %s", p.Line, p.Column, p.Rule, p.Message)
}

// Rule is one thing that is looked at.
type Rule struct {
	ID    string
	About string
	check func(d *document)
}

// Check returns what is wrong with a document, in the order of its lines.
func Check(data []byte) []Problem {
	root, err := yamltree.Parse(data)
	if err != nil {
		line, message := yamlError(err)
		return []Problem{{Valid, line, 1, message}}
	}
	d := &document{data: data, root: root}
	for _, rule := range Rules() {
		d.rule = rule.ID
		rule.check(d)
	}
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	return slices.Compact(d.problems)
}

// document is what the rules look at.
type document struct {
	data     []byte
	root     yamltree.Node
	rule     string // the one at work
	problems []Problem
}

func (d *document) report(at yamltree.Node, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.rule, at.Line(), at.Column(), fmt.Sprintf(format, args...)})
}

// operation is one operation of the document.
type operation struct {
	id     string
	path   yamltree.Node // the path item
	method string
	node   yamltree.Node
}

func (o operation) String() string { return cmp.Or(o.id, o.method) }

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (d *document) operations() []operation {
	var list []operation
	for _, item := range d.root.Get("paths").Members() {
		for method, node := range item.Members() {
			if slices.Contains(methods, method) {
				list = append(list, operation{node.Get("operationId").Text(), item, method, node})
			}
		}
	}
	return list
}

// parameters are those of the operation and those of its path.
func (o operation) parameters() []yamltree.Node {
	var list []yamltree.Node
	for _, from := range []yamltree.Node{o.path, o.node} {
		for p := range from.Get("parameters").Items() {
			list = append(list, p)
		}
	}
	return list
}

func (d *document) schemas() func(func(string, yamltree.Node) bool) {
	return d.root.Get("components", "schemas").Members()
}

// answerSchemas calls visit once for each schema that an answer can hold, with what
// lies in it, references followed.
func (d *document) answerSchemas(visit func(schema yamltree.Node)) {
	d.reachable(func(o operation) []yamltree.Node {
		var list []yamltree.Node
		for _, response := range o.node.Get("responses").Members() {
			for _, media := range response.Resolve().Get("content").Members() {
				list = append(list, media.Get("schema"))
			}
		}
		return list
	}, visit)
}

// requestSchemas does the same for bodies that are sent.
func (d *document) requestSchemas(visit func(schema yamltree.Node)) {
	d.reachable(func(o operation) []yamltree.Node {
		var list []yamltree.Node
		for _, media := range o.node.Get("requestBody").Resolve().Get("content").Members() {
			list = append(list, media.Get("schema"))
		}
		return list
	}, visit)
}

func (d *document) reachable(from func(operation) []yamltree.Node, visit func(yamltree.Node)) {
	var seen []yamltree.Node
	var walk func(yamltree.Node)
	walk = func(schema yamltree.Node) {
		schema = schema.Resolve()
		if !schema.Ok() || schema.Text() != "" || // additionalProperties may be true or false
			slices.ContainsFunc(seen, schema.Same) {
			return
		}
		seen = append(seen, schema)
		visit(schema)
		for _, property := range schema.Get("properties").Members() {
			walk(property)
		}
		for _, keyword := range []string{"items", "additionalProperties", "not"} {
			walk(schema.Get(keyword))
		}
		for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
			for branch := range schema.Get(keyword).Items() {
				walk(branch)
			}
		}
	}
	for _, o := range d.operations() {
		for _, schema := range from(o) {
			walk(schema)
		}
	}
}
