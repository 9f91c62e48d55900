package redact

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Secrets are secrets that were sent, and that a response may repeat.
type Secrets []secret

// secret is a secret with the forms in which it is looked for.
type secret struct {
	text  string
	forms []string // folded; also unescaped, because it may look like an escape
}

const (
	minSecret = 3 // length from which a secret of the configuration is looked for
	minSent   = 6 // length from which a value of a header is
)

// NewSecrets returns the secrets among values: those that are long enough.
func NewSecrets(values ...string) Secrets { return newSecrets(minSecret, values) }

func newSecrets(least int, values []string) Secrets {
	var secrets Secrets
	for _, value := range values {
		s := secret{text: value}
		for range maxDepth {
			if form := fold(value); len(form) >= least {
				s.forms = append(s.forms, form)
			}
			value = unescape(value)
		}
		if len(s.forms) > 0 {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// Sent returns the secrets in the header of a request.
func Sent(h http.Header) Secrets {
	var values []string
	for name, lines := range h {
		if !isSensitive(name) {
			continue
		}
		for _, line := range lines {
			values = append(values, parts(name, line)...)
		}
	}
	return newSecrets(minSent, values)
}

// isSensitive reports whether the value of a header is a secret, by its name.
func isSensitive(name string) bool {
	return containsFold(name, "auth", "cookie", "key", "password", "secret", "signature", "token")
}

// parts returns the secrets in the value of a header.
func parts(name, value string) []string {
	if http.CanonicalHeaderKey(name) == "Cookie" {
		cookies, _ := http.ParseCookie(value)
		var values []string
		for _, c := range cookies {
			values = append(values, c.Value)
		}
		return values
	}
	scheme, value, found := strings.Cut(strings.TrimSpace(value), " ")
	if !found {
		return []string{scheme}
	}
	values := []string{strings.TrimSpace(value)}
	if user, password, ok := basic(scheme, value); ok {
		values = append(values, password)
		if decoded, err := url.QueryUnescape(password); err == nil {
			values = append(values, decoded)
		}
		if password == "" { // some APIs take a key as the user
			values = append(values, user)
		}
	}
	return values
}

func basic(scheme, value string) (user, password string, ok bool) {
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}

// Hide returns text with the secrets replaced, in whatever encoding they are in it.
func (s Secrets) Hide(text string) string {
	if !s.In(text) {
		return text
	}
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret.text, mask)
	}
	text = replaceAll(text, func(text string, from int) (int, int, string) {
		start := skip(text, from, func(c byte) bool { return !inToken(c) })
		end := skip(text, start, inToken)
		switch {
		case start == end:
			return -1, 0, ""
		case s.In(text[start:end]):
			return start, end, mask
		}
		return start, end, text[start:end]
	})
	if s.In(text) {
		return mask
	}
	return text
}

// inToken reports whether c may be in a part of a text that is replaced as a whole.
func inToken(c byte) bool { return inWord(c) && strings.IndexByte("<>,;{}()[]", c) < 0 }

// Error returns err with a text that may be shown and has no secret in it.
func (s Secrets) Error(err error) error {
	if err == nil {
		return nil
	}
	return withText(err, s.Hide(ErrorText(err)))
}

// Header returns h with the secrets in its names and values replaced. It returns a copy if
// there are any.
func (s Secrets) Header(h http.Header) http.Header {
	var hidden http.Header // nil unless there is a secret
	for name, values := range h {
		for _, text := range append([]string{name}, values...) {
			if hidden == nil && s.In(text) {
				hidden = make(http.Header, len(h))
			}
		}
	}
	if hidden == nil {
		return h
	}
	for name, values := range h {
		name = s.Hide(name)
		for _, value := range values {
			hidden[name] = append(hidden[name], s.Hide(value))
		}
	}
	return hidden
}

// maxDepth is how often a text is unescaped.
const maxDepth = 3

// In reports whether a secret is in text, as it is or encoded: percent-encoded, escaped as
// in JSON or HTML, in base64 or in hexadecimal, or in several of them.
func (s Secrets) In(text string) bool {
	if len(s) == 0 {
		return false
	}
	for range maxDepth {
		if s.unescaped(text) || s.inBase64(text) || s.inHex(text) {
			return true
		}
		next := unescape(text)
		if next == text {
			break
		}
		text = next
	}
	return false
}

// unescaped reports whether a secret is in text, as it is or escaped.
func (s Secrets) unescaped(text string) bool {
	for range maxDepth {
		folded := fold(text)
		for _, secret := range s {
			for _, form := range secret.forms {
				if strings.Contains(folded, form) {
					return true
				}
			}
		}
		next := unescape(text)
		if next == text {
			break
		}
		text = next
	}
	return false
}

// shortest returns the length of the shortest secret.
func (s Secrets) shortest() int {
	least := len(s[0].text)
	for _, secret := range s {
		for _, form := range secret.forms {
			least = min(least, len(form))
		}
	}
	return least
}

func (s Secrets) inBase64(text string) bool {
	text = withoutSpace(text) // base64 may be wrapped
	for run := range runs(text, isBase64, s.shortest()*4/3) {
		for start := range 4 { // the run may begin with other text
			if s.unescaped(decodeBase64(run[min(start, len(run)):])) {
				return true
			}
		}
	}
	return false
}

func (s Secrets) inHex(text string) bool {
	text = hexSeparators.Replace(text)
	for run := range runs(text, isHex, s.shortest()*2) {
		for start := range 2 {
			part := run[start:]
			decoded, _ := hex.DecodeString(part[:len(part)&^1])
			if s.unescaped(string(decoded)) {
				return true
			}
		}
	}
	return false
}

// hexSeparators removes what may separate the bytes, as in 73:33 and 0x73, 0x33.
var hexSeparators = strings.NewReplacer("0x", "", "0X", "", ":", "", ",", "", "-", "", " ", "", "\t", "", "\r", "", "\n", "")

// runs returns the parts of s that consist of the given bytes and are not shorter than least.
func runs(s string, of func(byte) bool, least int) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := 0; i <= len(s); i++ {
			if i < len(s) && of(s[i]) {
				continue
			}
			if i-start >= max(least, 2) && !yield(s[start:i]) {
				return
			}
			start = i + 1
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}

// decodeBase64 decodes base64 or base64url without padding, and ignores what is left over.
func decodeBase64(s string) string {
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
		s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	}
	decoded, _ := encoding.DecodeString(s)
	return string(decoded)
}

