package breaking

import (
	"fmt"
	"regexp"
	"strings"
)

// GoAPI compares two Go APIs as package goapi renders them. These are the rules:
//
//   - A line that was removed or changed is a break, unless another line implies it.
//   - A line that was added is an addition, unless it adds to an interface that programs
//     may have implemented.
func GoAPI(released, current string) ([]Change, error) {
	before, err := parseGoAPI(released)
	if err != nil {
		return nil, err
	}
	after, err := parseGoAPI(current)
	if err != nil {
		return nil, err
	}
	return sorted(append(removals(before, after), additions(before, after)...)), nil
}

// removals reports what was removed or changed.
func removals(before, after goAPI) []Change {
	var changes []Change
	for was := range before.features {
		is := after.named[was.name()]
		switch {
		case after.features[was] || after.implies(was):
		case !after.packages[was.pkg]:
			changes = append(changes, Change{Rule: "go-package-removed", Where: was.pkg, Text: "the package was removed", Breaking: true})
		case was.sel != "" && !after.declares(was.pkg, was.ident):
			// The removal of the type is reported.
		case is == feature{}:
			changes = append(changes, Change{Rule: "go-feature-removed", Where: was.pkg, Text: was.text, Breaking: true})
		default:
			changes = append(changes, Change{
				Rule: "go-feature-changed", Where: was.pkg, Text: fmt.Sprintf("%s; was: %s", is.text, was.text), Breaking: true,
			})
		}
	}
	return changes
}

// additions reports what was added.
func additions(before, after goAPI) []Change {
	var changes []Change
	for is := range after.features {
		was := before.named[is.name()]
		switch {
		case before.features[is]:
		case !before.packages[is.pkg]:
			changes = append(changes, Change{Rule: "go-package-added", Where: is.pkg, Text: "the package was added"})
		case is.sel != "" && !before.declares(is.pkg, is.ident):
			// The addition of the type is reported.
		case was != feature{} && !after.implies(was):
			// The change is reported.
		case before.implementable(is):
			changes = append(changes, Change{Rule: "go-interface-extended", Where: is.pkg, Text: is.text, Breaking: true})
		default:
			changes = append(changes, Change{Rule: "go-feature-added", Where: is.pkg, Text: is.text})
		}
	}
	return changes
}

// goAPI is a parsed Go API.
type goAPI struct {
	packages map[string]bool
	features map[feature]bool
	named    map[feature]feature // by name
}

// feature is one line of a Go API.
type feature struct {
	pkg   string // import path
	text  string // the line after the package
	ident string // name of the declaration, or of the type of a field or method
	sel   string // name of the field or method, or empty
}

// name returns what identifies a feature if its type changes.
func (f feature) name() feature { return feature{pkg: f.pkg, ident: f.ident, sel: f.sel} }

var featureLine = regexp.MustCompile(`^pkg (\S+), (` +
	`(?:const|func|var|type) (\w+)` + // or a field or method of a type:
	`(?: (?:struct|interface), (?:promoted )?(embedded .+|\w+).*| .*|[(\[].*)` +
	`|method \(\*?(\w+)[^)]*\) (\w+).*)$`)

func parseGoAPI(text string) (goAPI, error) {
	a := goAPI{make(map[string]bool), make(map[feature]bool), make(map[feature]feature)}
	number := 0
	for line := range strings.Lines(text) {
		number++
		m := featureLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			return goAPI{}, fmt.Errorf("line %d of the Go API is not a feature: %q", number, line)
		}
		f := feature{pkg: m[1], text: m[2], ident: m[3] + m[5], sel: m[4] + m[6]}
		a.packages[f.pkg] = true
		a.features[f] = true
		a.named[f.name()] = f
	}
	return a, nil
}

// declares reports whether a package has an identifier.
func (a goAPI) declares(pkg, ident string) bool {
	_, ok := a.named[feature{pkg: pkg, ident: ident}]
	return ok
}

// implies reports whether a feature exists in a form that programs can use in the same
// way: *T has the methods of T, and a field is selected as a promoted one is.
func (a goAPI) implies(f feature) bool {
	for _, text := range []string{
		strings.Replace(f.text, "method (*", "method (", 1),
		strings.Replace(f.text, " struct, promoted ", " struct, ", 1),
	} {
		f.text = text
		if a.features[f] {
			return true
		}
	}
	return false
}

// implementable reports whether a feature is part of an interface that programs may
// have implemented. The interface of the generated client is not: it has a method for
// each endpoint, and policy.md reserves the right to add to it.
func (a goAPI) implementable(f feature) bool {
	if f.pkg == "gen/tapkey" && f.ident == "ClientInterface" {
		return false
	}
	return strings.HasPrefix(f.text, "type "+f.ident+" interface, ") &&
		a.named[feature{pkg: f.pkg, ident: f.ident, sel: "implementable"}] != feature{}
}
