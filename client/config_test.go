package client_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
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
		"WithCredentials": client.WithCredentials("a", "b"),
		"WithTokenSource": client.WithTokenSource(oauth2.StaticTokenSource(nil)),
		"WithScopes":      client.WithScopes("read:grants"),
		"WithAuthStyle":   client.WithAuthStyle(oauth2.AuthStyleInHeader),
		"WithBaseURL":     client.WithBaseURL("https://evil.example"),
		"WithTokenURL":    client.WithTokenURL("https://evil.example"),
		"WithHTTPClient":  client.WithHTTPClient(&http.Client{}),
		"FromEnv":         client.FromEnv(),
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
