// Package lint checks that openapi.yaml is valid, and that it has none of the valid
// constructs that break the generated client, hide mistakes, or lack evidence.
package lint

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// Problem is a violation of a rule.
type Problem struct {
	Rule    string `json:"rule"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// String returns the problem on one line. With a file name before it, editors can open it.
func (p Problem) String() string {
	return fmt.Sprintf("%d:%d: %s: %s", p.Line, p.Column, p.Rule, p.Message)
}

// Rule is a requirement on the document.
type Rule struct {
	ID    string
	About string
	check func(d *document)
}

// Check returns the problems of a document, ordered by line.
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

// document is the document that the rules check.
type document struct {
	data     []byte
	root     yamltree.Node
	rule     string // id of the current rule
	problems []Problem
}

func (d *document) report(at yamltree.Node, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.rule, at.Line(), at.Column(), fmt.Sprintf(format, args...)})
}

// operation is an operation of the document.
type operation struct {
	id     string
	route  string        // the path
	path   yamltree.Node // the path item
	method string
	node   yamltree.Node
}

func (o operation) String() string { return cmp.Or(o.id, o.method) }

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (d *document) operations() []operation {
	var list []operation
	for route, item := range d.root.Get("paths").Fields() {
		for method, node := range item.Fields() {
			if slices.Contains(methods, method) {
				list = append(list, operation{node.Get("operationId").Text(), route, item, method, node})
			}
		}
	}
	return list
}

// parameters returns the parameters of the path item and of the operation.
func (o operation) parameters() []yamltree.Node {
	var list []yamltree.Node
	for _, from := range []yamltree.Node{o.path, o.node} {
		for p := range from.Get("parameters").Items() {
			list = append(list, p)
		}
	}
	return list
}

// byID reports whether an operation is about an entity that its path identifies: the path
// ends with a parameter, or is an action below one.
func (o operation) byID() bool {
	segments := strings.Split(strings.Trim(o.route, "/"), "/")
	last := len(segments) - 1
	if isParameter(segments[last]) {
		return true
	}
	return o.method == "post" && last > 2 && isParameter(segments[last-1])
}

func isParameter(segment string) bool {
	return strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
}

// schemas iterates over the named schemas.
func (d *document) schemas() iter.Seq2[string, yamltree.Node] {
	return d.root.Get("components", "schemas").Fields()
}

// responseSchemas returns every schema of a response and the schemas it contains or refers
// to, each once.
func (d *document) responseSchemas() []yamltree.Node {
	return d.reachable(func(o operation) []yamltree.Node {
		var list []yamltree.Node
		for _, response := range o.node.Get("responses").Fields() {
			for _, media := range response.Resolve().Get("content").Fields() {
				list = append(list, media.Get("schema"))
			}
		}
		return list
	})
}

// requestSchemas returns every schema of a request body and the schemas it contains or
// refers to, each once.
func (d *document) requestSchemas() []yamltree.Node {
	return d.reachable(func(o operation) []yamltree.Node {
		var list []yamltree.Node
		for _, media := range o.node.Get("requestBody").Resolve().Get("content").Fields() {
			list = append(list, media.Get("schema"))
		}
		return list
	})
}

func (d *document) reachable(from func(operation) []yamltree.Node) []yamltree.Node {
	var seen []yamltree.Node
	var walk func(yamltree.Node)
	walk = func(schema yamltree.Node) {
		schema = schema.Resolve()
		if !schema.Ok() || schema.Text() != "" || // additionalProperties may be true or false
			slices.ContainsFunc(seen, schema.Same) {
			return
		}
		seen = append(seen, schema)
		for _, property := range schema.Get("properties").Fields() {
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
	return seen
}
