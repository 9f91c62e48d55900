package doctor

import (
	"mime"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
)

// challenge is what a server says of a bearer token (RFC 6750, section 3).
type challenge struct {
	raw              string
	err, description string
}

// parseChallenge reads the Bearer challenge of WWW-Authenticate headers, as far as
// it can be read. Its parameters have the form of a media type's, with commas.
func parseChallenge(headers []string) challenge {
	for _, header := range headers {
		scheme, params, _ := strings.Cut(strings.TrimSpace(header), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			continue
		}
		values := parseParams(params)
		return challenge{
			raw:         api.OneLine(header, 200),
			err:         api.OneLine(values["error"], 60),
			description: api.OneLine(values["error_description"], 200),
		}
	}
	return challenge{}
}

// parseParams reads name="value" pairs separated by commas.
func parseParams(s string) map[string]string {
	values := map[string]string{}
	for s != "" {
		end := paramEnd(s)
		if _, params, err := mime.ParseMediaType("x/x;" + s[:end]); err == nil {
			for name, value := range params {
				values[name] = value
			}
		}
		s = strings.TrimPrefix(s[end:], ",")
	}
	return values
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
