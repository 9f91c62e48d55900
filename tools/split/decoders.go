package main

import "go/ast"

// withoutUnusedDecoders returns the declarations without the functions of the template that
// decode values and that no call uses: those of types that are only sent.
func withoutUnusedDecoders(decls []ast.Decl) []ast.Decl {
	decoders := map[string]*ast.FuncDecl{}
	for _, decl := range decls {
		if f := decoder(decl); f != nil {
			decoders[f.Name.Name] = f
		}
	}
	used := map[*ast.FuncDecl]bool{}
	var visit func(ast.Node)
	visit = func(node ast.Node) {
		ast.Inspect(node, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				if f := decoders[name.Name]; f != nil && !used[f] {
					used[f] = true
					visit(f.Body)
				}
			}
			return true
		})
	}
	for _, decl := range decls {
		if decoder(decl) == nil {
			visit(decl)
		}
	}
	var kept []ast.Decl
	for _, decl := range decls {
		if f := decoder(decl); f == nil || used[f] {
			kept = append(kept, decl)
		}
	}
	return kept
}

// decoder returns the declaration of a function that has a Scanner of package engine as its
// first parameter, or nil.
func decoder(decl ast.Decl) *ast.FuncDecl {
	f, ok := decl.(*ast.FuncDecl)
	if !ok || f.Recv != nil || len(f.Type.Params.List) == 0 {
		return nil
	}
	pointer, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return nil
	}
	of, ok := pointer.X.(*ast.SelectorExpr)
	if !ok || of.Sel.Name != "Scanner" {
		return nil
	}
	if pkg, ok := of.X.(*ast.Ident); !ok || pkg.Name != "engine" {
		return nil
	}
	return f
}
