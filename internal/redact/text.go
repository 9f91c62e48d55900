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
	s = replaceAll(s, locator)
	for _, form := range forms() {
		s = replaceAll(s, form)
	}
	s = replaceAll(s, anywhere(credentials))
	if len(s) > limit {
		s = Line(s, limit)
	}
	return s
}

// maxCode is the maximum length of an error code.
const maxCode = 64

// Code returns s if it looks like an error code, such as "invalid_client" or "1205", or is
// a mask. It returns "" for everything else: for words, for a URL and for what is long.
// RFC 6749, section 5.2, allows more, but no server uses it.
func Code(s string) string {
	if s == mask {
		return s
	}
	start := strings.TrimPrefix(s, "-")
	if len(s) > maxCode || !isAlphanumeric(at(start, 0)) || hasJWT(s) ||
		!consists(start, func(c byte) bool { return inJWT(c) || c == '.' || c == ':' }) {
		return ""
	}
	return s
}

// maxID is the maximum length of a request ID. An access token is longer.
const maxID = 64

// RequestID returns s if it looks like a request ID, and "" for everything else.
func RequestID(s string) string {
	if len(s) > maxID || hasJWT(s) ||
		!consists(s, func(c byte) bool { return inJWT(c) || c == '|' || c == ':' || c == '.' }) {
		return ""
	}
	return s
}

// MediaType returns the value of a Content-Type header if it is a media type of a registered
// kind, with a charset or without parameters. It returns "..." for everything else.
func MediaType(contentType string) string {
	if !isMediaType(contentType) {
		return "..."
	}
	return contentType
}

// TokenType returns s if it is a registered type of access tokens (RFC 6749, section 7.1).
// It returns "..." for everything else.
func TokenType(s string) string {
	for _, registered := range []string{"bearer", "dpop", "mac", "n_a", "pop"} {
		if strings.EqualFold(s, registered) {
			return s
		}
	}
	return "..."
}

// URL returns a URL without user info, query and fragment, and "" if s is not a URL.
func URL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// origin returns scheme, host and port of a match of locator, with the punctuation that
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
	if !isAuthority(host) || at < 0 && strings.Contains(rest, "@") {
		host = "..."
	}
	return scheme + "://" + host + after
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
