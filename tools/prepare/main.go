// Prepare reads a contract and writes what oapi-codegen is run on. It applies an overlay,
// and rewrites what the templates and oapi-codegen cannot read as it stands and an overlay
// cannot express, because it depends on references:
//
//   - A successful response in components is copied to the operations that refer to it,
//     and so is the array that a schema names, so that the operation is a list. Shared
//     responses that only failed calls receive lose their content: package engine decodes
//     the body of any error.
//   - Schemas of request bodies get x-direction: request, so that an unset field is not
//     sent. A received object without known fields gets the type api.Object.
//   - A schema that repeats another one and allows null becomes a nullable reference to it.
//   - Parts of a union and items of a list get names.
//   - Names that the generated code uses itself are changed.
//   - Known values get the names of their constants.
//   - Operations whose paths need no escapes but those of values are marked, and so are those
//     whose bodies have fields that may be null.
//   - Extensions that the templates could not use are removed, with a warning.
//
// It does not depend on any particular contract.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("prepare: ")
	overlay := flag.String("overlay", "", "overlay to apply first")
	reserved := flag.String("reserved", "../contract/internal/reserved/names.txt", "list of reserved names")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if flag.NArg() != 1 || *out == "" {
		log.Fatal("usage: prepare [-overlay FILE] [-reserved FILE] -o FILE DOCUMENT")
	}
	if err := run(flag.Arg(0), *overlay, *reserved, *out); err != nil {
		log.Fatal(err)
	}
}

func run(document, overlay, reserved, out string) error {
	names, err := os.ReadFile(reserved)
	if err != nil {
		return err
	}
	spec, err := util.LoadSwaggerWithOverlay(document, util.LoadSwaggerWithOverlayOpts{
		Path: overlay, Strict: true, AllowRemoteRefsFrom: []string{},
	})
	if err != nil {
		return err
	}
	if spec, err = joinNullable(spec); err != nil {
		return err
	}
	c := newContract(spec, string(names))
	c.prepare()
	for _, warning := range c.warnings {
		log.Print("warning: ", warning)
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}

// contract is a document that is being prepared.
type contract struct {
	spec     *openapi3.T
	reserved map[string]map[string]bool // kind to folded names
	taken    map[string]bool            // folded names of schemas
	warnings []string
}

func newContract(spec *openapi3.T, names string) *contract {
	c := &contract{spec: spec, reserved: map[string]map[string]bool{}, taken: map[string]bool{}}
	for line := range strings.Lines(names) {
		kind, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || kind == "#" {
			continue
		}
		if c.reserved[kind] == nil {
			c.reserved[kind] = map[string]bool{}
		}
		c.reserved[kind][fold(name)] = true
	}
	if spec.Components == nil {
		spec.Components = &openapi3.Components{}
	}
	if spec.Components.Schemas == nil {
		spec.Components.Schemas = openapi3.Schemas{}
	}
	components := spec.Components
	for name := range components.Schemas {
		c.taken[fold(name)] = true
	}
	for name := range components.Parameters {
		c.taken[fold(name)] = true
	}
	for name := range components.Responses {
		c.taken[fold(name)] = true
	}
	for name := range components.RequestBodies {
		c.taken[fold(name)] = true
	}
	for name := range components.Headers {
		c.taken[fold(name)] = true
	}
	return c
}

func (c *contract) prepare() {
	c.checkExtensions()
	c.copySuccesses()
	c.dropErrors()
	c.nameUnions()
	c.markRequests()
	c.markFree()
	c.markNullFields()
	c.nameKnownValues()
	c.rename()
	c.markPaths()
}

func (c *contract) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// operation is an operation of the contract.
type operation struct {
	*openapi3.Operation
	path, method string
	item         *openapi3.PathItem
}

// name returns the operationId, or the method and path.
func (o operation) name() string {
	if o.OperationID != "" {
		return o.OperationID
	}
	return strings.ToLower(o.method) + " " + o.path
}

// operations returns the operations, ordered by path and method.
func (c *contract) operations() []operation {
	var list []operation
	for _, path := range slices.Sorted(maps.Keys(c.spec.Paths.Map())) {
		item := c.spec.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			list = append(list, operation{operations[method], path, method, item})
		}
	}
	return list
}

// parameters returns the parameters of an operation, including those of its path.
func (o operation) parameters() []*openapi3.ParameterRef {
	return slices.Concat(o.item.Parameters, o.Parameters)
}

// schemas returns the names of the schemas, in order.
func (c *contract) schemas() []string {
	return slices.Sorted(maps.Keys(c.spec.Components.Schemas))
}

// addSchema adds a named schema and makes at a reference to it.
func (c *contract) addSchema(name string, at *openapi3.SchemaRef) {
	unique := goWords(name)
	for i := 2; c.taken[fold(unique)] || c.reserved["type"][fold(unique)]; i++ {
		unique = fmt.Sprint(goWords(name), "Variant", i)
	}
	c.taken[fold(unique)] = true
	c.spec.Components.Schemas[unique] = &openapi3.SchemaRef{Value: at.Value, Extensions: at.Extensions}
	at.Ref, at.Extensions = "#/components/schemas/"+unique, nil
}

// goWords returns the words of a name in camel case.
func goWords(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range words {
		runes := []rune(word)
		runes[0] = unicode.ToUpper(runes[0])
		words[i] = string(runes)
	}
	return strings.Join(words, "")
}

// fold returns a key that is equal for names that become equal in Go. The generator drops
// all but letters and digits and changes the case.
func fold(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}, name))
}

func set(extensions *map[string]any, key string, value any) {
	if *extensions == nil {
		*extensions = map[string]any{}
	}
	(*extensions)[key] = value
}
