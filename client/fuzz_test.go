package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

var sentBearer = regexp.MustCompile(`^Bearer [0-9A-Za-z._~+/-]+=*$`)

// FuzzTokenResponse checks that any response of the token endpoint leads to a value, or to an
// error that contains no secret, and that only a valid token is sent.
func FuzzTokenResponse(f *testing.F) {
	for _, body := range []string{
		tokenBody, `{"access_token":"SECRET"}`, `{"access_token":"a b","expires_in":"x"}`, `{"access_token":"t","token_type":"mac"}`, `{"access_token":7}`,
		`{"access_token":"t","expires_in":1e400}`, `{"access_token":"t","expires_in":-99999999999}`, `{"error":"invalid_client","error_description":"SECRET is wrong"}`,
		`{"error":"SECRET"}`, `{"error":{"code":"SECRET"}}`, `{"error":"a\u0000\u202e"}`, `SECRET`, `{"SECRET`, `<html>SECRET`, `[]`, `null`, ``, `access_token=SECRET`,
	} {
		for _, status := range []int{200, 201, 302, 400, 401, 500} {
			f.Add(status, "application/json", "https://h/SECRET", body)
		}
		f.Add(200, "application/x-www-form-urlencoded", "", body)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, location, body string) {
		if status < 200 || status > 599 {
			t.Skip()
		}
		const secret = "the-s3cret"
		echo := strings.NewReplacer("SECRET", secret)
		calls := 0
		c := tokenEndpointAndAPI(t, func(req *http.Request) (*http.Response, error) {
			rsp := response(req, status, echo.Replace(body))
			rsp.Header = http.Header{"Content-Type": {contentType}, "Location": {echo.Replace(location)}}
			return rsp, nil
		}, func(req *http.Request) (*http.Response, error) {
			calls++
			if header := req.Header["Authorization"]; len(header) != 1 || !sentBearer.MatchString(header[0]) {
				t.Errorf("got Authorization %q, want one that matches %s", header, sentBearer)
			}
			return response(req, http.StatusOK, `[]`), nil
		})
		_, err := c.ListOwners(t.Context())
		if (err == nil) != (calls == 1) {
			t.Errorf("got %d API requests and error %v, want either a request or an error", calls, err)
		}
		if err == nil {
			return
		}
		if _, ok := errors.AsType[*api.Error](err); !ok {
			t.Errorf("got error %v, want an *api.Error", err)
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) || strings.ContainsAny(text, "\r\n\x1b") {
			t.Errorf("got error %q, want one line without the secret", text)
		}
	})
}

// tokenEndpointAndAPI returns a client whose in-memory servers call login and calls.
func tokenEndpointAndAPI(t *testing.T, login, calls roundTrip) *client.Client {
	t.Helper()
	c, err := client.New(client.WithCredentials("the-id", "the-s3cret"), anyOperation(), client.WithRetries(0),
		client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/connect/token") {
				return login(req)
			}
			return calls(req)
		})}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzPathValues checks that a request has the segments of its path template and that each
// value is received as it was passed, or that the request is not sent.
func FuzzPathValues(f *testing.F) {
	for _, value := range []string{
		"1", "", ".", "..", "...", "a/b", "a/../../b", `a\..\b`, "%2e%2e", "%2f", "?a=b", "#a", ";a=b", "a b", "+", "ä€😀", "\x00", "\xff", "//", "http://h", "{id}", "\r\nX: y",
	} {
		f.Add(value, "2", "3")
		f.Add("1", value, "3")
		f.Add("1", "2", value)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var sent *http.Request
		calls := inMemory(t, func(req *http.Request) (*http.Response, error) {
			sent = req
			return response(req, http.StatusOK, `{"id":"1"}`), nil
		})
		check := func(err error, template string, values ...string) {
			t.Helper()
			if sent == nil {
				pathErr, ok := errors.AsType[*api.PathValueError](err)
				if !ok || strings.Trim(pathErr.Value, ".") != "" || len(pathErr.Value) > 2 {
					t.Errorf("%q: got error %v, want none, or a PathValueError for an empty value, . or ..", values, err)
				}
				return
			}
			got, err := url.ParseRequestURI(sent.URL.RequestURI()) // as it is sent
			if err != nil {
				t.Fatal(err)
			}
			segments, want := strings.Split(got.EscapedPath(), "/"), strings.Split("/api/v1"+template, "/")
			if len(segments) != len(want) || got.RawQuery != "" || sent.URL.Host != "my.tapkey.com" {
				t.Fatalf("%q: got the URL %s, want https://my.tapkey.com/api/v1%s", values, sent.URL, template)
			}
			for i, segment := range segments {
				if want[i] == "*" {
					want[i], values = values[0], values[1:]
				}
				if plain, err := url.PathUnescape(segment); err != nil || plain != want[i] || segment == "." || segment == ".." {
					t.Errorf("%s: got segment %q, want %q", sent.URL, segment, want[i])
				}
			}
			sent = nil
		}
		_, err := calls.GetContact(t.Context(), a, b)
		check(err, "/Owners/*/Contacts/*", a, b)
		_, err = calls.RevokeGrant(t.Context(), a, b, nil)
		check(err, "/Owners/*/Grants/*/Revoke", a, b)
		_, err = calls.GetIdentityProviderUser(t.Context(), a, b, c)
		check(err, "/Owners/*/IdentityProviders/*/Users/*", a, b, c)
	})
}

// FuzzBaseURL checks that requests are sent to the origin of the base URL, with a path below
// it.
func FuzzBaseURL(f *testing.F) {
	for _, base := range []string{
		"https://my.tapkey.com/api/v1", "https://h", "https://h/", "https://h//", "https://h/a%2Fb", "https://h/a/../b", "https://h/./", "https://h/a b", "https://h/%2e%2e",
		"http://[::1]:8080/x", "HTTPS://H/X", "https://h/a;b=c", "https://h/a?b", "https://u@h", "h", "", "https://h/a:b", "https://h:0443/", "https://h:", "https://h/ %2F",
	} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, base string) {
		var sent *http.Request
		calls, err := tapkey.NewAPI(base, tapkey.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			sent = req
			return response(req, http.StatusOK, `{"id":"1"}`), nil
		})}))
		if err != nil {
			t.Skip()
		}
		if _, err := calls.GetOwner(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		want, err := engine.ParseBaseURL(base)
		if err != nil {
			t.Fatal(err)
		}
		if sent.URL.Scheme != want.Scheme || sent.URL.Host != strings.TrimSuffix(want.Host, ":") || sent.URL.User != nil || sent.URL.RawQuery != "" || sent.URL.Fragment != "" {
			t.Errorf("%q: got the URL %s, want the origin of %s", base, sent.URL, want)
		}
		if want.RawPath != "" && want.RawPath != want.EscapedPath() {
			return // an invalid encoding, which net/url replaces
		}
		path := strings.TrimSuffix(want.EscapedPath(), "/") + "/Owners/1"
		if got := sent.URL.EscapedPath(); got != path && (!strings.Contains(path, "/.") || !strings.HasSuffix(got, "/Owners/1")) {
			t.Errorf("%q: got the path %s, want %s", base, got, path)
		}
	})
}
