package contract

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tapkey-go/tapkey-go/contract/internal/plain"
)

// place is where in a body a value disagrees with its schema, and how. It is a Finding
// in the making.
type place struct {
	class   Class
	pointer string
	detail  string
}

// placesOf takes from an error of kin-openapi what may be told: class, pointer and what
// the schema wants. The error's own text can hold values.
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
			p.class = UnknownEnumValue
		}
		places = append(places, p)
	}
	return places
}

// flatten returns the errors that lie deepest. Of the branches of a oneOf only those
// count that are of the right type: a single object is not to be told that it is no
// array.
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

// expectation says what the schema wants, in the words of the contract.
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
	return "breaks " + e.SchemaField
}

// pointerOf folds indexes, and names that could be data, to *.
func pointerOf(path []string) string {
	var b strings.Builder
	for _, key := range path {
		if !plain.Name(key) {
			key = "*"
		}
		b.WriteString("/" + key)
	}
	return b.String()
}

// quotedName returns the name in: property "name" is unsupported.
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
