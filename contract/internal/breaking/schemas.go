package breaking

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaRules compares the schemas of two documents, each with the one at the same place.
func schemaRules(before, after *openapi3.T) []Change {
	c := comparison{seen: make(map[pair]bool)}
	for name, was := range before.Components.Schemas {
		c.sent = isRequest(was.Value)
		c.schema("components/schemas/"+name, was, after.Components.Schemas[name])
	}
	now := operations(after)
	for key, was := range operations(before) {
		is, ok := now[key]
		if !ok {
			continue
		}
		c.sent = true
		after := parameters(is)
		for key, p := range parameters(was) {
			if q := after[key]; q != nil {
				c.schema(was.where()+" "+p.Name, p.Schema, q.Schema)
				c.content(was.where()+" "+p.Name, p.Content, q.Content)
			}
		}
		if was.RequestBody != nil && is.RequestBody != nil {
			c.content(was.where()+" request", was.RequestBody.Value.Content, is.RequestBody.Value.Content)
		}
		c.sent = false
		for status, response := range was.Responses.Map() {
			if now := is.Responses.Value(status); now != nil {
				c.content(was.where()+" "+status, response.Value.Content, now.Value.Content)
			}
		}
	}
	return c.changes
}

type pair struct {
	was, is *openapi3.Schema
	sent    bool
}

type comparison struct {
	sent    bool // in requests
	seen    map[pair]bool
	changes []Change
}

func (c *comparison) breaks(rule, where, text string) {
	c.changes = append(c.changes, Change{Rule: rule, Where: where, Text: text, Breaking: true})
}

func (c *comparison) content(where string, was, is openapi3.Content) {
	for name, media := range was {
		if now := is[name]; now != nil {
			c.schema(where, media.Schema, now.Schema)
		}
	}
}

// schema compares two schemas and their parts. A schema that does not exist in one of the
// documents is reported by oasdiff.
func (c *comparison) schema(where string, before, after *openapi3.SchemaRef) {
	if before == nil || after == nil || c.seen[pair{before.Value, after.Value, c.sent}] {
		return
	}
	was, is := before.Value, after.Value
	c.seen[pair{was, is, c.sent}] = true
	c.knownValues(where, was, is)
	if a, b := kind(was), kind(is); a != b {
		c.breaks("type-changed", where, fmt.Sprintf("the type is %s; was: %s", b, a))
		return
	}
	if c.sent {
		c.narrowed(where, was, is)
	}
	for _, name := range slices.Sorted(maps.Keys(was.Properties)) {
		c.schema(where+"/"+name, was.Properties[name], is.Properties[name])
	}
	if was.Type.Is(openapi3.TypeArray) {
		c.items(where+"/*", was.Items, is.Items)
	}
	if len(was.Properties) == 0 {
		c.items(where+"/*", was.AdditionalProperties.Schema, is.AdditionalProperties.Schema)
	}
	for _, parts := range [][2]openapi3.SchemaRefs{{was.AllOf, is.AllOf}, {was.OneOf, is.OneOf}, {was.AnyOf, is.AnyOf}} {
		for _, part := range parts[0] {
			i := slices.IndexFunc(parts[1], func(other *openapi3.SchemaRef) bool { return part.Ref != "" && other.Ref == part.Ref })
			if i >= 0 {
				c.schema(where, part, parts[1][i])
			}
		}
	}
}

// narrowed reports what a request may no longer contain, where oasdiff does not report it:
// it does not compare the parts of parameters, and not whether an object is closed.
func (c *comparison) narrowed(where string, was, is *openapi3.Schema) {
	if len(was.Enum) == 0 && len(is.Enum) > 0 {
		c.breaks("request-values-closed", where, "no other values than the known ones are allowed")
	}
	if !was.UniqueItems && is.UniqueItems {
		c.breaks("request-items-unique", where, "no duplicate items are allowed")
	}
	if closed := is.AdditionalProperties.Has; closed != nil && !*closed && (was.AdditionalProperties.Has == nil || *was.AdditionalProperties.Has) {
		c.breaks("request-object-closed", where, "no other fields than the known ones are allowed")
	}
	for _, name := range slices.Sorted(maps.Keys(was.Properties)) {
		if is.Properties[name] == nil {
			c.breaks("request-property-removed", where+"/"+name, "the field was removed")
		}
	}
	for _, name := range is.Required {
		if !slices.Contains(was.Required, name) {
			c.breaks("request-property-became-required", where+"/"+name, "the field is required")
		}
	}
}

// items compares the schemas of the items of a list, or of the values of a map. Without a
// schema they have any type.
func (c *comparison) items(where string, before, after *openapi3.SchemaRef) {
	if before == nil && after == nil {
		return
	}
	anything := &openapi3.SchemaRef{Value: &openapi3.Schema{}}
	c.schema(where, cmp.Or(before, anything), cmp.Or(after, anything))
}

// knownValues compares known values. Each is a constant in Go, so removing or renaming a
// value is a break. Adding one is not, since programs have to accept any value; oasdiff
// reports additions to a closed enumeration.
func (c *comparison) knownValues(where string, was, is *openapi3.Schema) {
	before, after := values(was), values(is)
	for _, value := range before {
		if !slices.Contains(after, value) {
			c.breaks("known-value-removed", where, "the value "+value+" was removed")
		}
	}
	for _, value := range after {
		if !slices.Contains(before, value) {
			c.changes = append(c.changes, Change{Rule: "known-value-added", Where: where, Text: "the value " + value + " was added"})
		}
	}
}

// values returns the values of an enumeration, open or closed.
func values(s *openapi3.Schema) []string {
	known, _ := s.Extensions["x-extensible-enum"].([]any)
	var texts []string
	for _, value := range slices.Concat(known, s.Enum) {
		if value != nil {
			texts = append(texts, fmt.Sprint(value))
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// kind returns the type and, if another Go type is generated for it, the format of a
// schema.
func kind(s *openapi3.Schema) string {
	types := strings.Join(s.Type.Slice(), " or ")
	switch {
	case len(s.OneOf) > 0 && types == "":
		return "one of several types"
	case types == "" && len(s.Properties) > 0:
		types = openapi3.TypeObject
	case types == "" && len(s.AllOf) == 0:
		return "any type"
	}
	formats := map[string][]string{
		openapi3.TypeString:  {"date-time", "date", "uuid", "email", "byte", "binary", "json"},
		openapi3.TypeInteger: {"int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64"},
		openapi3.TypeNumber:  {"float"},
	}
	if slices.Contains(formats[types], s.Format) {
		return types + " with the format " + s.Format
	}
	if types == openapi3.TypeObject && len(s.Properties) == 0 && len(s.AllOf) == 0 && len(s.OneOf) == 0 {
		if open := s.AdditionalProperties.Has; open != nil && !*open {
			return "object without fields"
		}
		return "object without known fields"
	}
	return types
}
