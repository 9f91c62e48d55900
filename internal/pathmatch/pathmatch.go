// Package pathmatch matches the path of a URL with path templates, as Tapkey's server does:
// without regard to case, and with or without a slash at the end.
package pathmatch

import (
	"net/url"
	"strings"
)

// Template is a path template, such as /Owners/{ownerAccountId}, in segments.
type Template []string

// Parse returns the template with the given text.
func Parse(text string) Template { return split(text) }

// Segments returns the segments of the path of a URL, without escapes.
func Segments(u *url.URL) []string {
	segments := split(u.EscapedPath())
	for i, segment := range segments {
		segments[i], _ = url.PathUnescape(segment) // EscapedPath returns a valid escaping
	}
	return segments
}

func split(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// Match reports whether the segments of a path match the template. An empty segment
// matches no parameter.
func (t Template) Match(path []string) bool {
	if len(t) != len(path) {
		return false
	}
	for i, part := range t {
		if _, parameter := name(part); parameter && path[i] == "" || !parameter && !strings.EqualFold(part, path[i]) {
			return false
		}
	}
	return true
}

// Values returns the values that a path, which matches the template, has for its
// parameters.
func (t Template) Values(path []string) map[string]string {
	values := make(map[string]string)
	for i, part := range t {
		if name, ok := name(part); ok {
			values[name] = path[i]
		}
	}
	return values
}

// name returns the name of a parameter, such as {ownerAccountId}.
func name(part string) (string, bool) {
	if !strings.HasPrefix(part, "{") || !strings.HasSuffix(part, "}") {
		return "", false
	}
	return part[1 : len(part)-1], true
}
