// Package breaking tells whether a change to the contract, or to the Go code that comes
// with it, breaks the programs that use the client.
package breaking

import (
	"cmp"
	"fmt"
	"slices"
)

// Change is one difference between what was released and what is there now.
type Change struct {
	Rule     string `json:"rule"`            // such as response-optional-property-removed
	Where    string `json:"where,omitempty"` // operation, component or Go package
	Text     string `json:"text"`
	Breaking bool   `json:"breaking"`
}

// String is the change on one line.
func (c Change) String() string {
	text := c.Rule + ": " + c.Text
	if c.Where != "" {
		text = c.Where + ": " + text
	}
	return text
}

// Breaks returns the changes that break something.
func Breaks(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return !c.Breaking })
}

func sorted(changes []Change) []Change {
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(changes)
}

// NextVersion says which version the changes deserve after the released one. Below
// version 1 a break raises the minor number and an addition the patch number.
func NextVersion(released string, changes []Change) (string, error) {
	var major, minor, patch int
	if _, err := fmt.Sscanf(released, "v%d.%d.%d", &major, &minor, &patch); err != nil {
		return "", fmt.Errorf("the released version %q is not of the form v1.2.3", released)
	}
	switch breaks := len(Breaks(changes)) > 0; {
	case breaks && major > 0:
		major, minor, patch = major+1, 0, 0
	case breaks, len(changes) > 0 && major > 0:
		minor, patch = minor+1, 0
	default:
		patch++
	}
	return fmt.Sprintf("v%d.%d.%d", major, minor, patch), nil
}
