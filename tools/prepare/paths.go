package main

import (
	"regexp"
	"strings"
)

// markPaths marks the operations whose path package engine can build, with x-plain-path: the
// fixed parts need no escapes and have no dot segments, and the parameters are those of the
// operation.
func (c *contract) markPaths() {
	for _, o := range c.operations() {
		names := map[string]bool{}
		for _, p := range o.parameters() {
			if p.Value != nil && p.Value.In == "path" {
				names[p.Value.Name] = true
			}
		}
		if plainPath(o.path, names) {
			set(&o.Extensions, "x-plain-path", true)
		} else {
			delete(o.Extensions, "x-plain-path")
		}
	}
}

// fixedPart matches a part of a path that is the same before and after it is escaped.
var fixedPart = regexp.MustCompile(`^[A-Za-z0-9/_.~$&+,=:@-]*$`)

func plainPath(path string, names map[string]bool) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	found := 0
	for path != "" {
		fixed, rest, more := strings.Cut(path, "{")
		if !fixedPart.MatchString(fixed) {
			return false
		}
		if !more {
			break
		}
		name, rest, closed := strings.Cut(rest, "}")
		if !closed || !names[name] {
			return false
		}
		found++
		path = rest
	}
	return found == len(names)
}
