package doctor

import (
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// challenge is what WWW-Authenticate headers ask for (RFC 9110, section 11.6.1; RFC 6750,
// section 3).
type challenge struct {
	schemes     []string // schemes of all challenges, in lower case
	raw         string   // the header with the Bearer challenge; "" if there is none
	err         string   // parameter error of the Bearer challenge
	description string   // parameter error_description
	scope       string   // parameter scope
}

// isBearerError reports whether text is an error code of RFC 6750, section 3.1.
func isBearerError(text string) bool {
	return text == "invalid_token" || text == "insufficient_scope" || text == "invalid_request"
}

// parseChallenge returns the challenges of WWW-Authenticate headers. If there are several
// Bearer challenges, the first one with an error counts, or else the first one. It ignores
// what it cannot parse.
func parseChallenge(headers []string) challenge {
	var c challenge
	for _, header := range headers {
		for _, one := range parseHeader(header) {
			if isBearerError(one.params["error"]) {
				one.scheme = "bearer" // by another name
			}
			c.schemes = append(c.schemes, one.scheme)
			if one.scheme != "bearer" || c.err != "" || c.raw != "" && one.params["error"] == "" {
				continue
			}
			c.raw = engine.OneLine(header, 200)
			c.err = engine.OneLine(one.params["error"], 60)
			c.description = engine.OneLine(one.params["error_description"], 200)
			c.scope = engine.OneLine(one.params["scope"], 200)
		}
	}
	return c
}

// other returns the first scheme that is not one of access tokens, if there is no Bearer
// challenge.
func (c challenge) other() string {
	tokens := []string{"bearer", "dpop", "pop", "mac"}
	if slices.ContainsFunc(c.schemes, func(s string) bool { return slices.Contains(tokens, s) }) {
		return ""
	}
	for _, scheme := range c.schemes {
		return engine.OneLine(scheme, 40)
	}
	return ""
}

// headerChallenge is one challenge of a header.
type headerChallenge struct {
	scheme string // in lower case
	params map[string]string
}

// parseHeader returns the challenges of a header. Parameters are separated by commas, and
// by spaces, because some servers write no commas.
func parseHeader(header string) []headerChallenge {
	var all []headerChallenge
	for rest := header; ; {
		separators := len(rest)
		rest = strings.TrimLeft(rest, " \t,;")
		separators -= len(rest)
		if rest == "" {
			return all
		}
		end := strings.IndexAny(rest+" ", " \t,;=\"")
		if end == 0 { // a stray quote or equals sign
			rest = rest[1:]
			continue
		}
		name := rest[:end]
		after := strings.TrimLeft(rest[end:], " \t")
		if value, found := strings.CutPrefix(after, "="); found {
			var text string
			text, rest = parseValue(strings.TrimLeft(value, " \t"))
			if len(all) == 0 {
				continue // a parameter without a scheme
			}
			params := all[len(all)-1].params
			if name = strings.ToLower(name); params[name] == "" {
				params[name] = text
			}
			continue
		}
		before := header[:len(header)-len(rest)]
		rest = rest[end:]
		// A word after a scheme and a space is a token68, such as "Negotiate abc==".
		token68 := len(all) > 0 && len(all[len(all)-1].params) == 0 && !strings.Contains(before[len(before)-separators:], ",")
		if !token68 && isScheme(name) {
			all = append(all, headerChallenge{strings.ToLower(name), map[string]string{}})
		}
	}
}

// parseValue returns the value of a parameter, a quoted-string or a token, and what follows
// it. A quoted-string without an end has no value.
func parseValue(s string) (value, rest string) {
	if end := strings.Index(strings.TrimPrefix(s, "'"), "'"); strings.HasPrefix(s, "'") && end > 0 {
		return s[1 : end+1], s[end+2:] // not allowed, but unambiguous
	}
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s+" ", " \t,;")
		return strings.Trim(s[:end], "'="), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", ""
}

// isScheme reports whether name can be the name of a scheme.
func isScheme(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}
