package goapi

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// typ returns a type as source text. Identical types have the same text, and different
// types have different texts unless they are opaque.
func (r *renderer) typ(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.Uint8 {
			return "byte"
		}
		return types.Typ[t.Kind()].Name() // int32 for rune
	case *types.Named:
		return r.named(t)
	case *types.TypeParam:
		return fmt.Sprintf("$%d", t.Index())
	case *types.Pointer:
		return "*" + r.typ(t.Elem())
	case *types.Slice:
		return "[]" + r.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), r.typ(t.Elem()))
	case *types.Map:
		return "map[" + r.typ(t.Key()) + "]" + r.typ(t.Elem())
	case *types.Chan:
		return r.channel(t)
	case *types.Signature:
		return "func" + r.signature(t)
	case *types.Struct:
		return r.structType(t)
	case *types.Interface:
		return r.interfaceType(t)
	case *types.Union:
		return r.union(t)
	}
	panic(fmt.Sprintf("goapi: unknown type %T", t))
}

func (r *renderer) named(t *types.Named) string {
	o := t.Obj()
	if r.isHidden(o) {
		if isOpaque(t.Origin()) {
			return "opaque"
		}
		r.addHidden(t.Origin().Obj())
	}
	text := o.Name()
	if o.Pkg() != nil && o.Pkg() != r.at {
		text = r.path(o.Pkg()) + "." + text
	}
	if args := t.TypeArgs(); args.Len() > 0 {
		list := make([]string, args.Len())
		for i := range list {
			list[i] = r.typ(args.At(i))
		}
		text += "[" + strings.Join(list, ", ") + "]"
	}
	return text
}

func (r *renderer) channel(t *types.Chan) string {
	elem := r.typ(t.Elem())
	switch {
	case t.Dir() == types.SendOnly:
		return "chan<- " + elem
	case t.Dir() == types.RecvOnly:
		return "<-chan " + elem
	case strings.HasPrefix(elem, "<-"):
		return "chan (" + elem + ")"
	}
	return "chan " + elem
}

// signature returns the type parameters, parameters and results of a function, without
// their names.
func (r *renderer) signature(s *types.Signature) string {
	params := r.tuple(s.Params())
	if s.Variadic() {
		last := len(params) - 1
		params[last] = "..." + strings.TrimPrefix(params[last], "[]")
	}
	text := r.typeParams(s.TypeParams()) + "(" + strings.Join(params, ", ") + ")"
	switch results := r.tuple(s.Results()); len(results) {
	case 0:
		return text
	case 1:
		return text + " " + results[0]
	default:
		return text + " (" + strings.Join(results, ", ") + ")"
	}
}

func (r *renderer) tuple(t *types.Tuple) []string {
	list := make([]string, t.Len())
	for i := range list {
		list[i] = r.typ(t.At(i).Type())
	}
	return list
}

// typeParams returns a list of type parameters, which are named by their position.
func (r *renderer) typeParams(params *types.TypeParamList) string {
	if params.Len() == 0 {
		return ""
	}
	list := make([]string, params.Len())
	for i := range list {
		p := params.At(i)
		list[i] = r.typ(p) + " " + r.typ(p.Constraint())
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func (r *renderer) structType(t *types.Struct) string {
	if t.NumFields() == 0 {
		return "struct{}"
	}
	var list []string
	for field := range t.Fields() {
		text := r.typ(field.Type())
		if !field.Embedded() {
			text = field.Name() + " " + text
		}
		list = append(list, text)
	}
	return "struct{ " + strings.Join(list, "; ") + " }"
}

func (r *renderer) interfaceType(t *types.Interface) string {
	if t.Empty() {
		return "any"
	}
	var list []string
	for method := range t.Methods() {
		list = append(list, method.Name()+r.signature(method.Signature()))
	}
	for embedded := range t.EmbeddedTypes() {
		if i, ok := embedded.Underlying().(*types.Interface); !ok || !i.IsMethodSet() {
			list = append(list, r.typ(embedded))
		}
	}
	if t.IsImplicit() && len(list) == 1 {
		return list[0]
	}
	slices.Sort(list)
	return "interface{ " + strings.Join(list, "; ") + " }"
}

func (r *renderer) union(t *types.Union) string {
	var list []string
	for term := range t.Terms() {
		text := r.typ(term.Type())
		if term.Tilde() {
			text = "~" + text
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return strings.Join(list, " | ")
}

const experiment = "github.com/go-json-experiment/json"

// path returns the import path of a package: within the root module relative to it, and
// for go-json-experiment that of the standard library's package of the same name.
func (r *renderer) path(p *types.Package) string {
	path := p.Path()
	if rest, ok := strings.CutPrefix(path, Module+"/"); ok {
		return rest
	}
	switch {
	case path == Module:
		return p.Name()
	case path == experiment:
		return "encoding/json/v2"
	case strings.HasPrefix(path, experiment+"/"):
		return "encoding/json" + strings.TrimPrefix(path, experiment)
	}
	return path
}
