package redact

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// These are the forms as regular expressions. The functions of the package that match without
// them return the same for every text.
var (
	oracleSensitive = regexp.MustCompile(`(?i)auth|cookie|key|password|secret|signature|token`)
	oracleWords     = regexp.MustCompile(`[^\s"'<>,;{}()\[\]]+`)
	oracleEscapes   = regexp.MustCompile(`\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|[%\\]u[0-9A-Fa-f]{4}|` +
		`\\u\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8}|%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\["'\\/]`)
	oracleCode      = regexp.MustCompile(`^(-?[A-Za-z0-9][A-Za-z0-9_.:-]*|\*{3})$`)
	oracleRequestID = regexp.MustCompile(`^[0-9A-Za-z|:._-]+$`)
	oracleMediaType = regexp.MustCompile(`^(?:application|audio|example|font|image|message|model|multipart|text|video)/[A-Za-z0-9.+_-]{1,80}(?:; ?charset=[A-Za-z0-9_-]{1,20})?$`)
	oracleTokenType = regexp.MustCompile(`^(?i:bearer|dpop|mac|n_a|pop)$`)
	oracleURLs      = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}[^\s"'<>]*`)
	oracleAuthority = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[\pL\pN._-]*)(:[0-9]{1,5})?$`)
	oracleJWT       = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*`)

	oracleCredentials = regexp.MustCompile(`\b(Bearer|bearer|BEARER|Basic|DPoP|Negotiate|NTLM)(?: |%20|\+)["'<]?([A-Za-z0-9._~+/%*-]+)(=*)`)
)

const oracleNames = `(?:access_?|refresh_?|id_?|subject_?|actor_?)?token|client_?(?:secret|assertion)|secret|assertion|password|passwd|passphrase|pwd|api_?key|x-api-key|signature|sig|code|code_verifier|sessionid`

var oracleForms = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`(oauth2: cannot [^:]+: .*?) Response: .*`), `${1}`},
	{regexp.MustCompile(`(oauth2: "(?:[^"\\]|\\.)*") ".*`), `${1}`},
	{regexp.MustCompile(`(?i)[^\s"']*%3A(?:%2F){2}[^\s"']*`), `...`},
	{regexp.MustCompile(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)[^\n\]}]+`), `${1}${2}` + mask},
	{regexp.MustCompile(`[^\s"'@:/]+:[^\s"'@]+@`), `...@`},
	{regexp.MustCompile(`\?[^\s"'=&?]+=[^\s"']*`), `?...`},
	{regexp.MustCompile(`(?i)\b(` + oracleNames + `)=[^\s"'&;,]+`), `${1}=` + mask},
	{regexp.MustCompile(`(?i)\b(` + oracleNames + `)(\\?["']\s*[:=]\s*\\?["'])[^"'\\]*`), `${1}${2}` + mask},
	{regexp.MustCompile(`(?i)\b(` + oracleNames + `)%3D[^\s"'&;,]+`), `${1}=` + mask},
	{oracleJWT, mask},
}

func oracleText(s string, limit int) string {
	s = Line(s, 8*MaxText)
	s = oracleURLs.ReplaceAllStringFunc(s, oracleOrigin)
	for _, form := range oracleForms {
		s = form.pattern.ReplaceAllString(s, form.replacement)
	}
	s = oracleCredentials.ReplaceAllStringFunc(s, func(match string) string {
		m := oracleCredentials.FindStringSubmatch(match)
		switch m[2] {
		case "realm", "error", "error_description", "error_uri", "scope", "charset", "algs":
			if m[3] == "=" {
				return match
			}
		case "token":
			return match
		}
		return m[1] + " " + mask
	})
	if len(s) > limit {
		s = Line(s, limit)
	}
	return s
}

