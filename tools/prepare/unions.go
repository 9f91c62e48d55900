package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// nameUnions gives a name to each part of a union that has none, and to the fields whose
// types would have the name of another one. oapi-codegen would declare two types for some
// of them.
func (c *contract) nameUnions() {
	for _, name := range sorted(c.spec.Components.Parameters) {
		// oapi-codegen has no path that it could derive names from.
		if p := c.spec.Components.Parameters[name]; p.Value != nil && p.Value.Schema != nil {
			if s := p.Value.Schema.Value; s != nil && len(s.OneOf)+len(s.AnyOf) > 0 {
				c.nameStructure(name+" parameter", p.Value.Schema)
			}
		}
	}
	for _, name := range c.schemas() {
		c.walk(name, c.spec.Components.Schemas[name])
	}
	for _, o := range c.operations() {
		for _, p := range o.parameters() {
			if p.Ref == "" && p.Value != nil {
				c.walk(o.name()+" "+p.Value.Name, p.Value.Schema)
			}
		}
		if body := o.RequestBody; body != nil && body.Value != nil {
			for _, media := range sorted(body.Value.Content) {
				c.walk(o.name()+" body", body.Value.Content[media].Schema)
			}
		}
		for _, status := range o.successes() {
			for _, media := range sorted(o.Responses.Value(status).Value.Content) {
				c.walk(o.name()+" response", o.Responses.Value(status).Value.Content[media].Schema)
			}
		}
	}
}

func sorted[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }

// walk names the parts of the unions in a schema. It does not follow references.
func (c *contract) walk(name string, ref *openapi3.SchemaRef) {
	if ref == nil || ref.Ref != "" || ref.Value == nil {
		return
	}
	s := ref.Value
	for _, parts := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		for i, part := range parts {
			if part.Ref != "" || part.Value == nil {
				continue
			}
			partName := fmt.Sprint(name, " ", i)
			c.walk(partName, part)
			constant := part.Value.Title != "" && part.Value.Const != nil // a value of an enumeration
			if !constant && (structured(part.Value, "") || is(part.Value, "array")) {
				c.addSchema(partName, part)
			}
		}
	}
	for _, part := range s.AllOf {
		c.walk(name, part)
	}
	for _, property := range sorted(s.Properties) {
		c.walk(name+" "+property, s.Properties[property])
		c.distinct(name+" "+property, s.Properties[property])
	}
	c.walk(name+" item", s.Items)
	c.walk(name+" value", s.AdditionalProperties.Schema)
}

// distinct names the schema of a field if the name that the generator derives from its
// path is that of another type.
func (c *contract) distinct(name string, ref *openapi3.SchemaRef) {
	if ref.Ref != "" || ref.Value == nil || !structured(ref.Value, "allOf") && len(ref.Value.AllOf) < 2 {
		return
	}
	if c.taken[fold(name)] {
		c.addSchema(name, ref)
	}
	c.taken[fold(name)] = true
}
