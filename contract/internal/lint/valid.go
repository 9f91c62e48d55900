package lint

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Valid is the id of the rule that the document is valid OpenAPI.
const Valid = "valid"

// valid validates the document, including its examples, with kin-openapi.
func valid(d *document) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	spec, err := loader.LoadFromData(d.data)
	if err == nil {
		err = spec.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableMultiError())
	}
	for _, e := range parts(err) {
		line, column := d.place(e)
		d.problems = append(d.problems, Problem{d.rule, line, column, firstLine(e)})
	}
}

func parts(err error) []error {
	if err == nil {
		return nil
	}
	if all, ok := err.(openapi3.MultiError); ok {
		return all
	}
	return []error{err}
}

// place returns the position of an error of kin-openapi: that of the innermost element it
// names, or of the component or path.
func (d *document) place(err error) (line, column int) {
	line, column = 1, 1
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) {
		case *openapi3.ComponentValidationError:
			if at := d.root.Get("components", e.Section+"s", e.Name); at.Ok() {
				line, column = at.Line(), at.Column()
			}
		case *openapi3.PathValidationError:
			if at := d.root.Get("paths", e.Path); at.Ok() {
				line, column = at.Line(), at.Column()
			}
		}
		v := reflect.ValueOf(e)
		if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
			if f := v.Elem().FieldByName("Origin"); f.IsValid() {
				if origin, ok := f.Interface().(*openapi3.Origin); ok && origin != nil && origin.Key != nil {
					line, column = origin.Key.Line, origin.Key.Column
				}
			}
		}
	}
	if line == 1 {
		if n, _ := yamlError(err); n > 1 {
			line = n
		}
	}
	return line, column
}

var lineNumber = regexp.MustCompile(`line (\d+)`)

// yamlError returns the line and the text of a YAML error. Only the text has the line.
func yamlError(err error) (line int, message string) {
	line, message = 1, firstLine(err)
	if m := lineNumber.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	return line, message
}

func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\nSchema:")
	return strings.Join(strings.Fields(text), " ")
}