func oracleOrigin(match string) string {
	match = strings.ReplaceAll(match, `\`, "")
	scheme, rest, _ := strings.Cut(match, "://")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	at := strings.LastIndexByte(host, '@')
	after := rest[len(strings.TrimRight(rest, ".,:;!)]}")):]
	host = strings.TrimSuffix(host[at+1:], after)
	if !oracleAuthority.MatchString(host) || at < 0 && strings.Contains(rest, "@") {
		host = "..."
	}
	return scheme + "://" + host + after
}

func oracleUnescape(s string) string {
	return oracleEscapes.ReplaceAllStringFunc(s, func(escape string) string {
		number := func(digits string) rune {
			value, _ := strconv.ParseUint(strings.Trim(digits, `%\uUx{}`), 16, 32)
			return rune(value)
		}
		if len(escape) == 2 {
			return escape[1:]
		}
		if high, low, pair := strings.Cut(escape[1:], `\`); pair {
			return string(utf16.DecodeRune(number(high), number(low)))
		}
		if escape[1] == 'u' || escape[1] == 'U' {
			return string(number(escape))
		}
		return string([]byte{byte(number(escape))})
	})
}

func oracleHide(s Secrets, text string) string {
	if !s.In(text) {
		return text
	}
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret.text, mask)
	}
	text = oracleWords.ReplaceAllStringFunc(text, func(word string) string {
		if s.In(word) {
			return mask
		}
		return word
	})
	if s.In(text) {
		return mask
	}
	return text
}

// checkOracle compares each function with its regular expressions.
func checkOracle(t *testing.T, s string) {
	t.Helper()
	only := func(ok bool, otherwise string) string {
		if ok {
			return s
		}
		return otherwise
	}
	jwt := oracleJWT.MatchString(s)
	secrets := NewSecrets("s3cret", "a:b")
	for _, test := range []struct{ name, got, want string }{
		{"Text", Text(s, MaxText), oracleText(s, MaxText)},
		{"Text of 40 bytes", Text(s, 40), oracleText(s, 40)},
		{"Code", Code(s), only(len(s) <= maxCode && oracleCode.MatchString(s) && !jwt, "")},
		{"RequestID", RequestID(s), only(len(s) <= maxID && oracleRequestID.MatchString(s) && !jwt, "")},
		{"MediaType", MediaType(s), only(oracleMediaType.MatchString(s), "...")},
		{"TokenType", TokenType(s), only(oracleTokenType.MatchString(s), "...")},
		{"escapes", replaceAll(s, anywhere(escape)), oracleUnescape(s)},
		{"Hide", secrets.Hide(s), oracleHide(secrets, s)},
		{"sensitive", fmt.Sprint(isSensitive(s)), fmt.Sprint(oracleSensitive.MatchString(s))},
		{"authority", fmt.Sprint(isAuthority(s)), fmt.Sprint(oracleAuthority.MatchString(s))},
	} {
		if test.got != test.want {
			t.Errorf("%s of %q: got %q, want %q as with regular expressions", test.name, s, test.got, test.want)
		}
	}
}

// fragments are parts of texts that match, that almost match, and that delimit.
var fragments = append(strings.Split("a|b1|Z|0|-|_|.|+|~|*|***|****| |  |\t|\n|\f|\r|\v|\u00a0|\u2028|\u200b|\u0130|\u017f|\u212a|\u00df|\U0001f511|\x00|\xff|\xc5|\xe2\x84|\xbf|"+
	`"|'|\|\\|\"|\'|\/|/|//|:|://|:\/\/|:/|;|; |,|&|?|??|=|==|@|<|>|(|)|[|]|{|}|#|!|%|%%|%2|%20|%3A|%3a|%2F|%2f|%3D|%3d|%3A%2F%2F|%3a%2F%2f|%41|%u0041|%u|`+
	`\u|\u0041|\u00|\uD83D|\uDD11|\ud83d\udd11|\uD83D\u0041|\u{41}|\u{}|\u{1F511}|\u{1234567}|\U|\U0001F511|\UFFFFFFFF|\U0001|\x41|\x4|\xg|&#47;|&amp;|`+
	"http|https|s3|S3cret|s3cret|s3%63ret|czNjcmV0|733363726574|h.example|[::1]|:8080|:123456|me:pw@|me@|user:|oauth2: |oauth2: cannot |oauth2: \"|fetch token: | Response: |Response: |\" \"|"+
	"authorization|Authorization|proxy-|Proxy-|cookie|Cookie|set-|Set-|cooKIe|\u017fet-cookie|coo\u212aie|: |Bearer|bearer|BEARER|Basic|DPoP|Negotiate|NTLM|Bearer |bearer+|Basic%20|"+
	"realm|error|error_description|error_uri|scope|charset|algs|token|Token|TO\u212aEN|access|access_|refresh_|id_|id|subject_|actor|client_|client|secret|\u017fecret|acce\u017f\u017f_token|assertion|"+
	"password|passwd|passphrase|pwd|api_|api|key|x-api-key|signature|\u017fig|sig|code|code_verifier|sessionid|eyJ|eyJhbGci|eyJhbGciOiJub25l|.eyJ|application|text|video|/json|+json|charset=|utf-8|"+
	"mac|n_a|pop|dpop|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "|"), "|")

func generate(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(14) {
		part := fragments[r.IntN(len(fragments))]
		switch r.IntN(24) {
		case 0:
			part = strings.ToUpper(part)
		case 1:
			b.WriteByte(byte(r.IntN(256)))
		case 2:
			part = part[:r.IntN(len(part)+1)]
		case 3:
			part = strings.Repeat(part, 1+r.IntN(12))
		}
		b.WriteString(part)
	}
	return b.String()
}

func TestSameAsRegularExpressions(t *testing.T) {
	t.Parallel()
	inputs := 250_000
	if testing.Short() || slowed {
		inputs = 20_000
	} else {
		for _, s := range fragments {
			for _, next := range fragments {
				checkOracle(t, s+next)
			}
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d inputs", seed, inputs)
	r := rand.New(rand.NewPCG(seed, 0))
	for range inputs {
		if checkOracle(t, generate(r)); t.Failed() {
			return
		}
	}
}

func FuzzSameAsRegularExpressions(f *testing.F) {
	for _, s := range fragments {
		f.Add(s)
	}
	f.Fuzz(checkOracle)
}
