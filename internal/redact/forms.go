package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The forms of secrets are matched without regular expressions, which would add the package
// regexp and its tables of Unicode to every program that uses the client.

// form finds the first match at or after an index. It returns start < 0 if there is none. A
// match is never empty.
type form func(s string, from int) (start, end int, replacement string)

// replaceAll returns s with the matches of f replaced.
func replaceAll(s string, f form) string {
	start, end, replacement := f(s, 0)
	if start < 0 {
		return s
	}
	var b strings.Builder
	for from := 0; ; {
		b.WriteString(s[from:start])
		b.WriteString(replacement)
		from = end
		if start, end, replacement = f(s, from); start < 0 {
			b.WriteString(s[from:])
			return b.String()
		}
	}
}

// anywhere returns a form whose matches match describes. It returns the end of a match that
// starts at an index, or 0 if there is none.
func anywhere(match func(s string, start int) (end int, replacement string)) form {
	return func(s string, from int) (int, int, string) {
		for i := from; i < len(s); i++ {
			if end, replacement := match(s, i); end > 0 {
				return i, end, replacement
			}
		}
		return -1, 0, ""
	}
}

// forms returns the forms of secrets, in the order in which they are replaced.
func forms() []form {
	return []form{
		tokenFailure, tokenError, encodedURL, anywhere(header), userInfo, query,
		anywhere(parameter), anywhere(field), anywhere(encodedParameter), jwt,
	}
}

// tokenFailure matches the end of an error of x/oauth2 that quotes a response.
func tokenFailure(s string, from int) (int, int, string) {
	const prefix = "oauth2: cannot "
	for i := indexFrom(s, prefix, from); i >= 0; i = indexFrom(s, prefix, i+1) {
		request := i + len(prefix)
		colon := indexFrom(s, ":", request)
		if colon <= request || !strings.HasPrefix(s[colon:], ": ") {
			continue
		}
		if end := indexFrom(s, " Response: ", colon+2); end >= 0 {
			return end, len(s), ""
		}
	}
	return -1, 0, ""
}

// tokenError matches the description in an error of x/oauth2, which follows the code.
func tokenError(s string, from int) (int, int, string) {
	const prefix = `oauth2: "`
	for i := indexFrom(s, prefix, from); i >= 0; i = indexFrom(s, prefix, i+1) {
		code := i + len(prefix)
		end := code + closingQuote(s[code:])
		if end < len(s) && strings.HasPrefix(s[end+1:], ` "`) {
			return end + 1, len(s), ""
		}
	}
	return -1, 0, ""
}

// encodedURL matches a word with a percent-encoded URL.
func encodedURL(s string, from int) (int, int, string) {
	for from < len(s) {
		start := from
		from = skip(s, start, inWord)
		for i := start; i < from; i++ {
			if end := matchFold(s[:from], i, "%3a%2f%2f"); end > 0 {
				return start, from, "..."
			}
		}
		from++
	}
	return -1, 0, ""
}

// header matches a header with credentials, up to its end. Its name may end with that of
// another, as in Set-Cookie.
func header(s string, i int) (int, string) {
	if !atBoundary(s, i) {
		return 0, ""
	}
	end := max(matchFold(s, i, "authorization"), matchFold(s, i, "cookie"))
	if end == 0 {
		return 0, ""
	}
	if isQuote(at(s, end)) {
		end++
	}
	if end = skip(s, end, isSpace); at(s, end) != ':' && at(s, end) != '=' {
		return 0, ""
	}
	separator := end + 1
	value := skip(s, separator, isSpace)
	end = skip(s, value, inHeader)
	if end == value { // a space is a value, too
		if value--; value < separator || s[value] == '\n' {
			return 0, ""
		}
	}
	return end, s[i:value] + mask
}

// userInfo matches user info without a scheme, as in user:password@host.
func userInfo(s string, from int) (int, int, string) {
	for colon := indexFrom(s, ":", from); colon >= 0; colon = indexFrom(s, ":", colon+1) {
		start := colon
		for start > from && inWord(s[start-1]) && strings.IndexByte("@:/", s[start-1]) < 0 {
			start--
		}
		if start == colon {
			continue
		}
		end := skip(s, colon+1, func(c byte) bool { return inWord(c) && c != '@' })
		if end > colon+1 && at(s, end) == '@' {
			return start, end + 1, "...@"
		}
	}
	return -1, 0, ""
}

// query matches the query of a URL.
func query(s string, from int) (int, int, string) {
	for i := indexFrom(s, "?", from); i >= 0; i = indexFrom(s, "?", i+1) {
		end := skip(s, i+1, func(c byte) bool { return inWord(c) && strings.IndexByte("=&?", c) < 0 })
		if end > i+1 && at(s, end) == '=' {
			return i, skip(s, end, inWord), "?..."
		}
	}
	return -1, 0, ""
}

