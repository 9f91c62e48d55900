package lint

import (
	"slices"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

func componentUnused(d *document) {
	used := make(map[string]bool)
	d.root.Walk(func(n yamltree.Node) {
		if ref := n.Get("$ref").Text(); ref != "" {
			used[ref] = true
		}
	})
	for _, o := range d.operations() {
		for requirement := range o.node.Get("security").Items() {
			for scheme := range requirement.Fields() {
				used["#/components/securitySchemes/"+scheme] = true
			}
		}
	}
	for section, components := range d.root.Get("components").Fields() {
		for name, at := range components.Fields() {
			if !used["#/components/"+section+"/"+name] {
				d.report(at, "components/%s/%s is not used", section, name)
			}
		}
	}
}

func exampleMissing(d *document) {
	for name, schema := range d.schemas() {
		if !schema.Get("example").Ok() {
			d.report(schema, "%s has no example", name)
		}
	}
	var seen []yamltree.Node
	for _, o := range d.operations() {
		for _, ref := range o.parameters() {
			p := ref.Resolve()
			if slices.ContainsFunc(seen, p.Same) {
				continue
			}
			seen = append(seen, p)
			if !p.Get("example").Ok() && !p.Get("examples").Ok() {
				d.report(p, "the parameter %s has no example", p.Get("name").Text())
			}
		}
	}
}

// allSchemas returns the nodes outside of examples that have a keyword of a schema.
func (d *document) allSchemas() []yamltree.Node {
	var list []yamltree.Node
	var walk func(yamltree.Node)
	walk = func(n yamltree.Node) {
		if n.Get("properties").Ok() || n.Get("type").Ok() || n.Get("allOf").Ok() || n.Get("required").Ok() {
			list = append(list, n)
		}
		for key, child := range n.Fields() {
			if key != "example" && key != "examples" {
				walk(child)
			}
		}
		for item := range n.Items() {
			walk(item)
		}
	}
	walk(d.root)
	return list
}

func requiredUnknown(d *document) {
	for _, schema := range d.allSchemas() {
		for name := range schema.Get("required").Items() {
			if !hasField(schema, name.Text(), 0) {
				d.report(name, "required names %q, which is not a field", name.Text())
			}
		}
	}
}

// hasField reports whether a schema, or a part of its allOf, has a field.
func hasField(schema yamltree.Node, name string, depth int) bool {
	if schema = schema.Resolve(); schema.Get("properties", name).Ok() {
		return true
	}
	for part := range schema.Get("allOf").Items() {
		if depth < 8 && hasField(part, name, depth+1) {
			return true
		}
	}
	return false
}

func refUnknown(d *document) {
	d.root.Walk(func(n yamltree.Node) {
		if target, ref := n.Ref(); ref != "" && !target.Ok() {
			d.report(n.Get("$ref"), "%s does not exist", ref)
		}
	})
}

func refSiblings(d *document) {
	d.root.Walk(func(n yamltree.Node) {
		if n.Get("$ref").Text() == "" {
			return
		}
		for key, at := range n.Fields() {
			if key != "$ref" {
				d.report(at, "%s next to a $ref is ignored: use allOf", key)
			}
		}
	})
}

func extensibleEnum(d *document) {
	d.root.Walk(func(n yamltree.Node) {
		values := n.Get("x-extensible-enum")
		if !values.Ok() {
			return
		}
		texts := values.Texts()
		if len(texts) == 0 {
			d.report(values, "x-extensible-enum has no value")
		}
		if n.Get("type").Text() != "string" {
			d.report(values, "x-extensible-enum requires type: string")
		}
		for i, text := range texts {
			if slices.Contains(texts[:i], text) {
				d.report(values, "x-extensible-enum has %q twice", text)
			}
		}
	})
}

func responseClosed(d *document) {
	for _, schema := range d.responseSchemas() {
		if at := schema.Get("additionalProperties"); at.Text() == "false" {
			d.report(at, "an object in a response is closed")
		}
	}
}

func responseEnum(d *document) {
	for _, schema := range d.responseSchemas() {
		if at := schema.Get("enum"); at.Ok() {
			d.report(at, "an enum in a response breaks clients when a value is added")
		}
	}
}

func responseUntyped(d *document) {
	for _, schema := range d.responseSchemas() {
		if !slices.ContainsFunc([]string{"type", "allOf", "anyOf", "oneOf"}, func(keyword string) bool { return schema.Get(keyword).Ok() }) {
			d.report(schema, "a schema in a response has no type")
		}
	}
}

func direction(d *document) {
	for _, schema := range d.responseSchemas() {
		if at := schema.Get("x-direction"); at.Ok() {
			d.report(at, "x-direction is request, but a response uses the schema")
		}
	}
	for _, schema := range d.requestSchemas() {
		at := schema.Get("x-direction")
		if schema.Get("type").Text() == "object" && at.Text() != "request" {
			d.report(schema, "an object in a request body has no x-direction: request")
		}
	}
}
