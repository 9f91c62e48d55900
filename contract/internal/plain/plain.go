// Package plain tells the names of members that may be repeated in a report from those
// that could be data, as in an object that is keyed by people's addresses.
package plain

import "regexp"

var name = regexp.MustCompile(`^(@[A-Za-z.]{1,40}|\$?[A-Za-z_]{1,40}([0-9]{1,2}[A-Za-z_]{0,40})?)$`)

// Name reports whether a name looks like one that a programmer chose.
func Name(s string) bool { return name.MatchString(s) }
