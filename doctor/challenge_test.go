package doctor

import (
	"strings"
	"testing"
	"unicode"
)

func TestChallenge(t *testing.T) {
	for _, c := range []struct {
		headers          string
		err, description string
		found            bool
	}{
		{`Bearer`, "", "", true},
		{`bearer error="invalid_token"`, "invalid_token", "", true},
		{`Bearer realm="a, b", error="invalid_token", error_description="The \"token\", expired"`, "invalid_token", `The "token", expired`, true},
		{`Bearer error = invalid_token`, "invalid_token", "", true},
		{`Bearer scope="a b" , error = "insufficient_scope"`, "insufficient_scope", "", true},
		{`Basic realm="error", Bearer error="invalid_token", Negotiate`, "invalid_token", "", true},
		{`Negotiate, Bearer error=invalid_token, Basic error="other"`, "invalid_token", "", true},
		{"Basic realm=x\nBearer error=invalid_request", "invalid_request", "", true},
		{`Basic realm="Bearer error=x"`, "", "", false},
		{`Bearer error="unclosed`, "", "", true},
		{``, "", "", false},
	} {
		got := parseChallenge(strings.Split(c.headers, "\n"))
		if got.err != c.err || got.description != c.description || (got.raw != "") != c.found {
			t.Errorf("%s: got %+v, want error %q, description %q and found %t", c.headers, got, c.err, c.description, c.found)
		}
	}
}

// The error and the description of any challenge are parsed, whatever else is in the
// headers. They are one line of bounded length.
func FuzzChallenge(f *testing.F) {
	f.Add(`Basic realm="a, b"`, "invalid_token", "The token expired")
	f.Add(``, "insufficient_scope", `quotes " and \ and , and =`)
	f.Add(`"`, "x", "\x00\n\u202e")
	f.Add(`Negotiate abc==, Digest qop="auth, auth-int"`, "invalid_request", strings.Repeat("long ", 100))
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, other, code, description string) {
		bearer := `Bearer error="` + quote.Replace(code) + `", error_description="` + quote.Replace(description) + `"`
		for _, headers := range [][]string{{other}, {bearer}, {other, bearer}, {other + ", " + bearer}, {bearer + "," + other}, {bearer[:len(bearer)/2]}} {
			got := parseChallenge(headers)
			for _, text := range []string{got.raw, got.err, got.description} {
				if len(text) > 3*200+3 || strings.ContainsFunc(text, unicode.IsControl) {
					t.Fatalf("%q: got %q, want at most 603 bytes without control characters", headers, text)
				}
			}
		}
		if plain(code) && plain(description) && len(code) < 60 && len(description) < 200 {
			if got := parseChallenge([]string{bearer}); got.err != code || got.description != description {
				t.Errorf("%s: got %+v, want error %q and description %q", bearer, got, code, description)
			}
		}
	})
}

// plain reports whether a text is allowed in a quoted-string (RFC 9110, section 5.6.4) and
// is returned unchanged.
func plain(s string) bool {
	return s == strings.TrimSpace(s) && !strings.Contains(s, "  ") &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
