package doctor

import (
	"maps"
	"mime"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// challenge is a Bearer challenge of a server (RFC 6750, section 3).
type challenge struct {
	raw         string // the whole header; "" if there is no Bearer challenge
	err         string // parameter error
	description string // parameter error_description
}

// parseChallenge returns the Bearer challenge of WWW-Authenticate headers. It ignores what
// it cannot parse. A header can hold several challenges (RFC 9110, section 11.6.1).
func parseChallenge(headers []string) challenge {
	for _, header := range headers {
		found, values := false, map[string]string{}
		scheme := ""
		for rest := header; rest != ""; {
			end := paramEnd(rest)
			param := strings.TrimSpace(rest[:end])
			rest = strings.TrimPrefix(rest[end:], ",")
			if name, after, _ := strings.Cut(param, " "); isScheme(name, after) {
				scheme, param = name, after
			}
			if !strings.EqualFold(scheme, "Bearer") {
				continue
			}
			found = true
			// A parameter has the same form as a parameter of a media type.
			if _, params, err := mime.ParseMediaType("x/x;" + param); err == nil {
				maps.Copy(values, params)
			}
		}
		if found {
			return challenge{
				raw:         engine.OneLine(header, 200),
				err:         engine.OneLine(values["error"], 60),
				description: engine.OneLine(values["error_description"], 200),
			}
		}
	}
	return challenge{}
}

// isScheme reports whether name is a scheme, as opposed to the name of a parameter, which
// is followed by an equals sign. after is the text after name.
func isScheme(name, after string) bool {
	return name != "" && !strings.Contains(name, "=") && !strings.HasPrefix(strings.TrimSpace(after), "=")
}

// paramEnd returns the index of the first comma outside quotes, or the length of s.
func paramEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return i
		}
	}
	return len(s)
}