// parameter matches a parameter as in a form.
func parameter(s string, i int) (int, string) {
	name := matchName(s, i, "=")
	if name == 0 {
		return 0, ""
	}
	end := skip(s, name+1, inParameter)
	if end == name+1 {
		return 0, ""
	}
	return end, s[i:name] + "=" + mask
}

// encodedParameter matches a parameter whose equals sign is percent-encoded.
func encodedParameter(s string, i int) (int, string) {
	name := matchName(s, i, "%3d")
	if name == 0 {
		return 0, ""
	}
	end := skip(s, name+3, inParameter)
	if end == name+3 {
		return 0, ""
	}
	return end, s[i:name] + "=" + mask
}

// field matches a field as in JSON, whose quotes may be escaped.
func field(s string, i int) (int, string) {
	end := max(matchName(s, i, `"`), matchName(s, i, `'`), matchName(s, i, `\`))
	if end == 0 {
		return 0, ""
	}
	if end = quote(s, end); end == 0 {
		return 0, ""
	}
	if end = skip(s, end, isSpace); at(s, end) != ':' && at(s, end) != '=' {
		return 0, ""
	}
	value := quote(s, skip(s, end+1, isSpace))
	if value == 0 {
		return 0, ""
	}
	return skip(s, value, func(c byte) bool { return !isQuote(c) && c != '\\' }), s[i:value] + mask
}

// quote returns the end of a quote at an index, which may be escaped, or 0.
func quote(s string, i int) int {
	if at(s, i) == '\\' {
		i++
	}
	if !isQuote(at(s, i)) {
		return 0
	}
	return i + 1
}

// jwt matches a JSON web token and its start.
func jwt(s string, from int) (int, int, string) {
	const prefix = "eyJ"
	for i := indexFrom(s, prefix, from); i >= 0; i = indexFrom(s, prefix, i+1) {
		header := i + len(prefix)
		end := skip(s, header, inJWT)
		if end-header < 8 {
			continue
		}
		return i, skip(s, end, func(c byte) bool { return inJWT(c) || c == '.' }), mask
	}
	return -1, 0, ""
}

func hasJWT(s string) bool {
	start, _, _ := jwt(s, 0)
	return start >= 0
}

// credentials matches the credentials of a header after their scheme.
func credentials(s string, i int) (int, string) {
	if !atBoundary(s, i) {
		return 0, ""
	}
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "Basic", "DPoP", "Negotiate", "NTLM"} {
		if !strings.HasPrefix(s[i:], scheme) {
			continue
		}
		value := i + len(scheme)
		switch {
		case at(s, value) == ' ', at(s, value) == '+':
			value++
		case strings.HasPrefix(s[value:], "%20"):
			value += 3
		default:
			return 0, ""
		}
		if c := at(s, value); isQuote(c) || c == '<' {
			value++
		}
		padding := skip(s, value, inCredentials)
		if padding == value {
			return 0, ""
		}
		end := skip(s, padding, func(c byte) bool { return c == '=' })
		switch s[value:padding] {
		case "realm", "error", "error_description", "error_uri", "scope", "charset", "algs": // parameters of a challenge
			if end == padding+1 {
				return end, s[i:end]
			}
		case "token": // the words "bearer token"
			return end, s[i:end]
		}
		return end, scheme + " " + mask
	}
	return 0, ""
}

// locator matches a URL, also with the slashes escaped as in JSON.
func locator(s string, from int) (int, int, string) {
	for colon := indexFrom(s, ":", from); colon >= 0; colon = indexFrom(s, ":", colon+1) {
		end := slash(s, slash(s, colon+1))
		if end == 0 {
			continue
		}
		start := colon
		for i := colon - 1; i >= from && (isAlphanumeric(s[i]) || strings.IndexByte("+.-", s[i]) >= 0); i-- {
			if isLetter(s[i]) {
				start = i
			}
		}
		if start < colon {
			end = skip(s, end, func(c byte) bool { return inWord(c) && c != '<' && c != '>' })
			return start, end, origin(s[start:end])
		}
	}
	return -1, 0, ""
}

// slash returns the end of a slash at an index, which may be escaped, or 0.
func slash(s string, i int) int {
	if i == 0 {
		return 0
	}
	if at(s, i) == '\\' {
		i++
	}
	if at(s, i) != '/' {
		return 0
	}
	return i + 1
}

// isAuthority reports whether s is a host with or without a port.
func isAuthority(s string) bool {
	end := strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '.' && r != '_' && r != '-'
	})
	if strings.HasPrefix(s, "[") {
		end = skip(s, 1, func(c byte) bool { return isHex(c) || c == ':' || c == '.' })
		if end == 1 || at(s, end) != ']' {
			return false
		}
		end++
	}
	if end < 0 || end == len(s) {
		return true
	}
	port := s[end+1:]
	return s[end] == ':' && len(port) >= 1 && len(port) <= 5 && consists(port, isDigit)
}

// isMediaType reports whether s is a media type of a registered kind, with a charset or
// without parameters.
func isMediaType(s string) bool {
	kind, rest, found := strings.Cut(s, "/")
	switch kind {
	case "application", "audio", "example", "font", "image", "message", "model", "multipart", "text", "video":
	default:
		return false
	}
	subtype, charset, parameter := strings.Cut(rest, ";")
	if parameter {
		charset, parameter = strings.CutPrefix(strings.TrimPrefix(charset, " "), "charset=")
		if !parameter || len(charset) < 1 || len(charset) > 20 || !consists(charset, inJWT) {
			return false
		}
	}
	return found && len(subtype) >= 1 && len(subtype) <= 80 &&
		consists(subtype, func(c byte) bool { return inJWT(c) || c == '.' || c == '+' })
}

// matchName returns the end of the name of a parameter or a field whose value is a secret,
// or 0. It starts at an index, and what follows it is given in lower case.
func matchName(s string, i int, next string) int {
	if !atBoundary(s, i) {
		return 0
	}
	first, _ := foldedRune(s[i:])
	for _, name := range names {
		if rune(name[0]) != first {
			continue
		}
		if end := matchFold(s, i, name); end > 0 && matchFold(s, end, next) > 0 {
			return end
		}
	}
	return 0
}

// names are the names of parameters and fields whose value is a secret.
var names = []string{
	"token", "access_token", "accesstoken", "refresh_token", "refreshtoken", "id_token", "idtoken",
	"subject_token", "subjecttoken", "actor_token", "actortoken",
	"client_secret", "clientsecret", "client_assertion", "clientassertion", "secret", "assertion",
	"password", "passwd", "passphrase", "pwd", "api_key", "apikey", "x-api-key",
	"signature", "sig", "code", "code_verifier", "sessionid",
}

// matchFold returns the end of text, which is in lower case, at an index of s, or 0.
func matchFold(s string, i int, text string) int {
	for j := range len(text) {
		r, size := foldedRune(s[i:])
		if r != rune(text[j]) {
			return 0
		}
		i += size
	}
	return i
}

// foldedRune returns the first rune of s in lower case if it is like an ASCII letter under
// case folding, and its size. It returns -1 for other runes outside of ASCII.
func foldedRune(s string) (rune, int) {
	switch {
	case s == "":
		return -1, 0
	case s[0] < utf8.RuneSelf:
		return rune(lower(s[0])), 1
	case strings.HasPrefix(s, "\u017f"): // long s
		return 's', 2
	case strings.HasPrefix(s, "\u212a"): // Kelvin sign
		return 'k', 3
	}
	return -1, 1
}

// containsFold reports whether s contains one of texts, which are in lower case.
func containsFold(s string, texts ...string) bool {
	for i := range len(s) {
		for _, text := range texts {
			if matchFold(s, i, text) > 0 {
				return true
			}
		}
	}
	return false
}

// atBoundary reports whether a word of ASCII letters, digits and underscores starts or ends
// at an index.
func atBoundary(s string, i int) bool { return isWord(at(s, i-1)) != isWord(at(s, i)) }

// at returns the byte at an index, or 0 outside of the text.
func at(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// skip returns the index of the first byte at or after from that is not of a class.
func skip(s string, from int, class func(byte) bool) int {
	for from < len(s) && class(s[from]) {
		from++
	}
	return from
}

func consists(s string, class func(byte) bool) bool { return skip(s, 0, class) == len(s) }

func indexFrom(s, text string, from int) int {
	if from > len(s) {
		return -1
	}
	i := strings.Index(s[from:], text)
	if i < 0 {
		return -1
	}
	return from + i
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isLetter(c byte) bool       { return 'a' <= lower(c) && lower(c) <= 'z' }
func isAlphanumeric(c byte) bool { return isDigit(c) || isLetter(c) }
func isWord(c byte) bool         { return isAlphanumeric(c) || c == '_' }
func isQuote(c byte) bool        { return c == '"' || c == '\'' }
func isSpace(c byte) bool        { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }

// inWord reports whether c may be in a word, which white space and quotes delimit.
func inWord(c byte) bool { return !isSpace(c) && !isQuote(c) }

func inHeader(c byte) bool    { return c != '\n' && c != ']' && c != '}' }
func inParameter(c byte) bool { return inWord(c) && strings.IndexByte("&;,", c) < 0 }
func inJWT(c byte) bool       { return isWord(c) || c == '-' }
func inCredentials(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("._~+/%*-", c) >= 0
}
