// Package reserved has the names that the generated code uses itself, so that a contract
// must not use them: an operation named raw would be a second method Raw.
package reserved

import (
	_ "embed"
	"strings"
	"unicode"
)

//go:embed names.txt
var list string

// Kinds of names.
const (
	Type     = "type"     // of schemas
	Method   = "method"   // of operations
	Argument = "argument" // of path parameters
)

// Names returns the reserved names of a kind.
func Names(kind string) []string {
	var names []string
	for line := range strings.Lines(list) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), kind+" "); ok {
			names = append(names, name)
		}
	}
	return names
}

// Find returns the reserved name that a name of the contract becomes in Go.
func Find(kind, name string) (reserved string, ok bool) {
	for _, reserved := range Names(kind) {
		if Fold(reserved) == Fold(name) {
			return reserved, true
		}
	}
	return "", false
}

// Fold returns a key that is equal for names that become equal in Go. The generator drops
// all but letters and digits and changes the case, and it drops letters without case. The
// key is empty if a name has nothing else.
func Fold(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if !unicode.IsUpper(r) && !unicode.IsLower(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}, name))
}
