package client_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

func TestNewRejects(t *testing.T) {
	good := client.WithCredentials("id", "s3cret")
	tests := map[string]struct {
		opts []client.Option
		want string
	}{
		"nothing":             {nil, "no credentials"},
		"no id":               {[]client.Option{client.WithCredentials("", "s3cret")}, "client id is missing"},
		"no secret":           {[]client.Option{client.WithCredentials("id", "")}, "client secret is missing"},
		"line break":          {[]client.Option{client.WithCredentials("id", "s3cret\n")}, "client secret begins or ends with a space"},
		"space before id":     {[]client.Option{client.WithCredentials(" id", "s3cret")}, "client id begins or ends with a space"},
		"nil option":          {[]client.Option{good, nil}, "an option is nil"},
		"nil source":          {[]client.Option{client.WithTokenSource(nil)}, "token source is nil"},
		"nil http client":     {[]client.Option{good, client.WithHTTPClient(nil)}, "http.Client is nil"},
		"nil editor":          {[]client.Option{good, client.WithRequestEditor(nil)}, "request editor is nil"},
		"empty base URL":      {[]client.Option{good, client.WithBaseURL("")}, "base URL: is empty"},
		"no scheme":           {[]client.Option{good, client.WithBaseURL("my.tapkey.com/api/v1")}, "base URL: has no scheme"},
		"other scheme":        {[]client.Option{good, client.WithBaseURL("ftp://my.tapkey.com")}, "base URL: is neither https nor http"},
		"plain http":          {[]client.Option{good, client.WithBaseURL("http://my.tapkey.com/api/v1")}, "base URL: plain http"},
		"like loopback":       {[]client.Option{good, client.WithBaseURL("http://localhost.example/api/v1")}, "base URL: plain http"},
		"like 127":            {[]client.Option{good, client.WithBaseURL("http://127.0.0.1.example/api/v1")}, "base URL: plain http"},
		"user info":           {[]client.Option{good, client.WithBaseURL("https://me:hunter2@my.tapkey.com/api/v1")}, "base URL: has user info"},
		"query":               {[]client.Option{good, client.WithBaseURL("https://my.tapkey.com/api/v1?tenant=1")}, "base URL: has a query"},
		"fragment":            {[]client.Option{good, client.WithBaseURL("https://my.tapkey.com/api/v1#top")}, "base URL: has a fragment"},
		"no host":             {[]client.Option{good, client.WithBaseURL("https:///api/v1")}, "base URL: has no host"},
		"invalid URL":         {[]client.Option{good, client.WithBaseURL("https://my.tapkey.com/%zz")}, "base URL: is not a URL"},
		"plain token URL":     {[]client.Option{good, client.WithTokenURL("http://login.tapkey.com/connect/token")}, "token URL: plain http"},
		"empty token URL":     {[]client.Option{good, client.WithTokenURL("")}, "token URL: is empty"},
		"empty scope":         {[]client.Option{good, client.WithScopes("read:owneraccounts", " ")}, "a scope is empty"},
		"two scopes in one":   {[]client.Option{good, client.WithScopes("read:owneraccounts read:grants")}, "pass each scope separately"},
		"no scope":            {[]client.Option{good, client.WithScopes()}, "no scopes to request"},
		"auto-detected style": {[]client.Option{good, client.WithAuthStyle(oauth2.AuthStyleAutoDetect)}, "auth style"},
		"negative retries":    {[]client.Option{good, client.WithRetries(-1)}, "retries: -1"},
		"no bytes":            {[]client.Option{good, client.WithMaxResponseBytes(0)}, "maximum response size: 0"},
		"empty pages":         {[]client.Option{good, client.WithPageSize(0)}, "page size: 0"},
		"negative read-ahead": {[]client.Option{good, client.WithReadAhead(-2)}, "read-ahead: -2"},
		"negative slow start": {[]client.Option{good, client.WithReadAheadSlowStart(-1)}, "read-ahead: -1"},
		"space as user agent": {[]client.Option{good, client.WithUserAgent(" ")}, "user agent is only spaces"},
		"user agent, 2 lines": {[]client.Option{good, client.WithUserAgent("a\r\nX: y")}, "contains a control character"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := client.New(test.opts...)
			if err == nil || c != nil {
				t.Fatalf("got client %v and error %v, want no client and an error", c, err)
			}
			text := err.Error()
			if !strings.Contains(text, test.want) || !strings.HasPrefix(text, "invalid configuration: ") {
				t.Errorf("got error %q, want invalid configuration: and %q", text, test.want)
			}
			if strings.ContainsAny(text, "\n\r") || strings.Contains(text, "hunter2") || strings.Contains(text, "s3cret") {
				t.Errorf("got error %q, want one line without a secret", text)
			}
		})
	}
}

