package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// encodings are the ways in which a server may repeat a secret.
var encodings = map[string]func(string) string{
	"plain":         func(s string) string { return s },
	"upper case":    strings.ToUpper,
	"query":         url.QueryEscape,
	"path":          url.PathEscape,
	"twice":         func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"each byte":     func(s string) string { return percent(s, "%%%02X") },
	"lower hex":     func(s string) string { return percent(s, "%%%02x") },
	"JSON":          func(s string) string { b, _ := json.Marshal(s); return strings.Trim(string(b), `"`) },
	"JSON slash":    func(s string) string { return strings.ReplaceAll(s, "/", `\/`) },
	"JSON units":    func(s string) string { return units(s) },
	"Go":            func(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) },
	"HTML":          html.EscapeString,
	"HTML numbers":  func(s string) string { return strings.ReplaceAll(s, "/", "&#47;") },
	"base64":        func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64url":     func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"Basic":         func(s string) string { return base64.StdEncoding.EncodeToString([]byte("the-id:" + s)) },
	"Basic, 1 more": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("the-id1:" + s)) },
	"Basic, 2 more": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("the-id12:" + s + "!")) },
	"Basic, form": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte("the-id:" + url.QueryEscape(s)))
	},
	"Basic in query": func(s string) string {
		return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("the-id:" + s)))
	},
	"after letters": func(s string) string { return "xy" + base64.StdEncoding.EncodeToString([]byte(s)) },
	"wrapped": func(s string) string {
		b := base64.StdEncoding.EncodeToString([]byte(s))
		return b[:7] + "\r\n " + b[7:]
	},
	"JSON twice":      func(s string) string { return strings.ReplaceAll(units(s), `\`, `\\`) },
	"JavaScript":      func(s string) string { return percent(s, `\x%02x`) },
	"code points":     func(s string) string { return runes(s, `\u{%X}`) },
	"hex, colons":     func(s string) string { return strings.Trim(percent(s, "%02x:"), ":") },
	"hex, spaces":     func(s string) string { return strings.Trim(percent(s, "%02X "), " ") },
	"hex, 0x":         func(s string) string { return strings.Trim(percent(s, "0x%02x, "), ", ") },
	"hexadecimal":     func(s string) string { return hex.EncodeToString([]byte(s)) },
	"zero width":      func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") },
	"form":            func(s string) string { return url.Values{"client_id": {"a"}, "client_secret": {s}}.Encode() },
	"JSON in base64":  func(s string) string { b, _ := json.Marshal([]string{s}); return base64.StdEncoding.EncodeToString(b) },
	"base64 in quote": func(s string) string { return `"` + base64.StdEncoding.EncodeToString([]byte(s)) + `"` },
}

func percent(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func runes(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func units(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	return b.String()
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"the-s3cret", "pw/+=&%41 <x>\"'\\", "gr\u00f6\u00dfe/Schl\u00fcssel", "aGVsbG8gd29ybGQ=", "k\U0001f511y-\U0001f600"} {
		secrets := redact.NewSecrets(secret)
		for name, encode := range encodings {
			encoded := encode(secret)
			text := "refused: " + encoded + " right?"
			got := secrets.Hide(text)
			if secrets.In(got) || strings.Contains(got, encoded) || !strings.Contains(got, "***") {
				t.Errorf("%s of %q: got %q, want *** in its place", name, secret, got)
			}
			if len(got) > 3 && !strings.HasPrefix(got, "refused: ") {
				t.Errorf("%s of %q: got %q, want the other words", name, secret, got)
			}
		}
		for _, text := range []string{"", "invalid_client", "the client secret is wrong", strings.Repeat("no secret in a long text. ", 100)} {
			if got := secrets.Hide(text); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
	if got := redact.NewSecrets("", "a").Hide("a b"); got != "a b" {
		t.Errorf("got %q, want too short a secret ignored", got)
	}
}

func TestSecretsError(t *testing.T) {
	t.Parallel()
	secrets := redact.NewSecrets("the-s3cret")
	own := errors.New("saw the-s3cret at https://h/?q=1")
	err := secrets.Error(own)
	if got, want := err.Error(), "saw *** at https://h"; got != want || !errors.Is(err, own) {
		t.Errorf("got error %q, want %q and the same error", got, want)
	}
	if plain := errors.New("plain"); secrets.Error(plain) != plain { //nolint:errorlint // the same value, not one that wraps it
		t.Error("got another error, want the same one if its text may be shown")
	}
}

func TestSent(t *testing.T) {
	t.Parallel()
	h := http.Header{
		"Authorization": {"Bearer the-token"}, "Proxy-Authorization": {"Basic bWU6aHVudGVyMg=="}, "Cookie": {"a=c00kie1; b=c00kie2"},
		"X-Api-Key": {"the-key"}, "User-Agent": {"tapkey-go/v1"}, "Accept": {"application/json"}, "X-Auth-Short": {"1"},
	}
	sent := redact.Sent(h)
	for _, secret := range []string{"the-token", "hunter2", "bWU6aHVudGVyMg==", "c00kie1", "c00kie2", "the-key"} {
		if got := sent.Hide("x " + secret + " y"); got != "x *** y" {
			t.Errorf("%s: got %q, want x *** y", secret, got)
		}
	}
	for _, text := range []string{"tapkey-go/v1 application/json 1", "Bearer", ""} {
		if got := sent.Hide(text); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	received := http.Header{"X-Echo": {"a", "Bearer the-token"}, "Date": {"now"}, "the-token ": {"x"}}
	got := sent.Header(received)
	if got["X-Echo"][1] != "Bearer ***" || got["X-Echo"][0] != "a" || received["X-Echo"][1] != "Bearer the-token" || len(got) != 3 || got["*** "] == nil {
		t.Errorf("got header %v from %v, want a copy without the token", got, received)
	}
	if redact.Sent(nil).In("anything") {
		t.Error("got a secret of an empty header, want none")
	}
}
