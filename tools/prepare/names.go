package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// rename changes the names that the generated code uses itself. The names on the wire and
// the id in the table of operations remain.
func (c *contract) rename() {
	for _, name := range c.schemas() {
		if ref := c.spec.Components.Schemas[name]; ref.Ref == "" && c.reserved["type"][fold(name)] && ref.Value.Extensions["x-go-name"] == nil {
			set(&ref.Value.Extensions, "x-go-name", goWords(name)+"Schema")
		}
	}
	for _, o := range c.operations() {
		if c.reserved["method"][fold(o.OperationID)] {
			set(&o.Extensions, "x-operation-id", o.OperationID)
			o.OperationID += "Operation"
		}
		for _, p := range o.parameters() {
			if p.Value != nil && p.Value.In == "path" && c.reserved["argument"][fold(p.Value.Name)] && p.Value.Extensions["x-go-name"] == nil {
				set(&p.Value.Extensions, "x-go-name", p.Value.Name+"Value")
			}
		}
	}
}

// constant is a known value of an open enum.
type constant struct {
	Name  string `json:"name"`  // without the name of the type, which it follows
	Value string `json:"value"` // a literal of Go
}

// nameKnownValues puts the names of the constants next to the known values.
func (c *contract) nameKnownValues() {
	for _, name := range c.schemas() {
		s := c.spec.Components.Schemas[name].Value
		values, ok := s.Extensions["x-extensible-enum"].([]any)
		if !ok {
			continue
		}
		var constants []constant
		used := map[string]bool{}
		for i, value := range values {
			literal := fmt.Sprint(value)
			if text, ok := value.(string); ok {
				literal = strconv.Quote(text)
			}
			word := constantName(fmt.Sprint(value), i)
			for n := i + 1; used[word] || c.taken[fold(name+word)] || c.reserved["type"][fold(name+word)]; n++ {
				word = fmt.Sprint(constantName(fmt.Sprint(value), i), "Value", n)
			}
			used[word] = true
			constants = append(constants, constant{word, literal})
		}
		set(&s.Extensions, "x-known-values", constants)
	}
}

// constantName returns the name of the constant for the value with an index. A value
// without letters that Go can begin a name with, or without letters at all, is numbered.
func constantName(value string, index int) string {
	name := codegen.ToCamelCase(value)
	if value == "" {
		return "Empty"
	}
	if first := strings.TrimFunc(name, unicode.IsDigit); name == "" || first == "" && strings.ContainsFunc(value, unicode.IsPunct) {
		return fmt.Sprint("Value", index+1)
	}
	return name
}

// checkExtensions removes extensions that the templates cannot use.
func (c *contract) checkExtensions() {
	for _, o := range c.operations() {
		if _, ok := o.Extensions["x-idempotent"].(bool); !ok {
			c.remove(o.Extensions, "x-idempotent", "%s: x-idempotent is not a boolean", o.name())
		}
		switch paging, ok := o.Extensions["x-paging"]; {
		case !ok:
		case paging != "offset":
			c.remove(o.Extensions, "x-paging", "%s: x-paging is not offset", o.name())
		case !o.pageable():
			c.remove(o.Extensions, "x-paging", "%s: x-paging needs the optional integer parameters $top and $skip", o.name())
		}
	}
	for _, name := range c.schemas() {
		s := c.spec.Components.Schemas[name].Value
		values, ok := s.Extensions["x-extensible-enum"].([]any)
		if !ok || !isOne(s, "string", "integer", "number") || !all(values, s) || len(s.Enum) > 0 {
			c.remove(s.Extensions, "x-extensible-enum", "%s: x-extensible-enum is not a list of values of its type", name)
		}
	}
}

func (c *contract) remove(extensions map[string]any, key, format string, args ...any) {
	if _, ok := extensions[key]; ok {
		c.warn(format+"; it is ignored", args...)
		delete(extensions, key)
	}
}

func isOne(s *openapi3.Schema, types ...string) bool {
	for _, name := range types {
		if s.Type.Is(name) {
			return true
		}
	}
	return false
}

// mapped are the formats of strings that have a type in Go that has no constants.
var mapped = []string{"binary", "byte", "date", "date-time", "json", "uuid"}

// all reports whether all values can be constants of the type of a schema.
func all(values []any, s *openapi3.Schema) bool {
	for _, value := range values {
		switch value.(type) {
		case string:
			if !s.Type.Is("string") || slices.Contains(mapped, s.Format) {
				return false
			}
		case float64, int, int64, uint64:
			if s.Type.Is("string") {
				return false
			}
		default:
			return false
		}
	}
	return len(values) > 0
}

// pageable reports whether an operation has the parameters of a list that is read page by
// page.
func (o operation) pageable() bool {
	found := 0
	for _, p := range o.parameters() {
		if p.Value == nil || p.Value.In != "query" || p.Value.Required || p.Value.Schema == nil || p.Value.Schema.Ref != "" {
			continue
		}
		s := p.Value.Schema.Value
		if name := fold(p.Value.Name); (name == "top" || name == "skip") && s.Type.Is("integer") && (s.Format == "" || s.Format == "int") {
			found++
		}
	}
	return found == 2
}
