package doctor

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// minOpaque is the length from which a token with dots is taken for an opaque one. A shorter
// one is rather a mistake.
const minOpaque = 20

// isOpaque reports whether a token that has dots is an opaque one, such as those of ory/fosite
// and PASETO: no part of it is a JSON object in base64url, as the first two of a JWT are. An
// encrypted JWT (RFC 7516, section 3.1) is opaque, too.
func isOpaque(token string) bool {
	parts := strings.Split(token, ".")
	for i, part := range parts {
		var object map[string]any
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil && json.Unmarshal(text, &object) == nil {
			return i == 0 && len(parts) == 5 && object["enc"] != nil
		}
	}
	return len(token) >= minOpaque
}
