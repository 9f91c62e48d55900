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
			for scheme := range requirement.Members() {
				used["#/components/securitySchemes/"+scheme] = true
			}
		}
	}
	for section, components := range d.root.Get("components").Members() {
		for name, at := range components.Members() {
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

// eachSchema calls visit for everything that looks like a schema: what has members or
// a type, examples apart.
func (d *document) eachSchema(visit func(yamltree.Node)) {
	var walk func(yamltree.Node)
	walk = func(n yamltree.Node) {
		if n.Get("properties").Ok() || n.Get("type").Ok() || n.Get("allOf").Ok() || n.Get("required").Ok() {
			visit(n)
		}
		for key, child := range n.Members() {
			if key != "example" && key != "examples" {
				walk(child)
			}
		}
		for item := range n.Items() {
			walk(item)
		}
	}
	walk(d.root)
}

func requiredUnknown(d *document) {
	d.eachSchema(func(schema yamltree.Node) {
		for name := range schema.Get("required").Items() {
			if !hasMember(schema, name.Text(), 0) {
				d.report(name, "required names %q, which is no member", name.Text())
			}
		}
	})
}

// hasMember looks for a member in a schema and in what it is composed of.
func hasMember(schema yamltree.Node, name string, depth int) bool {
	if schema = schema.Resolve(); schema.Get("properties", name).Ok() {
		return true
	}
	for part := range schema.Get("allOf").Items() {
		if depth < 8 && hasMember(part, name, depth+1) {
			return true
		}
	}
	return false
}

func refUnknown(d *document) {
	d.root.Walk(func(n yamltree.Node) {
		if target, ref := n.Ref(); ref != "" && !target.Ok() {
			d.report(n.Get("$ref"), "%s leads to nothing", ref)
		}
	})
}

func refSiblings(d *document) {
	d.root.Walk(func(n yamltree.Node) {
		if n.Get("$ref").Text() == "" {
			return
		}
		for key, at := range n.Members() {
			if key != "$ref" {
				d.report(at, "%s beside a $ref is ignored: use allOf", key)
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
			d.report(values, "x-extensible-enum lists nothing")
		}
		if n.Get("type").Text() != "string" {
			d.report(values, "x-extensible-enum is for strings")
		}
		for i, text := range texts {
			if slices.Contains(texts[:i], text) {
				d.report(values, "x-extensible-enum lists %q twice", text)
			}
		}
	})
}

func answerClosed(d *document) {
	d.answerSchemas(func(schema yamltree.Node) {
		if at := schema.Get("additionalProperties"); at.Text() == "false" {
			d.report(at, "an object in an answer is closed")
		}
	})
}

func answerEnum(d *document) {
	d.answerSchemas(func(schema yamltree.Node) {
		if at := schema.Get("enum"); at.Ok() {
			d.report(at, "an enum in an answer breaks clients when a value is added")
		}
	})
}

func answerUntyped(d *document) {
	d.answerSchemas(func(schema yamltree.Node) {
		for _, keyword := range []string{"type", "allOf", "anyOf", "oneOf"} {
			if schema.Get(keyword).Ok() {
				return
			}
		}
		d.report(schema, "a schema in an answer has no type")
	})
}

func direction(d *document) {
	d.answerSchemas(func(schema yamltree.Node) {
		if at := schema.Get("x-direction"); at.Ok() {
			d.report(at, "x-direction is request, and an answer holds the schema")
		}
	})
	d.requestSchemas(func(schema yamltree.Node) {
		at := schema.Get("x-direction")
		if schema.Get("type").Text() == "object" && at.Text() != "request" {
			d.report(schema, "an object that is sent is not marked x-direction: request")
		}
	})
}
