package doctor

import (
	"maps"
	"mime"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// challenge is what a server says of a bearer token (RFC 6750, section 3).
type challenge struct {
	raw              string
	err, description string
}

// parseChallenge reads the Bearer challenge of WWW-Authenticate headers, as far as
// it can be read. A header may hold several challenges (RFC 9110, section 11.6.1).
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
			// A parameter has the form of a media type's.
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

// isScheme tells the scheme in front of a challenge's first parameter from the name
// of a further parameter, which an equals sign follows.
func isScheme(name, after string) bool {
	return name != "" && !strings.Contains(name, "=") && !strings.HasPrefix(strings.TrimSpace(after), "=")
}

// paramEnd is where the next comma outside quotes is.
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
