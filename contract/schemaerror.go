package contract

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tapkey-go/tapkey-go/contract/internal/scrub"
)

// place is a location in a body where a value disagrees with its schema.
type place struct {
	class   Class
	pointer string
	detail  string
}

// placesOf converts an error of kin-openapi. It does not use the text of the error, which
// can contain values from the data.
func placesOf(err error) []place {
	var places []place
	for _, e := range flatten(err) {
		path := e.JSONPointer()
		p := place{class: WrongType, pointer: pointerOf(path), detail: expectation(e)}
		switch e.SchemaField {
		case "properties":
			p.class = UnknownField
			p.pointer = pointerOf(append(path, quotedName(e.Reason)))
		case "required":
			p.class = MissingRequired
		case "enum":
			if _, isText := e.Value.(string); isText || !e.Schema.Type.Is(openapi3.TypeString) {
				p.class = UnknownEnumValue
			} else {
				p.detail = "want string"
			}
		}
		places = append(places, p)
	}
	return places
}

// flatten returns the innermost errors. Of a oneOf it returns the errors of the branches
// with the type of the value: for a single object, the array branch is irrelevant.
func flatten(err error) []*openapi3.SchemaError {
	var list []*openapi3.SchemaError
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, part := range e {
			list = append(list, flatten(part)...)
		}
	case *openapi3.SchemaError:
		var parts openapi3.MultiError
		if !errors.As(e.Origin, &parts) {
			return []*openapi3.SchemaError{e}
		}
		for _, part := range parts {
			found := flatten(part)
			if e.SchemaField == "oneOf" && slices.ContainsFunc(found, func(f *openapi3.SchemaError) bool {
				return f.SchemaField == "type" && slices.Equal(f.JSONPointer(), e.JSONPointer())
			}) {
				continue
			}
			list = append(list, found...)
		}
		if len(list) == 0 {
			return []*openapi3.SchemaError{e}
		}
	}
	return list
}

// expectation describes what the schema requires.
func expectation(e *openapi3.SchemaError) string {
	switch e.SchemaField {
	case "properties", "required", "enum":
		return ""
	case "type":
		if types := e.Schema.Type.Slice(); len(types) > 0 {
			return "want " + strings.Join(types, " or ")
		}
	case "nullable":
		return "must not be null"
	case "format":
		return "want format " + e.Schema.Format
	}
	return "violates " + e.SchemaField
}

// pointerOf returns a JSON pointer with * for indexes and for names that could be data.
func pointerOf(path []string) string {
	var b strings.Builder
	for _, key := range path {
		b.WriteString("/" + scrub.Name(key))
	}
	return b.String()
}

// quotedName returns name from the text: property "name" is unsupported.
func quotedName(reason string) string {
	_, rest, _ := strings.Cut(reason, " ")
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return "*"
	}
	name, err := strconv.Unquote(quoted)
	if err != nil {
		return "*"
	}
	return name
}
