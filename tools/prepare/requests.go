package main

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// markRequests marks the schemas that request bodies contain with x-direction: request.
// The overlay of the client makes fields plain values, which are always sent, only in
// other schemas. A schema that is both sent and received is marked.
func (c *contract) markRequests() {
	seen := map[*openapi3.Schema]bool{}
	for _, o := range c.operations() {
		if o.RequestBody != nil && o.RequestBody.Value != nil {
			for _, media := range o.RequestBody.Value.Content {
				mark(media.Schema, seen)
			}
		}
		for _, p := range o.parameters() {
			if p.Value != nil && !p.Value.Required {
				optional(p.Value.Schema)
			}
		}
	}
}

// markNullFields marks each operation with the fields of its body that may be null, with
// x-null-fields. Of a union, it marks only the fields next to it.
func (c *contract) markNullFields() {
	for _, o := range c.operations() {
		nullable := map[string]bool{}
		if o.RequestBody != nil && o.RequestBody.Value != nil {
			for _, media := range o.RequestBody.Value.Content {
				nullFields(media.Schema, nullable, map[*openapi3.Schema]bool{})
			}
		}
		maps.DeleteFunc(nullable, func(_ string, allowed bool) bool { return !allowed })
		delete(o.Extensions, "x-null-fields")
		if len(nullable) > 0 {
			set(&o.Extensions, "x-null-fields", slices.Sorted(maps.Keys(nullable)))
		}
	}
}

// nullFields adds the fields of a schema and of the parts of its allOf, with whether all of
// them allow null.
func nullFields(ref *openapi3.SchemaRef, nullable map[string]bool, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	seen[ref.Value] = true
	for name, property := range ref.Value.Properties {
		if property.Value == nil || property.Value.ReadOnly {
			continue
		}
		allowed, known := nullable[name]
		nullable[name] = property.Value.Nullable && (allowed || !known)
	}
	for _, part := range ref.Value.AllOf {
		nullFields(part, nullable, seen)
	}
}

// markFree gives received objects without known fields the type for them.
func (c *contract) markFree() {
	for _, ref := range c.spec.Components.Schemas {
		s := ref.Value
		if free := s.AdditionalProperties.Has; free == nil || !*free || ref.Ref != "" || s.Extensions["x-direction"] == "request" || s.Extensions["x-go-type"] != nil {
			continue
		}
		if len(s.Properties)+len(s.AllOf)+len(s.AnyOf)+len(s.OneOf) == 0 {
			set(&s.Extensions, "x-go-type", "api.Object")
		}
	}
}

func mark(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	s := ref.Value
	seen[s] = true
	if len(s.Properties) > 0 || s.AdditionalProperties.Has != nil {
		set(&s.Extensions, "x-direction", "request")
	}
	for name, property := range s.Properties {
		if !slices.Contains(s.Required, name) {
			optional(property)
		}
		mark(property, seen)
	}
	for _, parts := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, part := range parts {
			mark(part, seen)
		}
	}
	mark(s.Items, seen)
	mark(s.AdditionalProperties.Schema, seen)
}

// optional marks a reference to an open enum, which the overlay makes a plain value
// everywhere, as one that may be unset.
func optional(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Ref == "" || ref.Value == nil || ref.Value.Extensions["x-extensible-enum"] == nil {
		return
	}
	set(&ref.Extensions, "x-go-type-skip-optional-pointer", false)
	set(&ref.Extensions, "x-omitempty", true)
}
