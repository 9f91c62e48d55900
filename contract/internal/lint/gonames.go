package lint

import (
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// goNames finds what would get the same name in Go, where the generator numbers the
// second one or the code does not compile.
func goNames(d *document) {
	operations := make(map[string]string)
	for _, o := range d.operations() {
		d.collide(operations, o.id, o.node, "operations")
	}
	schemas := make(map[string]string)
	for name, schema := range d.schemas() {
		d.collide(schemas, name, schema, "schemas")
		members := make(map[string]string)
		for member, at := range schema.Get("properties").Members() {
			d.collide(members, member, at, "members of "+name)
		}
	}
	for _, o := range d.operations() {
		parameters := make(map[string]string)
		for _, ref := range o.parameters() {
			p := ref.Resolve()
			d.collide(parameters, p.Get("name").Text(), p, "parameters of "+o.String())
		}
	}
}

func (d *document) collide(seen map[string]string, name string, at yamltree.Node, what string) {
	if name == "" {
		return
	}
	folded := goName(name)
	if other, ok := seen[folded]; ok {
		d.report(at, "%s: %q and %q are the same name in Go", what, other, name)
		return
	}
	seen[folded] = name
}

// goName is what is left of a name in Go. Case is folded, since initialisms change it:
// ipId and ipID are both IPID.
func goName(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == '$' || r == '@' || r == ' ' {
			return -1
		}
		return r
	}, name))
}
