package redact_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		" a  b ":                  "a b",
		"a\r\nb\tc\x1b[2Jd":       "a b c [2Jd",
		"a\u2028\u202eb\u00a0c":   "a b c",
		"a\xffb":                  "ab",
		"0123456789abcdef":        "0123456789abcdef",
		"0123456789abcdefg":       "0123456789abcdef",
		"0123456789abcde\u00e4 x": "0123456789abcde",
	} {
		if got := redact.Line(text, 16); got != want {
			t.Errorf("Line(%q, 16): got %q, want %q", text, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":        "",
		"a\r\n b": "a b",
		"no response within 30s: context deadline exceeded": "no response within 30s: context deadline exceeded",
		"redirect not followed: to https://h.example:8443":  "redirect not followed: to https://h.example:8443",
		`malformed token: begins with "Bearer ", which`:     `malformed token: begins with "Bearer ", which`,
		`content type "text/html; charset=utf-8"`:           `content type "text/html; charset=utf-8"`,
		"bearer token not sent: plain http is for loopback": "bearer token not sent: plain http is for loopback",
		`Bearer realm="x", error="invalid_token"`:           `Bearer realm="x", error="invalid_token"`,
		"dial tcp 127.0.0.1:1: connect: connection refused": "dial tcp 127.0.0.1:1: connect: connection refused",
		"check the client id and the client secret":         "check the client id and the client secret",

		"get https://h/p?key=s3cret: failed":                            "get https://h: failed",
		"see https://h.":                                                "see https://h.",
		`Get "https://me:s3cret@h:1/p#s3cret": x`:                       `Get "https://h:1": x`,
		"https://s3cret@h/":                                             "https://h",
		"https://me:s3/cret@h/":                                         "https://...",
		"https://me:s3cret":                                             "https://...",
		"socks5://me:s3cret@[::1]:1080 refused":                         "socks5://[::1]:1080 refused",
		`{"url":"https:\/\/me:s3cret@h\/p?q=s3cret"}`:                   `{"url":"https://h"}`,
		"at https%3A%2F%2Fh%2F%3Ftoken%3Ds3cret now":                    "at ... now",
		"me:s3cret@proxy:3128 refused":                                  "...@proxy:3128 refused",
		"/login?token=s3cret&x=1 moved":                                 "/login?... moved",
		"client_id=a&client_secret=s3cret&scope=b":                      "client_id=a&client_secret=***&scope=b",
		"password=s3cret;":                                              "password=***;",
		`{"access_token":"s3cret","expires_in":1}`:                      `{"access_token":"***","expires_in":1}`,
		`"{\"access_token\": \"s3cret\"}"`:                              `"{\"access_token\": \"***\"}"`,
		"client_secret%3Ds3cret":                                        "client_secret=***",
		"map[Authorization:[Bearer s3cret] Accept:[a]]":                 "map[Authorization:***] Accept:[a]]",
		"Authorization: s3cret":                                         "Authorization: ***",
		"Cookie: a=s3cret; b=s3cret":                                    "Cookie: ***",
		"got Bearer s3cret.x-y/z== back":                                "got Bearer *** back",
		"got bearer s3cret, Basic czNjcmV0":                             "got bearer ***, Basic ***",
		"Bearer%20s3cret":                                               "Bearer ***",
		"token eyJhbGciOiJub25lIn0.eyJhIjoxfQ. rejected":                "token *** rejected",
		`oauth2: "invalid_client" "it is s3cret"`:                       `oauth2: "invalid_client"`,
		"oauth2: cannot fetch token: 400 Bad Request\nResponse: s3cret": "oauth2: cannot fetch token: 400 Bad Request",
	} {
		got := redact.Text(text, 512)
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
		if again := redact.Text(got, 512); again != got {
			t.Errorf("%s: got %q from %q, want it unchanged", text, again, got)
		}
	}
	if got, want := redact.Text(strings.Repeat("x", 1000), 512), strings.Repeat("x", 512); got != want {
		t.Errorf("got %d bytes, want 512", len(got))
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_client", "InvalidToken", "Q1", "1205", "-1", "urn:x:y", "a.b-c", "***", strings.Repeat("x", 64)} {
		if got := redact.Code(code); got != code {
			t.Errorf("%s: got %q, want it unchanged", code, got)
		}
	}
	for _, text := range []string{
		"", " ", "two words", "a\nb", "a\x00", "\ufeffa", "https://h", "//h", "a@example.com", "a=b", "a&b", "50%", "a\"", "<b>", "größe", "eyJhbGciOiJub25lIn0",
		strings.Repeat("x", 65), "****",
	} {
		if got := redact.Code(text); got != "" {
			t.Errorf("%q: got code %q, want none", text, got)
		}
	}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New(`malformed HTTP response "Bearer s3cret"`), `malformed HTTP response "..."`},
		{errors.New(`malformed MIME header line: "a \"s3cret\" b"`), `malformed MIME header line: "..."`},
		{errors.New(`cut off "s3cret`), `cut off "..."`},
		{errors.New(`GOAWAY; ErrCode=NO_ERROR, debug=""`), `GOAWAY; ErrCode=NO_ERROR, debug=""`},
		{errors.New(`invalid proxy address "http://me:s3 cret@h": parse "http://me:s3 cret@h": net/url: invalid userinfo`), `invalid proxy address "...": parse "...": net/url: invalid userinfo`},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "h"}}, "proxyconnect tcp: lookup h: no such host"},
		{context.Canceled, "context canceled"},
	} {
		err := redact.Transport(test.err)
		if err.Error() != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v: got %q, want %q and the same error", test.err, err, test.want)
		}
	}
	if err := redact.Transport(nil); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	inner := errors.New(`invalid port ":s3cret" after host`)
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("reason"), "reason"},
		{&url.Error{Op: "Get", URL: "https://me:s3cret@h/?q=s3cret", Err: errors.New("no route")}, "no route"},
		{fmt.Errorf("attempt 3: %w", &url.Error{Op: "parse", URL: "s3cret", Err: inner}), `attempt 3: invalid port "..." after host`},
		{fmt.Errorf("attempt 3: %v", &url.Error{Op: "parse", URL: "https://h:s3cret", Err: inner}), `attempt 3: parse "...": invalid port "..." after host`}, //nolint:errorlint // only the text is left of the error
		{errors.Join(&url.Error{Op: "Get", URL: "https://h/?s3cret=1", Err: errors.New("a")}, &url.Error{Op: "Put", URL: "https://h/?s3cret=1", Err: errors.New("b")}), `a Put "https://h": b`},
	} {
		err := redact.Error(test.err)
		if err.Error() != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v: got %q, want %q and the same error", test.err, err, test.want)
		}
		if shown := fmt.Sprintf("%#v %+v", err, err); strings.Contains(shown, "s3cret") {
			t.Errorf("got %s, want no text of the original", shown)
		}
	}
}
