// Package redact decides which text of others may be shown: in the text of an error, in a
// log, in a hint and on a terminal.
//
// Text of others comes from a server, a proxy, net/http or the program. It may repeat what
// was sent, and therefore contain a secret. The package removes text in two ways: by its
// form, such as a URL or a bearer token ([Text], [Code], [Error], [Transport]), and by the
// secrets that are known to have been sent ([Secrets]).
package redact

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mask replaces a secret.
const mask = "***"

// MaxText is the number of bytes of the text of an error that are shown.
const MaxText = 512

// Line returns the first limit bytes of s on one line, safe for a log or a terminal: white
// space and control and format characters become single spaces, and invalid UTF-8 is
// removed. It keeps everything else, so it is for text that is shown on purpose.
func Line(s string, limit int) string {
	s = strings.ToValidUTF8(s[:min(len(s), limit)], "")
	return strings.Join(strings.FieldsFunc(s, separates), " ")
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Text returns the first limit bytes of s on one line, without what has the form of a
// secret: of a URL it keeps scheme, host and port. Text of a Text is the same text.
func Text(s string, limit int) string {
	s = Line(s, 8*MaxText)
	s = urls.ReplaceAllStringFunc(s, origin)
	for _, form := range forms {
		s = form.pattern.ReplaceAllString(s, form.replacement)
	}
	s = credentials.ReplaceAllStringFunc(s, withoutCredentials)
	if len(s) > limit {
		s = Line(s, limit)
	}
	return s
}

// maxCode is the maximum length of an error code.
const maxCode = 64

var code = regexp.MustCompile(`^(-?[A-Za-z0-9][A-Za-z0-9_.:-]*|\*{3})$`)

// Code returns s if it looks like an error code, such as "invalid_client" or "1205", or is
// a mask. It returns "" for everything else: for words, for a URL and for what is long.
// RFC 6749, section 5.2, allows more, but no server uses it.
func Code(s string) string {
	if len(s) > maxCode || !code.MatchString(s) || jwt.MatchString(s) {
		return ""
	}
	return s
}

// maxID is the maximum length of a request ID. An access token is longer.
const maxID = 64

var requestID = regexp.MustCompile(`^[0-9A-Za-z|:._-]+$`)

// RequestID returns s if it looks like a request ID, and "" for everything else.
func RequestID(s string) string {
	if len(s) > maxID || !requestID.MatchString(s) || jwt.MatchString(s) {
		return ""
	}
	return s
}

var mediaType = regexp.MustCompile(`^(?:application|audio|example|font|image|message|model|multipart|text|video)/[A-Za-z0-9.+_-]{1,80}(?:; ?charset=[A-Za-z0-9_-]{1,20})?$`)

// MediaType returns the value of a Content-Type header if it is a media type of a registered
// kind, with a charset or without parameters. It returns "..." for everything else.
func MediaType(contentType string) string {
	if !mediaType.MatchString(contentType) {
		return "..."
	}
	return contentType
}

var tokenType = regexp.MustCompile(`^(?i:bearer|dpop|mac|n_a|pop)$`)

// TokenType returns s if it is a registered type of access tokens (RFC 6749, section 7.1).
// It returns "..." for everything else.
func TokenType(s string) string {
	if !tokenType.MatchString(s) {
		return "..."
	}
	return s
}

// URL returns a URL without user info, query and fragment, and "" if s is not a URL.
func URL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// urls matches URLs, also with the slashes escaped as in JSON.
var urls = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}[^\s"'<>]*`)

var authority = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[\pL\pN._-]*)(:[0-9]{1,5})?$`)

// origin returns scheme, host and port of a match of urls, with the punctuation that
// follows them.
func origin(match string) string {
	match = strings.ReplaceAll(match, `\`, "")
	scheme, rest, _ := strings.Cut(match, "://")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	at := strings.LastIndexByte(host, '@')
	after := rest[len(strings.TrimRight(rest, ".,:;!)]}")):]
	host = strings.TrimSuffix(host[at+1:], after)
	// An @ after the host may belong to a password that has a slash.
	if !authority.MatchString(host) || at < 0 && strings.Contains(rest, "@") {
		host = "..."
	}
	return scheme + "://" + host + after
}

// names are the names of parameters and fields whose value is a secret.
const names = `(?:access_?|refresh_?|id_?|subject_?|actor_?)?token|client_?(?:secret|assertion)|secret|assertion|password|passwd|passphrase|pwd|api_?key|x-api-key|signature|sig|code|code_verifier|sessionid`

// forms are the forms of secrets, and what replaces them.
var forms = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	// The words of a token endpoint in an error of x/oauth2.
	{regexp.MustCompile(`(oauth2: cannot [^:]+: .*?) Response: .*`), `${1}`},
	{regexp.MustCompile(`(oauth2: "(?:[^"\\]|\\.)*") ".*`), `${1}`},
	// An encoded URL.
	{regexp.MustCompile(`(?i)[^\s"']*%3A(?:%2F){2}[^\s"']*`), `...`},
	// A header with credentials, up to its end.
	{regexp.MustCompile(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)[^\n\]}]+`), `${1}${2}` + mask},
	// User info without a scheme, as in user:password@host.
	{regexp.MustCompile(`[^\s"'@:/]+:[^\s"'@]+@`), `...@`},
	// A query.
	{regexp.MustCompile(`\?[^\s"'=&?]+=[^\s"']*`), `?...`},
	// A parameter as in a form, or a field as in JSON.
	{regexp.MustCompile(`(?i)\b(` + names + `)=[^\s"'&;,]+`), `${1}=` + mask},
	{regexp.MustCompile(`(?i)\b(` + names + `)(\\?["']\s*[:=]\s*\\?["'])[^"'\\]*`), `${1}${2}` + mask},
	{regexp.MustCompile(`(?i)\b(` + names + `)%3D[^\s"'&;,]+`), `${1}=` + mask},
	{jwt, mask},
}

// jwt matches a JSON web token and its start.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*`)

// credentials matches the credentials of a header after their scheme.
var credentials = regexp.MustCompile(`\b(Bearer|bearer|BEARER|Basic|DPoP|Negotiate|NTLM)(?: |%20|\+)["'<]?([A-Za-z0-9._~+/%*-]+)(=*)`)

func withoutCredentials(match string) string {
	m := credentials.FindStringSubmatch(match)
	switch m[2] {
	case "realm", "error", "error_description", "error_uri", "scope", "charset", "algs": // parameters of a challenge
		if m[3] == "=" {
			return match
		}
	case "token": // the words "bearer token"
		return match
	}
	return m[1] + " " + mask
}

// withoutQuotes replaces quoted strings, which are how Go errors repeat text of others.
func withoutQuotes(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, `"`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := closingQuote(rest)
		if end > 0 {
			b.WriteString(`"..."`)
		} else {
			b.WriteString(`""`)
		}
		s = rest[min(end+1, len(rest)):]
	}
}

// closingQuote returns the index of the quote that ends a string, or the length of s.
func closingQuote(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}

// fold returns s in a form in which a secret is found however it is spaced and cased. A
// plus sign stands for a space in a query.
func fold(s string) string {
	folded := make([]byte, 0, len(s))
	for i, r := range s {
		switch {
		case r == '+' || r <= ' ' || r == 0x7f:
		case r < utf8.RuneSelf:
			c := s[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			folded = append(folded, c)
		case r != utf8.RuneError && !separates(r):
			folded = utf8.AppendRune(folded, unicode.ToLower(r))
		}
	}
	return string(folded)
}
