package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/reserved"
	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// goNames reports names that become equal in Go, or have nothing that can be in a name. The
// generator would number one of them, or generate code that does not compile.
func goNames(d *document) {
	operations, schemas := names{}, names{}
	for _, o := range d.operations() {
		d.distinct(operations, o.id, o.node, "operations")
	}
	for name, schema := range d.schemas() {
		d.distinct(schemas, name, schema, "schemas")
		fields := names{}
		for field, at := range schema.Get("properties").Fields() {
			d.distinct(fields, field, at, "fields of "+name)
		}
	}
	parameters := names{}
	for name, at := range d.root.Get("components", "parameters").Fields() {
		d.distinct(parameters, name, at, "shared parameters")
		d.distinct(schemas, name, at, "types")
	}
	for _, o := range d.operations() {
		parameters := names{}
		for _, ref := range o.parameters() {
			p := ref.Resolve()
			d.distinct(parameters, p.Get("name").Text(), p, "parameters of "+o.String())
		}
		d.derived(schemas, o)
		// An operation AllOwners would be the iterator of the operation listOwners.
		if rest, ok := strings.CutPrefix(reserved.Fold(o.id), "all"); ok && o.id != "" {
			for _, list := range []string{rest, "list" + rest} {
				if other, ok := operations[list]; ok {
					d.report(o.node, "%s has the name of the iterator of %s", o, other)
				}
			}
		}
	}
}

// names are names that were seen, by their names in Go.
type names map[string]string

// distinct reports a name that becomes equal in Go to one seen before, or has no name in Go.
func (d *document) distinct(seen names, name string, at yamltree.Node, what string) {
	if name == "" {
		return
	}
	folded := reserved.Fold(name)
	if folded == "" {
		d.report(at, "%s: %q has no name in Go", what, name)
		return
	}
	if other, ok := seen[folded]; ok {
		d.report(at, "%s: %q and %q have the same name in Go", what, other, name)
		return
	}
	seen[folded] = name
}

// derived reports schemas that have the name of a type that the generator derives from the
// name of an operation.
func (d *document) derived(schemas names, o operation) {
	if o.id == "" {
		return
	}
	for _, suffix := range []string{"Params", "JSONBody", "JSONRequestBody", "Response"} {
		if schema, ok := schemas[reserved.Fold(o.id+suffix)]; ok {
			d.report(o.node, "the schema %s has the name of a type of %s in Go", schema, o)
		}
	}
}

// reservedNames reports names that the generated code uses itself.
func reservedNames(d *document) {
	check := func(kind, name string, at yamltree.Node, what string) {
		if used, ok := reserved.Find(kind, name); ok && name != "" {
			d.report(at, "%s %s: the generated code uses the name %s itself", what, name, used)
		}
	}
	for _, o := range d.operations() {
		check(reserved.Method, o.id, o.node.Get("operationId"), "the operation")
		for _, ref := range o.parameters() {
			if p := ref.Resolve(); p.Get("in").Text() == "path" {
				check(reserved.Argument, p.Get("name").Text(), p.Get("name"), "the path parameter")
			}
		}
	}
	for name, schema := range d.schemas() {
		check(reserved.Type, name, schema, "the schema")
	}
	for name, parameter := range d.root.Get("components", "parameters").Fields() {
		check(reserved.Type, name, parameter, "the parameter")
	}
}

// knownValues reports known values whose constants would have no name, or that of another
// constant or type.
func knownValues(d *document) {
	types := names{}
	for name := range d.schemas() {
		types[reserved.Fold(name)] = name
	}
	for name := range d.root.Get("components", "parameters").Fields() {
		types[reserved.Fold(name)] = name
	}
	constants := names{}
	for name, schema := range d.schemas() {
		if _, ok := d.original(name); ok {
			continue // both are one type
		}
		values := slices.Collect(schema.Get("x-extensible-enum").Items())
		for i, value := range values {
			text := value.Text()
			folded := reserved.Fold(text)
			if value.Tag() != "!!str" {
				d.report(value, "%s: the known value %s is not a string", name, text)
				continue
			}
			if folded == "" {
				d.report(value, "%s: the known value %q has no name in Go", name, text)
				continue
			}
			if slices.ContainsFunc(values[:i], func(other yamltree.Node) bool { return other.Text() == text }) {
				continue // which extensible-enum reports
			}
			constant := reserved.Fold(name) + folded
			what := fmt.Sprintf("%s %q", name, text)
			if other, ok := constants[constant]; ok {
				d.report(value, "the known values %s and %s have the same name in Go", other, what)
			}
			if other, ok := types[constant]; ok {
				d.report(value, "the known value %s and the schema %s have the same name in Go", what, other)
			}
			constants[constant] = what
		}
	}
}
