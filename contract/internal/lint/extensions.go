package lint

import (
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// extension is an extension that the header of openapi.yaml describes.
type extension struct {
	on     string   // operation or schema
	tag    string   // type of the value
	values []string // allowed values; nil for any
}

var extensions = map[string][]extension{
	"x-evidence": {
		{"operation", "!!str", []string{"verified", "reported", "inferred"}},
		{"schema", "!!str", []string{"verified", "reported", "inferred"}},
	},
	"x-direction":       {{"schema", "!!str", []string{"request"}}},
	"x-extensible-enum": {{"schema", "!!seq", nil}},
	"x-paging":          {{"operation", "!!str", []string{"offset"}}},
	"x-idempotent":      {{"operation", "!!bool", []string{"true", "false"}}},
}

// checkExtensions reports extensions that are misspelt, on the wrong thing, or of the wrong
// type.
func checkExtensions(d *document) {
	kinds := d.kinds()
	d.walkOutsideExamples(d.root, func(n yamltree.Node) {
		for name, at := range n.Fields() {
			if !strings.HasPrefix(name, "x-") {
				continue
			}
			uses, ok := extensions[name]
			if !ok {
				d.report(at, "unknown extension %s: the header of the document lists the extensions", name)
				continue
			}
			kind := "element"
			for _, k := range []string{"operation", "schema"} {
				if slices.ContainsFunc(kinds[k], n.Same) {
					kind = k
				}
			}
			i := slices.IndexFunc(uses, func(e extension) bool { return e.on == kind })
			switch {
			case i < 0:
				d.report(at, "%s on another element than an %s", name, uses[0].on)
			case at.Tag() != uses[i].tag:
				d.report(at, "%s has the type %s, want %s", name, at.Tag(), uses[i].tag)
			case uses[i].values != nil && !slices.Contains(uses[i].values, at.Text()):
				d.report(at, "%s is %q, want %s", name, at.Text(), strings.Join(uses[i].values, " or "))
			}
		}
	})
}

// kinds returns the nodes of operations and of named schemas, which are those that have
// extensions.
func (d *document) kinds() map[string][]yamltree.Node {
	kinds := map[string][]yamltree.Node{}
	for _, o := range d.operations() {
		kinds["operation"] = append(kinds["operation"], o.node)
	}
	for _, schema := range d.schemas() {
		kinds["schema"] = append(kinds["schema"], schema)
	}
	return kinds
}

// walkOutsideExamples calls visit for a node and its descendants, except for examples. The
// names of fields, schemas and parameters are not taken for keywords.
func (d *document) walkOutsideExamples(n yamltree.Node, visit func(yamltree.Node)) {
	visit(n)
	for key, child := range n.Fields() {
		switch key {
		case "example", "examples", "default", "enum", "x-extensible-enum":
		case "properties", "schemas", "parameters", "requestBodies", "headers", "content", "paths", "responses", "callbacks", "scopes", "mapping":
			for _, named := range child.Fields() {
				d.walkOutsideExamples(named, visit)
			}
			for item := range child.Items() {
				d.walkOutsideExamples(item, visit)
			}
		default:
			d.walkOutsideExamples(child, visit)
		}
	}
	for item := range n.Items() {
		d.walkOutsideExamples(item, visit)
	}
}

// idempotent reports operations that must not be marked x-idempotent: GET, which always is,
// and PUT, which creates here.
func idempotent(d *document) {
	for _, o := range d.operations() {
		at := o.node.Get("x-idempotent")
		switch {
		case !at.Ok() || at.Text() != "true":
		case reads(o.method):
			d.report(at, "%s: %s is always idempotent", o, strings.ToUpper(o.method))
		case o.method == "put" || o.method == "post" && !o.byID():
			d.report(at, "%s creates an entity, so it is not idempotent", o)
		}
	}
}

func reads(method string) bool { return method == "get" || method == "head" || method == "options" }