func withoutSpace(s string) string {
	if strings.IndexFunc(s, separates) < 0 {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, separates), "")
}

// unescape decodes the escapes of URLs, of JSON and of HTML once.
func unescape(s string) string {
	if !strings.ContainsAny(s, `%\&`) {
		return s
	}
	s = replaceAll(s, anywhere(escape))
	return html.UnescapeString(s)
}

// escape matches the escapes of URLs, of JSON (two for a character above U+FFFF), of
// JavaScript and of Go, and decodes them.
func escape(s string, i int) (int, string) {
	c, kind := s[i], at(s, i+1)
	switch {
	case c != '%' && c != '\\':
	case kind == 'u' && hexadecimal(s, i+2, 4):
		value := codePoint(s[i+2 : i+6])
		if c == '\\' && strings.HasPrefix(s[i+6:], `\u`) && hexadecimal(s, i+8, 4) {
			low := codePoint(s[i+8 : i+12])
			if isPair(value, low) {
				return i + 12, string(utf16.DecodeRune(value, low))
			}
		}
		return i + 6, string(value)
	case c == '\\' && kind == 'u' && at(s, i+2) == '{':
		end := skip(s, i+3, isHex)
		if digits := end - (i + 3); digits >= 1 && digits <= 6 && at(s, end) == '}' {
			return end + 1, string(codePoint(s[i+3 : end]))
		}
	case c == '\\' && kind == 'U' && hexadecimal(s, i+2, 8):
		return i + 10, string(codePoint(s[i+2 : i+10]))
	case c == '%' && hexadecimal(s, i+1, 2):
		return i + 3, string([]byte{byte(codePoint(s[i+1 : i+3]))})
	case c == '\\' && kind == 'x' && hexadecimal(s, i+2, 2):
		return i + 4, string([]byte{byte(codePoint(s[i+2 : i+4]))})
	case c == '\\' && (isQuote(kind) || kind == '\\' || kind == '/'):
		return i + 2, string(kind)
	}
	return 0, ""
}

// isPair reports whether two units of UTF-16 are a character above U+FFFF.
func isPair(high, low rune) bool { return high>>10 == 0xd800>>10 && low>>10 == 0xdc00>>10 }

// hexadecimal reports whether there are n hexadecimal digits at an index.
func hexadecimal(s string, i, n int) bool {
	return i+n <= len(s) && consists(s[i:i+n], isHex)
}

// codePoint returns the number that hexadecimal digits stand for.
func codePoint(digits string) rune {
	value, _ := strconv.ParseUint(digits, 16, 32)
	return rune(value)
}
