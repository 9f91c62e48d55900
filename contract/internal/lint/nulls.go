package lint

import (
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// nullForbidden reports schemas that say nullable: true but do not allow null. By OpenAPI
// 3.0.3, nullable adds null to the type next to it. It has no effect on any other keyword,
// so each of them must allow null, too. kin-openapi does not check that.
func nullForbidden(d *document) {
	d.walkOutsideExamples(d.root, func(n yamltree.Node) {
		at := n.Get("nullable")
		if !isTrue(at) || n.Get("$ref").Tag() == "!!str" {
			return
		}
		if !n.Get("type").Ok() {
			d.report(at, "nullable has no effect without a type next to it")
			return
		}
		if reason := forbidsNull(n, nil); reason != "" {
			d.report(at, "the schema is nullable, but %s", reason)
		}
	})
}

// nullable reports whether a schema, or one that it refers to, allows null.
func nullable(schema yamltree.Node) bool { return forbidsNull(schema, nil) == "" }

// forbidsNull returns why a schema does not allow null, or "" if it does. The references in
// seen are those that lead to the schema.
func forbidsNull(schema yamltree.Node, seen []string) string {
	schema, seen, ok := follow(schema, seen)
	if !ok {
		return "" // other rules report the reference
	}
	if schema.Get("type").Ok() && !isTrue(schema.Get("nullable")) {
		return "its type " + schema.Get("type").Text() + " is not nullable"
	}
	if values := schema.Get("enum"); values.Ok() && !hasNull(values) {
		return "its enum has no null"
	}
	for part := range schema.Get("allOf").Items() {
		if reason := forbidsNull(part, seen); reason != "" {
			return "a part of its allOf" + named(part) + " forbids null: " + reason
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		parts, allow := 0, 0
		for part := range schema.Get(keyword).Items() {
			parts++
			if forbidsNull(part, seen) == "" {
				allow++
			}
		}
		switch {
		case parts > 0 && allow == 0:
			return "no part of its " + keyword + " allows null"
		case keyword == "oneOf" && allow > 1:
			return "several parts of its oneOf allow null, so that none is the only one"
		}
	}
	if not := schema.Get("not"); not.Ok() && forbidsNull(not, seen) == "" {
		return "its not includes null"
	}
	return ""
}

// follow returns the schema that a node refers to. It returns false if there is none, or if
// the references lead back to one in seen.
func follow(schema yamltree.Node, seen []string) (yamltree.Node, []string, bool) {
	for schema.Ok() {
		target, ref := schema.Ref()
		if ref == "" {
			return schema, seen, true
		}
		if slices.Contains(seen, ref) {
			return schema, seen, false
		}
		schema, seen = target, append(slices.Clip(seen), ref)
	}
	return schema, seen, false
}

func isTrue(n yamltree.Node) bool { return n.Tag() == "!!bool" && strings.EqualFold(n.Text(), "true") }

func hasNull(values yamltree.Node) bool {
	for value := range values.Items() {
		if value.Tag() == "!!null" {
			return true
		}
	}
	return false
}

// named returns the name of the schema that a node refers to, after a comma.
func named(schema yamltree.Node) string {
	if _, ref := schema.Ref(); ref != "" {
		return ", " + ref[strings.LastIndex(ref, "/")+1:] + ","
	}
	return ""
}

// nullableRepeats reports schemas whose name is Nullable and that of another schema, but
// which do not repeat it: the generated code has one type for both.
func nullableRepeats(d *document) {
	for name, schema := range d.schemas() {
		original, ok := d.original(name)
		if !ok {
			continue
		}
		if !isTrue(schema.Get("nullable")) || nullable(original) {
			d.report(schema, "%s is not the nullable one of two schemas", name)
		}
		d.compare(name, schema, original, "nullable", "title", "description", "example", "externalDocs", "properties")
		d.compare(name+": the field", schema.Get("properties"), original.Get("properties"))
	}
}

// original returns the schema that a schema repeats by its name.
func (d *document) original(name string) (yamltree.Node, bool) {
	rest, ok := strings.CutPrefix(name, "Nullable")
	original := d.root.Get("components", "schemas", rest)
	return original, ok && original.Ok()
}

// compare reports what differs in two mappings, except for some keys.
func (d *document) compare(what string, node, original yamltree.Node, except ...string) {
	for key, value := range node.Fields() {
		if !slices.Contains(except, key) && !value.Equal(original.Get(key)) {
			d.report(value, "%s %s differs from the schema that it repeats", what, key)
		}
	}
	for key := range original.Fields() {
		if !slices.Contains(except, key) && !node.Get(key).Ok() {
			d.report(node, "%s %s of the schema that it repeats is missing", what, key)
		}
	}
}
