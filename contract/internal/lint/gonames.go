package lint

import (
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// goNames reports names that become equal in Go. The generator would number one of them,
// or generate code that does not compile.
func goNames(d *document) {
	operations := make(map[string]string)
	for _, o := range d.operations() {
		d.collide(operations, o.id, o.node, "operations")
	}
	schemas := make(map[string]string)
	for name, schema := range d.schemas() {
		d.collide(schemas, name, schema, "schemas")
		fields := make(map[string]string)
		for field, at := range schema.Get("properties").Fields() {
			d.collide(fields, field, at, "fields of "+name)
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

// collide reports a name that becomes equal in Go to one seen before.
func (d *document) collide(seen map[string]string, name string, at yamltree.Node, what string) {
	if name == "" {
		return
	}
	folded := goName(name)
	if other, ok := seen[folded]; ok {
		d.report(at, "%s: %q and %q have the same name in Go", what, other, name)
		return
	}
	seen[folded] = name
}

// goName returns a key that is equal for names that become equal in Go. It ignores case,
// because initialisms change it: ipId and ipID both become IPID.
func goName(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == '$' || r == '@' || r == ' ' {
			return -1
		}
		return r
	}, name))
}
