package contract

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/tapkey-go/tapkey-go/internal/pathmatch"
)

// document is a contract after tighten.
type document struct {
	spec   *openapi3.T
	base   pathmatch.Template // the base path
	routes []route
}

// route is an operation and its path template.
type route struct {
	routers.Route
	path   pathmatch.Template
	method string // method of tapkey.API, empty if it has none
}

// loadDocument reads a contract and returns an error if it is not valid.
func loadDocument(data []byte) (*document, error) {
	spec, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("contract: the document cannot be read: %w", err)
	}
	if err := spec.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("contract: the document is not valid: %w", err)
	}
	if err := tighten(spec); err != nil {
		return nil, err
	}
	d := &document{spec: spec}
	if len(spec.Servers) > 0 {
		u, err := url.Parse(spec.Servers[0].URL)
		if err != nil {
			return nil, fmt.Errorf("contract: server: %w", err)
		}
		d.base = pathmatch.Parse(u.Path)
	}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			d.routes = append(d.routes, route{
				routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: operation},
				pathmatch.Parse(path),
				methodOf(operation.OperationID, method, path),
			})
		}
	}
	return d, nil
}

// tighten makes kin-openapi reject what a contract tolerates: objects may not have
// unknown fields, and extensible enumerations may not have unknown values.
//
// The parts of a composition stay open, because each would reject the fields of the
// others. An allOf with a single reference is not a composition: it makes the reference
// nullable, and the schema it refers to is closed.
func tighten(spec *openapi3.T) error {
	composed := make(map[*openapi3.Schema]bool)
	err := spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		if s := ref.Value; len(s.AllOf) > 1 || len(s.AllOf) == 1 && len(s.Properties) > 0 {
			for _, part := range s.AllOf {
				composed[part.Value] = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		s := ref.Value
		if values, ok := s.Extensions["x-extensible-enum"].([]any); ok {
			s.Enum = values
		}
		free := s.AdditionalProperties.Has != nil || s.AdditionalProperties.Schema != nil
		if s.Type.Is(openapi3.TypeObject) && len(s.Properties) > 0 && !free && len(s.AllOf) == 0 && !composed[s] {
			s.AdditionalProperties.Has = new(bool)
		}
		return nil
	})
}

// find returns the route of a request and its path values. covered reports whether the
// request is for the API; a token request is not.
//
// Paths are compared as Tapkey's server compares them: case and a trailing slash do not
// matter. Segments before the base path belong to a proxy.
func (d *document) find(req *http.Request) (found *route, values map[string]string, covered bool) {
	segments := pathmatch.Segments(req.URL)
	for len(segments) >= len(d.base) && !d.base.Match(segments[:len(d.base)]) {
		segments = segments[1:]
	}
	if len(segments) < len(d.base) {
		return nil, nil, false
	}
	segments = segments[len(d.base):]
	for i := range d.routes {
		r := &d.routes[i]
		if r.Method == req.Method && r.path.Match(segments) {
			return r, r.path.Values(segments), true
		}
	}
	return nil, nil, true
}
