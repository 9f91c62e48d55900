package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const schemaPath = "#/components/schemas/"

// joinNullable removes each schema that repeats another one and only allows null in
// addition. In Go both are one type. A reference to it becomes a nullable reference to the
// other one.
func joinNullable(spec *openapi3.T) (*openapi3.T, error) {
	data, err := spec.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	components, _ := tree["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	j := joiner{schemas: schemas, strict: strictNames(schemas)}
	if len(j.strict) == 0 {
		return spec, nil
	}
	joined := j.redirect(tree)
	for nullable := range j.strict {
		delete(schemas, nullable)
	}
	if data, err = json.Marshal(joined); err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(data)
}

// strictNames returns the names of the schemas that do not allow null, by the names of those
// that repeat them and do, and whose names contain theirs.
func strictNames(schemas map[string]any) map[string]string {
	names := map[string]string{}
	for nullable, of := range schemas {
		schema, _ := of.(map[string]any)
		if schema["nullable"] != true || schema["properties"] == nil && schema["enum"] == nil && schema["x-extensible-enum"] == nil {
			continue
		}
		var found []string
		for name, of := range schemas {
			other, _ := of.(map[string]any)
			if other["nullable"] != true && strings.Contains(fold(nullable), fold(name)) && reflect.DeepEqual(shape(schema), shape(other)) {
				found = append(found, name)
			}
		}
		if len(found) == 1 {
			names[nullable] = found[0]
		}
	}
	return names
}

// shape returns a schema without nullable, and without what is only for readers.
func shape(schema map[string]any) map[string]any {
	schema = maps.Clone(schema)
	for _, key := range []string{"nullable", "title", "description", "example", "externalDocs"} {
		delete(schema, key)
	}
	return schema
}

// joiner has the schemas of a document, and the names of those that remain by the names of
// those that are removed.
type joiner struct {
	schemas map[string]any
	strict  map[string]string
}

// redirect replaces the references to removed schemas.
func (j joiner) redirect(tree any) any {
	switch node := tree.(type) {
	case []any:
		for i := range node {
			node[i] = j.redirect(node[i])
		}
	case map[string]any:
		if nullable, name := j.target(node["$ref"]); name != "" {
			return map[string]any{"type": j.typeOf(nullable), "nullable": true, "allOf": []any{map[string]any{"$ref": schemaPath + name}}}
		}
		if parts, ok := node["allOf"].([]any); ok && len(parts) == 1 {
			part, _ := parts[0].(map[string]any)
			if nullable, name := j.target(part["$ref"]); name != "" {
				part["$ref"] = schemaPath + name
				if node["type"] == nil {
					node["type"], node["nullable"] = j.typeOf(nullable), true
				}
			}
		}
		for key := range node {
			node[key] = j.redirect(node[key])
		}
		if mapping, ok := node["mapping"].(map[string]any); ok {
			for value, ref := range mapping {
				if _, name := j.target(ref); name != "" {
					mapping[value] = schemaPath + name
				}
			}
		}
	}
	return tree
}

// target returns the name of the removed schema that a reference has, and that of the schema
// that remains.
func (j joiner) target(ref any) (nullable, name string) {
	text, _ := ref.(string)
	nullable = strings.TrimPrefix(text, schemaPath)
	return nullable, j.strict[nullable]
}

func (j joiner) typeOf(name string) any {
	schema, _ := j.schemas[name].(map[string]any)
	return schema["type"]
}
