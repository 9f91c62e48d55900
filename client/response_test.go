package client_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
)

// refusing returns a client of a service that refuses token requests with a status and a
// body, and all other requests with 403.
func refusing(t *testing.T, status int, body string, opts ...client.Option) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Sender", "the-s3cret")
		if r.URL.Path != "/token" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	c, err := client.New(append([]client.Option{
		client.WithCredentials("the-id", "the-s3cret"), client.WithRetries(0),
		client.WithBaseURL(server.URL), client.WithTokenURL(server.URL + "/token"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A TokenError has the response without the secret, and says what the request was like.
func TestTokenErrorHasTheResponse(t *testing.T) {
	for style, want := range map[oauth2.AuthStyle]oauth2.AuthStyle{
		oauth2.AuthStyleInParams: oauth2.AuthStyleInParams, oauth2.AuthStyleInHeader: oauth2.AuthStyleInHeader,
	} {
		_, err := refusing(t, 403, "<html>the-s3cret is wrong", client.WithAuthStyle(style)).Token(t.Context())
		failed, ok := errors.AsType[*client.TokenError](err)
		if !ok {
			t.Fatalf("got error %v, want a TokenError", err)
		}
		equal(t, "grant type", failed.GrantType, "client_credentials")
		equal(t, "auth style", failed.AuthStyle, want)
		equal(t, "header", failed.Header.Get("X-Sender"), "***")
		equal(t, "body", string(failed.Body), "<html>*** is wrong")
	}
	var encoded bytes.Buffer
	failed := &client.TokenError{StatusCode: 403, Code: "x", GrantType: "y", Header: http.Header{"A": {"private"}}, Body: []byte("private")}
	if err := gob.NewEncoder(&encoded).Encode(failed); err != nil || strings.Contains(encoded.String(), "private") {
		t.Errorf("got %q, error %v, want an encoding without the response", encoded.String(), err)
	}
	var decoded client.TokenError
	if err := gob.NewDecoder(&encoded).Decode(&decoded); err != nil || decoded.Code != "x" || decoded.GrantType != "y" {
		t.Errorf("got %+v, error %v, want the error without its response", decoded, err)
	}
	_, err := refusing(t, 403, strings.Repeat("x", 20<<10)).Token(t.Context())
	if failed, ok := errors.AsType[*client.TokenError](err); !ok || len(failed.Body) != 16<<10 {
		t.Errorf("got error %v, want a TokenError with 16 KiB of the body", err)
	}
}

// A successful response without a usable token is ErrMalformedToken if it is JSON, and only
// then. Its body, which may have a token, is not kept.
func TestTokenResponseWithoutAToken(t *testing.T) {
	for body, want := range map[string]bool{
		`{}`: true, `{"access_token":5}`: true, `{"access_token":"the-`: true, ``: true, `[]`: true, `null`: true, "\ufeff {": true,
		`<html>`: false, `access_token=x`: false, `OK`: false,
	} {
		_, err := refusing(t, 200, body).Token(t.Context())
		failed, ok := errors.AsType[*client.TokenError](err)
		if !ok || errors.Is(err, client.ErrMalformedToken) != want || !errors.Is(err, api.ErrUnexpected) || failed.Body != nil {
			t.Errorf("%s: got error %v, want a TokenError without a body, ErrMalformedToken: %t", body, err, want)
		}
	}
}

// The error of a refused call reports whether a bearer token was sent, and whether the transport
// replaced it.
func TestWhatWasSent(t *testing.T) {
	source := client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "the-token"}))
	another := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "another"})
	same := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "the-token"})
	without := client.WithRequestEditor(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "access_token x")
		return nil
	})
	for name, test := range map[string]struct {
		opt            client.Option
		sent, replaced bool
	}{
		"token":                   {nil, true, false},
		"another scheme":          {without, false, false},
		"replaced":                {client.WithHTTPClient(oauth2.NewClient(context.Background(), another)), true, true},
		"replaced with the same":  {client.WithHTTPClient(oauth2.NewClient(context.Background(), same)), true, false},
		"transport, no own token": {client.WithHTTPClient(&http.Client{Transport: http.DefaultTransport}), true, false},
	} {
		c := refusing(t, 200, `{}`, source)
		if test.opt != nil {
			c = refusing(t, 200, `{}`, source, test.opt)
		}
		for call, err := range map[string]error{
			"ListOwners": func() error { _, err := c.ListOwners(t.Context()); return err }(),
			"Do":         func() error { _, err := c.Do(t.Context(), http.MethodGet, "/Unknown", nil, nil); return err }(),
		} {
			failed, ok := errors.AsType[*api.Error](err)
			if !ok || failed.StatusCode != http.StatusForbidden || failed.SentBearer != test.sent || errors.Is(err, client.ErrHeaderReplaced) != test.replaced {
				t.Errorf("%s, %s: got error %#v, want 403, SentBearer %t, ErrHeaderReplaced %t", name, call, err, test.sent, test.replaced)
			}
		}
	}
}

// NewTokenWithStyle sends the credentials in the given style, once.
func TestNewTokenWithStyle(t *testing.T) {
	var headers []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, fmt.Sprint(r.Header.Get("Authorization") != "", " ", r.FormValue("client_secret") != "", " ", r.FormValue("scope")))
		fmt.Fprint(w, `{"access_token":"x"}`)
	}))
	defer server.Close()
	c, err := client.New(client.WithCredentials("the-id", "the-s3cret"), client.WithTokenURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		if _, err := c.NewTokenWithStyle(t.Context(), style, "a", "b"); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.NewTokenWithStyle(t.Context(), oauth2.AuthStyleAutoDetect); !errors.Is(err, client.ErrConfig) {
		t.Errorf("got error %v, want ErrConfig", err)
	}
	equal(t, "requests", strings.Join(headers, ", "), "true false a b, false true a b")
}
