package main

import (
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
)

// successes returns the statuses of the responses that carry the value of an operation:
// those of 2xx, or default if it is the only one.
func (o operation) successes() []string {
	var list []string
	for status := range o.Responses.Map() {
		if strings.HasPrefix(status, "2") {
			list = append(list, status)
		}
	}
	if len(list) == 0 && o.Responses.Len() == 1 && o.Responses.Default() != nil {
		return []string{"default"}
	}
	return list
}

// copySuccesses copies shared successful responses to the operations, and the arrays that
// schemas name. The items of a list become a reference or a scalar.
func (c *contract) copySuccesses() {
	for _, o := range c.operations() {
		for _, status := range o.successes() {
			ref := o.Responses.Value(status)
			if ref.Value == nil {
				continue
			}
			if component, ok := strings.CutPrefix(ref.Ref, "#/components/responses/"); ok {
				for _, media := range ref.Value.Content {
					c.nameStructure(component, media.Schema)
				}
			} else if ref.Ref != "" {
				continue
			}
			response := *ref.Value
			response.Content = c.content(o, ref.Value.Content)
			if status == "default" {
				// It may be an error as well, or have no content.
				o.Responses.Set("default", &openapi3.ResponseRef{Value: &openapi3.Response{Description: response.Description}})
				o.Responses.Set("204", &openapi3.ResponseRef{Value: &openapi3.Response{Description: response.Description}})
				status = "2XX"
			}
			o.Responses.Set(status, &openapi3.ResponseRef{Value: &response})
		}
	}
}

// content returns the content of a successful response as the templates read it. A value
// of any type or of no schema is JSON.
func (c *contract) content(o operation, from openapi3.Content) openapi3.Content {
	content := openapi3.Content{}
	if o.method == http.MethodHead {
		return content
	}
	for _, mediaType := range sorted(from) {
		copied := *from[mediaType]
		copied.Schema = c.list(o.name()+" response", copied.Schema)
		if strings.HasPrefix(mediaType, "*/*") && copied.Schema != nil && len(from) == 1 {
			mediaType = "application/json"
		}
		if copied.Schema == nil && util.IsMediaTypeJson(mediaType) {
			copied.Schema = &openapi3.SchemaRef{Value: &openapi3.Schema{}}
		}
		content[mediaType] = &copied
	}
	return content
}

// list returns the array that a schema is or refers to, with items that have a name. It
// returns any other schema as it is.
func (c *contract) list(name string, ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	if ref == nil || ref.Value == nil {
		return ref
	}
	if only := ref.Value.AllOf; len(only) == 1 && only[0].Value != nil && !structured(ref.Value, "allOf") {
		if array := c.list(name, only[0]); array != only[0] || is(array.Value, "array") {
			return array
		}
	}
	if !is(ref.Value, "array") || ref.Value.Items == nil || ref.Value.Extensions["x-go-type"] != nil {
		return ref
	}
	if component, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		name = component
	}
	c.nameStructure(name+" item", ref.Value.Items)
	array := *ref.Value
	return &openapi3.SchemaRef{Value: &array}
}

// nameStructure gives a name to a schema that is not a scalar and has none.
func (c *contract) nameStructure(name string, ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || ref.Ref != "" || !structured(ref.Value, "") {
		return
	}
	c.addSchema(name, ref)
}

// structured reports whether a schema has fields, parts or a closed set of values, which
// need a type. The keyword except is not considered.
func structured(s *openapi3.Schema, except string) bool {
	return len(s.Properties) > 0 || s.AdditionalProperties.Has != nil || s.AdditionalProperties.Schema != nil ||
		len(s.Enum) > 0 || s.Const != nil || len(s.OneOf) > 0 || len(s.AnyOf) > 0 || except != "allOf" && len(s.AllOf) > 0
}

func is(s *openapi3.Schema, name string) bool {
	return s.Type != nil && s.Type.Includes(name)
}

// dropErrors removes the content of shared responses that no operation refers to as a
// success.
func (c *contract) dropErrors() {
	for _, response := range c.spec.Components.Responses {
		if response.Value != nil {
			response.Value.Content = nil
		}
	}
}