func TestNewAccepts(t *testing.T) {
	good := client.WithCredentials("id", "s3cret")
	for name, opts := range map[string][]client.Option{
		"credentials":  {good},
		"source":       {client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}))},
		"loopback":     {good, client.WithBaseURL("http://127.0.0.1:80/api/v1"), client.WithTokenURL("http://[::1]/token")},
		"localhost":    {good, client.WithBaseURL("http://LOCALHOST/api/v1/")},
		"later option": {good, client.WithBaseURL("nonsense"), client.WithBaseURL("https://demo.example/api/v1")},
		"basic":        {good, client.WithAuthStyle(oauth2.AuthStyleInHeader)},
		"no retries":   {good, client.WithRetries(0)},
		"no token URL": {client.WithTokenSource(oauth2.StaticTokenSource(nil)), client.WithTokenURL("")},
		"nil logger":   {good, client.WithLogger(nil)},
	} {
		if _, err := client.New(opts...); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
	}
}

func TestFromEnv(t *testing.T) {
	for _, name := range []string{
		client.EnvClientID, client.EnvClientSecret, client.EnvBaseURI, client.EnvTokenEndpoint, client.EnvScopes,
	} {
		t.Setenv(name, "")
	}
	fails := func(want string, opts ...client.Option) {
		t.Helper()
		_, err := client.New(opts...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	works := func(opts ...client.Option) {
		t.Helper()
		if _, err := client.New(opts...); err != nil {
			t.Errorf("got error %v, want none", err)
		}
	}
	fails("TAPKEY_CLIENT_ID is missing", client.FromEnv())
	works(client.FromEnv(), client.WithCredentials("id", "secret"))
	works(client.WithCredentials("id", "secret"), client.FromEnv())
	works(client.FromEnv(), client.WithTokenSource(oauth2.StaticTokenSource(nil)))

	t.Setenv(client.EnvClientID, "id")
	fails("TAPKEY_CLIENT_SECRET is missing", client.FromEnv())

	t.Setenv(client.EnvClientSecret, "secret")
	works(client.FromEnv())

	for _, base := range []string{"https://demo.example", "https://demo.example/", "https://demo.example/api/v1"} {
		t.Setenv(client.EnvBaseURI, base)
		works(client.FromEnv())
	}
	t.Setenv(client.EnvBaseURI, "http://demo.example")
	fails("base URL: plain http", client.FromEnv())
	works(client.FromEnv(), client.WithBaseURL("https://demo.example/api/v1"))

	t.Setenv(client.EnvBaseURI, "")
	t.Setenv(client.EnvScopes, "read:grants  \"x\"")
	fails("contains a character that RFC 6749 does not allow", client.FromEnv())
}

func TestWithRejectsSharedOptions(t *testing.T) {
	c, err := client.New(client.WithCredentials("id", "s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	for name, opt := range map[string]client.Option{
		"WithCredentials":     client.WithCredentials("a", "b"),
		"WithTokenSource":     client.WithTokenSource(oauth2.StaticTokenSource(nil)),
		"WithScopes":          client.WithScopes("read:grants"),
		"WithOperations":      client.WithOperations("listGrants"),
		"WithAuthStyle":       client.WithAuthStyle(oauth2.AuthStyleInHeader),
		"WithBaseURL":         client.WithBaseURL("https://evil.example"),
		"WithTokenURL":        client.WithTokenURL("https://evil.example"),
		"WithEnvironment":     client.WithEnvironment(client.Sandbox),
		"WithTokenStore":      client.WithTokenStore(newMemoryStore()),
		"WithCredentialsFunc": client.WithCredentialsFunc(nil),
		"WithHTTPClient":      client.WithHTTPClient(&http.Client{}),
		"FromEnv":             client.FromEnv(),
	} {
		if _, err := c.With(opt); err == nil || !strings.Contains(err.Error(), name+" cannot be changed by With") {
			t.Errorf("With(%s): got error %v, want one with %q", name, err, name+" cannot be changed by With")
		}
	}
	if _, err := c.With(client.WithRetries(-1)); err == nil {
		t.Error("With(WithRetries(-1)): got no error, want one")
	}
	if _, err := c.With(client.WithRetries(0), client.WithPageSize(7)); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

func TestPrintingAClientShowsNoSecret(t *testing.T) {
	c, err := client.New(client.WithCredentials("id", "s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v %+v %#v %v %+v %#v %+v", c, c, c, *c, *c, *c, client.WithCredentials("id", "s3cret"))
	slog.New(slog.NewTextHandler(&b, nil)).Info("client", "client", c)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("client", "client", c)
	if strings.Contains(b.String(), "s3cret") {
		t.Errorf("got %s, want no secret in it", b.String())
	}
}

// TestCharacters checks that an inexact copy of a setting is refused, with the character and
// its place, from options and from the environment.
func TestCharacters(t *testing.T) {
	const secret, baseURL, tokenURL = "the-s3cret", "https://my.tapkey.example/api/v1", "https://login.tapkey.example/connect/token"
	settings := map[string]struct {
		value   string
		options func(string) []client.Option
		env     string
	}{
		"client id":     {"the-id", func(s string) []client.Option { return []client.Option{client.WithCredentials(s, secret)} }, client.EnvClientID},
		"client secret": {secret, func(s string) []client.Option { return []client.Option{client.WithCredentials("the-id", s)} }, client.EnvClientSecret},
		"base URL": {baseURL, func(s string) []client.Option {
			return []client.Option{client.WithCredentials("the-id", secret), client.WithBaseURL(s)}
		}, client.EnvBaseURI},
		"token URL": {tokenURL, func(s string) []client.Option {
			return []client.Option{client.WithCredentials("the-id", secret), client.WithTokenURL(s)}
		}, client.EnvTokenEndpoint},
		"scope": {"read:grants", func(s string) []client.Option {
			return []client.Option{client.WithCredentials("the-id", secret), client.WithScopes("read:locks", s)}
		}, client.EnvScopes},
	}
	characters := map[string]string{
		"\ufeff": "U+FEFF byte order mark", "\u200b": "U+200B zero width space", "\u200c": "U+200C zero width non-joiner",
		"\u200d": "U+200D zero width joiner", "\u2060": "U+2060 word joiner", "\u00ad": "U+00AD soft hyphen", "\u00a0": "U+00A0 no-break space",
		"\u202f": "U+202F narrow no-break space", "\u3000": "U+3000 ideographic space", "\u2003": "U+2003 space", "\u200e": "U+200E left-to-right mark",
		"\u200f": "U+200F right-to-left mark", "\u202e": "U+202E right-to-left override", "\u2066": "U+2066 left-to-right isolate",
		"\u061c": "U+061C Arabic letter mark", "\u2028": "U+2028 line separator", "\u0007": "U+0007 control character", "\u001b": "U+001B escape",
		"\t": "U+0009 tab", "\n": "U+000A line feed", "\r": "U+000D carriage return", "\u0085": "U+0085 next line", "\u007f": "U+007F delete",
		"\u034f": "U+034F combining grapheme joiner", "\ufe0f": "U+FE0F invisible character", "\U000e0041": "U+E0041 invisible character",
		"\u3164": "U+3164 Hangul filler", "\u2800": "U+2800 braille pattern blank",
	}
	for name, setting := range settings {
		refused := func(value, want string) {
			t.Helper()
			texts := map[string]error{}
			_, texts["option"] = client.New(setting.options(value)...)
			for _, variable := range []string{client.EnvClientID, client.EnvClientSecret, client.EnvBaseURI, client.EnvTokenEndpoint, client.EnvScopes} {
				t.Setenv(variable, "")
			}
			t.Setenv(client.EnvClientID, "the-id")
			t.Setenv(client.EnvClientSecret, secret)
			asciiSpace := name == "scope" && strings.Trim(value, "\t\n\r ") != value
			inner := name == "scope" && len(strings.Fields(value)) > 1 && strings.ContainsAny(value, "\t\n\r ")
			if !strings.Contains(value, "\x00") && !asciiSpace && !inner { // which separate scopes in the environment
				t.Setenv(setting.env, value)
				_, texts["environment"] = client.New(client.FromEnv())
			}
			for from, err := range texts {
				if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "invalid configuration: "+name) {
					t.Errorf("%s %q, %s: got error %v, want one about it with %q", name, value, from, err, want)
				} else if strings.Contains(err.Error(), "s3cret") || strings.ContainsAny(err.Error(), "\r\n\ufeff\u200b") {
					t.Errorf("%s %q, %s: got error %q, want one line without the secret", name, value, from, err)
				}
			}
		}
		middle := len(setting.value) / 2
		for character, want := range characters {
			refused(character+setting.value, want+" at the start")
			refused(setting.value+character, want+" at the end")
			refused(setting.value[:middle]+character+setting.value[middle:], want+" inside")
		}
		refused("\x00"+setting.value, "U+0000 null at the start")
		refused(" "+setting.value, "U+0020 space at the start")
		refused(setting.value+" ", "U+0020 space at the end")
		refused(`"`+setting.value+`"`, "U+0022 quotation mark at the start")
		refused("'"+setting.value+"'", "U+0027 apostrophe at the start")
		refused("\u201c"+setting.value+"\u201d", "U+201C left double quotation mark at the start")
		refused("\u201e"+setting.value+"\u201c", "U+201E double low-9 quotation mark at the start")
		refused("\u2018"+setting.value+"\u2019", "U+2018 left single quotation mark at the start")
		refused("\u00ab"+setting.value+"\u00bb", "U+00AB left guillemet at the start")
		refused("`"+setting.value+"`", "U+0060 grave accent at the start")
	}
	for _, value := range []string{`a"b"c`, `a'b`, `"ab`, `ab'`, `'ab"`, "a b", "gr\u00f6\u00dfe", "p@ss:w/rd?=&%41+", `"`, "\u201cab", "\u5bc6\u7801"} {
		if _, err := client.New(client.WithCredentials("the-id", value)); err != nil {
			t.Errorf("secret %q: got error %v, want none", value, err)
		}
	}
	if _, err := client.New(client.WithCredentials("the-id", "\xff\xfea\x00b\x00")); err == nil || !strings.Contains(err.Error(), "client secret is not valid UTF-8") {
		t.Errorf("UTF-16: got error %v, want one about UTF-8", err)
	}
	if _, err := tapkey.NewAPI("https://h/\u200bapi"); err == nil || !strings.Contains(err.Error(), "U+200B zero width space inside") {
		t.Errorf("NewAPI: got error %v, want one about the character", err)
	}
}
