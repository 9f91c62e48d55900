package goapi

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// renderer collects the lines of packages.
type renderer struct {
	public map[string]bool          // import paths of the packages that are rendered
	lines  map[string]bool          // the result, each with its line end
	hidden map[*types.TypeName]bool // rendered types that cannot be named elsewhere
	at     *types.Package           // the package that is rendered now
}

func newRenderer() *renderer {
	return &renderer{public: make(map[string]bool), lines: make(map[string]bool), hidden: make(map[*types.TypeName]bool)}
}

func (r *renderer) text() string {
	return strings.Join(slices.Sorted(maps.Keys(r.lines)), "")
}

func (r *renderer) add(format string, args ...any) {
	r.lines["pkg "+r.path(r.at)+", "+fmt.Sprintf(format, args...)+"\n"] = true
}

// pkg adds the exported features of a package.
func (r *renderer) pkg(p *types.Package) {
	r.at = p
	scope := p.Scope()
	for _, name := range scope.Names() {
		if !token.IsExported(name) {
			continue
		}
		switch o := scope.Lookup(name).(type) {
		case *types.Const:
			r.add("const %s %s = %s", name, r.typ(o.Type()), o.Val().ExactString())
		case *types.Var:
			r.add("var %s %s", name, r.typ(o.Type()))
		case *types.Func:
			r.add("func %s%s", name, r.signature(o.Signature()))
		case *types.TypeName:
			r.typeName(o)
		}
	}
}

// isHidden reports whether a type belongs to the released modules and cannot be named by
// others.
func (r *renderer) isHidden(o *types.TypeName) bool {
	if o.Pkg() == nil || isForeign(o) {
		return false
	}
	return !o.Exported() || !r.public[o.Pkg().Path()]
}

// isForeign reports whether an object belongs to another module.
func isForeign(o types.Object) bool { return o.Pkg() != nil && !isOurs(o.Pkg().Path()) }

// addHidden adds the features of a hidden type that another feature refers to.
func (r *renderer) addHidden(o *types.TypeName) {
	if r.hidden[o] {
		return
	}
	r.hidden[o] = true
	at := r.at
	r.at = o.Pkg()
	r.typeName(o)
	r.at = at
}

// isOpaque reports whether a type is a struct without exported fields and methods.
func isOpaque(t *types.Named) bool {
	if _, ok := t.Underlying().(*types.Struct); !ok || len(fieldNames(t)) > 0 {
		return false
	}
	for method := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if method.Obj().Exported() {
			return false
		}
	}
	return true
}

// typeName adds the features of a type.
func (r *renderer) typeName(o *types.TypeName) {
	name := o.Name()
	if alias, ok := o.Type().(*types.Alias); ok {
		r.add("type %s%s = %s", name, r.typeParams(alias.TypeParams()), r.typ(alias.Rhs()))
		return
	}
	named, ok := o.Type().(*types.Named)
	if !ok {
		return
	}
	kind := name + r.typeParams(named.TypeParams())
	switch t := named.Underlying().(type) {
	case *types.Struct:
		r.add("type %s struct", kind)
		r.fields(named)
		if types.Comparable(named) {
			r.add("type %s struct, comparable", name)
		}
	case *types.Interface:
		r.add("type %s interface", kind)
		r.interfaceMethods(name, t)
		return
	default:
		r.add("type %s %s", kind, r.typ(t))
	}
	r.methods(named)
}

// fields adds the fields that can be selected in a struct.
func (r *renderer) fields(named *types.Named) {
	for _, name := range fieldNames(named) {
		o, index, _ := types.LookupFieldOrMethod(named, true, named.Obj().Pkg(), name)
		field, ok := o.(*types.Var)
		if !ok {
			continue // ambiguous, or hidden by a method
		}
		kind := ""
		switch {
		case len(index) == 1 && field.Embedded():
			r.add("type %s struct, embedded %s", named.Obj().Name(), r.typ(field.Type()))
			continue
		case len(index) > 1:
			kind = "promoted "
		}
		r.add("type %s struct, %s%s %s", named.Obj().Name(), kind, name, r.typ(field.Type()))
	}
}

// fieldNames returns the exported names of the fields of a struct and of the structs
// embedded in it, without those of other modules.
func fieldNames(t types.Type) []string {
	names := make(map[string]bool)
	seen := make(map[types.Type]bool)
	var visit func(types.Type)
	visit = func(t types.Type) {
		if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
			t = pointer.Elem()
		}
		if named, ok := types.Unalias(t).(*types.Named); ok && isForeign(named.Obj()) {
			return
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok || seen[t] {
			return
		}
		seen[t] = true
		for field := range s.Fields() {
			if field.Exported() {
				names[field.Name()] = true
			}
			if field.Embedded() {
				visit(field.Type())
			}
		}
	}
	visit(t)
	return slices.Sorted(maps.Keys(names))
}

// methods adds the method sets of T and *T. Promoted methods are included, except those
// of other modules, which the line of the embedded type implies.
func (r *renderer) methods(named *types.Named) {
	name := named.Obj().Name()
	if params := named.TypeParams(); params.Len() > 0 {
		args := make([]string, params.Len())
		for i := range args {
			args[i] = r.typ(params.At(i))
		}
		name += "[" + strings.Join(args, ", ") + "]"
	}
	values := types.NewMethodSet(named)
	for selection := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		method := selection.Obj()
		if !method.Exported() || isForeign(method) {
			continue
		}
		receiver := "*" + name
		if values.Lookup(method.Pkg(), method.Name()) != nil {
			receiver = name
		}
		r.add("method (%s) %s%s", receiver, method.Name(), r.signature(selection.Type().(*types.Signature)))
	}
}

// interfaceMethods adds the methods of an interface, embedded ones included, and what
// restricts its type set.
func (r *renderer) interfaceMethods(name string, t *types.Interface) {
	implementable := true
	for method := range t.Methods() {
		if method.Exported() {
			r.add("type %s interface, %s%s", name, method.Name(), r.signature(method.Signature()))
		} else {
			implementable = false
		}
	}
	if implementable {
		r.add("type %s interface, implementable", name)
	}
	for embedded := range t.EmbeddedTypes() {
		if i, ok := embedded.Underlying().(*types.Interface); !ok || !i.IsMethodSet() {
			r.add("type %s interface, embedded %s", name, r.typ(embedded))
		}
	}
}
