// Package breaking reports changes to the contract, and to the Go API that is released
// with it, and whether they break programs that use the client.
package breaking

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// Change is one difference between a release and the current source tree.
type Change struct {
	Rule     string `json:"rule"`            // such as response-optional-property-removed
	Where    string `json:"where,omitempty"` // operation, component or Go package
	Text     string `json:"text"`
	Breaking bool   `json:"breaking"`

	// Editorial is whether only the documentation differs.
	Editorial bool `json:"editorial,omitempty"`
}

// String returns the change on one line.
func (c Change) String() string {
	text := c.Rule + ": " + c.Text
	if c.Where != "" {
		text = c.Where + ": " + text
	}
	return text
}

// Breaks returns the breaking changes.
func Breaks(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return !c.Breaking })
}

func sorted(changes []Change) []Change {
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(changes)
}

var version = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

// IsVersion reports whether a name is the version of a release, such as v1.2.3.
func IsVersion(name string) bool { return version.MatchString(name) }

// NextVersion returns the version that follows a release after the given changes. Below
// v1 a break increments the minor number and anything else the patch number. From v1 on a
// break increments the major number, and anything else that is not editorial the minor
// number.
func NextVersion(released string, changes []Change) (string, error) {
	var major, minor, patch int
	_, err := fmt.Sscanf(released, "v%d.%d.%d", &major, &minor, &patch)
	if err != nil || !IsVersion(released) {
		return "", fmt.Errorf("invalid version %q: want the form v1.2.3", released)
	}
	additions := slices.ContainsFunc(changes, func(c Change) bool { return !c.Editorial })
	switch breaks := len(Breaks(changes)) > 0; {
	case breaks && major > 0:
		major, minor, patch = major+1, 0, 0
	case breaks, additions && major > 0:
		minor, patch = minor+1, 0
	default:
		patch++
	}
	return fmt.Sprintf("v%d.%d.%d", major, minor, patch), nil
}
