package breaking

import (
	"maps"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/flatten/allof"
	"github.com/oasdiff/oasdiff/flatten/commonparams"
	"github.com/oasdiff/oasdiff/flatten/headers"
	"github.com/oasdiff/oasdiff/load"
)

// normalize rewrites two documents, so that what can be written in several ways is written
// in one, and oasdiff reports only what a program notices.
func normalize(before, after *openapi3.T) {
	for _, spec := range []*openapi3.T{before, after} {
		if spec.Components == nil {
			spec.Components = &openapi3.Components{}
		}
		commonparams.Move(spec)
		headers.Lowercase(spec)
		inheritSecurity(spec)
		withoutStability(spec)
		// The callback returns no error.
		_ = spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
			unwrap(ref.Value)
			oneOf(ref.Value)
			return nil
		})
	}
	renameSchemes(before, after)
}

// mergeAllOf replaces compositions in both documents by their result, if that is possible
// for both.
func mergeAllOf(before, after *load.SpecInfo) {
	if !composed(before.Spec) && !composed(after.Spec) {
		return
	}
	merged := make([]*openapi3.T, 0, 2)
	for _, info := range []*load.SpecInfo{before, after} {
		data, err := info.Spec.MarshalJSON()
		if err != nil {
			return
		}
		spec, err := openapi3.NewLoader().LoadFromData(data)
		if err != nil {
			return
		}
		if spec, err = allof.MergeSpec(spec); err != nil {
			return
		}
		merged = append(merged, spec)
	}
	before.Spec, after.Spec = merged[0], merged[1]
}

// composed reports whether a document has compositions.
func composed(spec *openapi3.T) (found bool) {
	_ = spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		found = found || len(ref.Value.AllOf) > 0
		return nil
	})
	return found
}

// inheritSecurity moves the security of the document into the operations that have none.
func inheritSecurity(spec *openapi3.T) {
	security := spec.Security
	spec.Security = nil
	for _, item := range spec.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.Security == nil && len(security) > 0 {
				operation.Security = &security
			}
		}
	}
}

// withoutStability removes extensions for which oasdiff reports fewer changes.
func withoutStability(spec *openapi3.T) {
	for _, item := range spec.Paths.Map() {
		for _, operation := range item.Operations() {
			removeStability(operation.Extensions)
			for _, parameter := range operation.Parameters {
				removeStability(parameter.Value.Extensions)
			}
		}
	}
	_ = spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		removeStability(ref.Value.Extensions)
		return nil
	})
}

func removeStability(extensions map[string]any) {
	delete(extensions, "x-stability-level")
	delete(extensions, "x-sunset")
}

// unwrap replaces an allOf with one part, which only describes the part, or allows or forbids
// null, by the part. A wrapper with a type is nullable if it says so. OpenAPI 3.0.3 requires
// that of its part as well, but older documents rely on the wrapper alone.
func unwrap(s *openapi3.Schema) {
	if len(s.AllOf) != 1 || contains(s.AllOf[0], s) {
		return
	}
	part := s.AllOf[0].Value
	unwrap(part)
	// What is left of a wrapper without what wrappers have.
	rest := *s
	rest.AllOf, rest.Nullable, rest.ReadOnly, rest.WriteOnly, rest.Deprecated = nil, false, false, false, false
	rest.Title, rest.Description, rest.Example, rest.Extensions, rest.Origin = "", "", nil, nil, nil
	if rest.Type != nil && slices.Equal(rest.Type.Slice(), part.Type.Slice()) {
		rest.Type = nil
	}
	if !reflect.DeepEqual(rest, openapi3.Schema{}) {
		return
	}
	whole := *part
	whole.Nullable = s.Nullable || s.Type == nil && part.Nullable
	whole.ReadOnly, whole.WriteOnly = s.ReadOnly || part.ReadOnly, s.WriteOnly || part.WriteOnly
	whole.Deprecated = s.Deprecated || part.Deprecated
	if s.Description != "" {
		whole.Description = s.Description
	}
	if len(s.Extensions) > 0 {
		whole.Extensions = maps.Clone(s.Extensions)
		maps.Copy(whole.Extensions, part.Extensions)
	}
	*s = whole
}

// contains reports whether a schema is part of another one, which then has no end if it is
// written out.
func contains(whole *openapi3.SchemaRef, part *openapi3.Schema) (found bool) {
	_ = whole.WalkSubtree(func(_ string, ref *openapi3.SchemaRef) error {
		found = found || ref.Value == part
		return nil
	})
	return found
}

// oneOf replaces anyOf, from which the same code is generated.
func oneOf(s *openapi3.Schema) {
	if len(s.OneOf) == 0 {
		s.OneOf, s.AnyOf = s.AnyOf, nil
	}
}

// renameSchemes renames the security schemes that have another name in after, so that only
// what else differs is reported. Programs do not use the name.
func renameSchemes(before, after *openapi3.T) {
	was, is := before.Components.SecuritySchemes, after.Components.SecuritySchemes
	for _, old := range slices.Sorted(maps.Keys(was)) {
		if is[old] != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(is)) {
			if was[name] == nil && sameScheme(was[old].Value, is[name].Value) {
				is[old] = is[name]
				delete(is, name)
				renameScheme(after, name, old)
				break
			}
		}
	}
}

// sameScheme reports whether two security schemes are for the same credentials.
func sameScheme(a, b *openapi3.SecurityScheme) bool {
	return a.Type == b.Type && a.Scheme == b.Scheme && a.In == b.In && a.Name == b.Name &&
		reflect.DeepEqual(grantTypes(a), grantTypes(b))
}

func renameScheme(spec *openapi3.T, from, to string) {
	for _, item := range spec.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.Security == nil {
				continue
			}
			for _, requirement := range *operation.Security {
				if scopes, ok := requirement[from]; ok {
					requirement[to] = scopes
					delete(requirement, from)
				}
			}
		}
	}
}
