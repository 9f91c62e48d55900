package client_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestOwnersInTheSandbox(t *testing.T) {
	for name, style := range map[string]oauth2.AuthStyle{
		"body": oauth2.AuthStyleInParams, "basic": oauth2.AuthStyleInHeader,
	} {
		t.Run(name, func(t *testing.T) {
			server, err := sandbox.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			c, err := client.New(
				client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithAuthStyle(style),
				client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
			)
			if err != nil {
				t.Fatal(err)
			}
			owners, err := c.ListOwners(t.Context())
			if err != nil || len(owners) == 0 {
				t.Fatalf("ListOwners: got %v and error %v, want owners", owners, err)
			}
			for _, owner := range owners {
				got, err := c.GetOwner(t.Context(), owner.ID)
				if err != nil || got != owner {
					t.Errorf("GetOwner(%s): got %v and error %v, want %v", owner.ID, got, err, owner)
				}
			}
			equal(t, "token requests", server.TokenRequests(), 1)
			equal(t, "list requests", server.Count("listOwners"), 1)
		})
	}
}

func TestRequests(t *testing.T) {
	s := newService(t, nil, nil)
	var order []string
	editor := func(name string) tapkey.RequestEditorFn {
		return func(_ context.Context, req *http.Request) error {
			order = append(order, name)
			equal(t, "Authorization in editor "+name, req.Header.Get("Authorization"), "")
			return nil
		}
	}
	c := s.client(t, client.WithRequestEditor(editor("client")), client.WithScopes("read:owneraccounts", "read:grants"))
	filter := "name eq 'A+B' and active eq true"
	if _, err := c.ListContacts(t.Context(), "7", &tapkey.ListContactsParams{Filter: &filter}, editor("call")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"client", "call"}; !slices.Equal(order, want) {
		t.Errorf("got the order of editors %v, want %v", order, want)
	}
	req := s.api.all()[0]
	if want := "/base/api/v1/Owners/7/Contacts?%24filter=name%20eq%20%27A%2BB%27%20and%20active%20eq%20true"; req.RequestURI != want {
		t.Errorf("got the target %s,\nwant           %s", req.RequestURI, want)
	}
	for name, want := range map[string]string{"Authorization": "Bearer the-token", "Accept": "application/json"} {
		if got := req.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := req.Header.Get("User-Agent"); !strings.HasPrefix(got, "tapkey-go") {
		t.Errorf("got User-Agent %q, want prefix tapkey-go", got)
	}
	token := s.login.all()[0]
	want := "client_id=the-id&client_secret=the-s3cret&grant_type=client_credentials&scope=read%3Aowneraccounts+read%3Agrants"
	if token.Method != http.MethodPost || token.body != want || token.Header.Get("Authorization") != "" {
		t.Errorf("token request: got %s %s with Authorization %q, want POST %s without", token.Method, token.body, token.Header.Get("Authorization"), want)
	}
	equal(t, "token requests", len(s.login.all()), 1)
	equal(t, "API requests", len(s.api.all()), 1)
}

func TestSecretsAreEscaped(t *testing.T) {
	const id, secret = "my id:1", "s:/+%&= é√"
	for name, style := range map[string]oauth2.AuthStyle{
		"body": oauth2.AuthStyleInParams, "basic": oauth2.AuthStyleInHeader,
	} {
		t.Run(name, func(t *testing.T) {
			var gotID, gotSecret string
			s := newService(t, func(w http.ResponseWriter, req *http.Request) {
				gotID, gotSecret = req.PostFormValue("client_id"), req.PostFormValue("client_secret")
				if basicID, basicSecret, ok := req.BasicAuth(); ok {
					gotID, gotSecret = formDecode(basicID), formDecode(basicSecret)
				}
				respondJSON(http.StatusOK, map[string]any{"access_token": "t", "expires_in": 60})(w, req)
			}, nil)
			c := s.client(t, client.WithCredentials(id, secret), client.WithAuthStyle(style))
			if _, err := c.ListOwners(t.Context()); err != nil {
				t.Fatal(err)
			}
			if gotID != id || gotSecret != secret {
				t.Errorf("got credentials %q and %q, want %q and %q", gotID, gotSecret, id, secret)
			}
		})
	}
}

func TestWith(t *testing.T) {
	s := newService(t, nil, nil)
	c := s.client(t)
	variant, err := c.With(client.WithUserAgent("acme/1.0"), client.WithMaxResponseBytes(5))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := variant.ListOwners(t.Context()); !errors.Is(err, api.ErrTooLarge) {
		t.Errorf("response of more than 5 bytes: got error %v, want ErrTooLarge", err)
	}
	equal(t, "token requests", len(s.login.all()), 1)
	requests := s.api.all()
	equal(t, "User-Agent of the variant", requests[1].Header.Get("User-Agent"), "acme/1.0")
	if got := requests[0].Header.Get("User-Agent"); got == "acme/1.0" {
		t.Errorf("got User-Agent %q of the original client, want the default", got)
	}
}

func TestCallersHeaderIsKept(t *testing.T) {
	s := newService(t, nil, nil)
	_, err := s.client(t).ListOwners(t.Context(), func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "access_token abc")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Authorization", s.api.all()[0].Header.Get("Authorization"), "access_token abc")
	equal(t, "token requests", len(s.login.all()), 0)
}

func TestRequestToAnotherOriginIsNotSent(t *testing.T) {
	elsewhere := newService(t, nil, nil)
	for name, move := range map[string]func(*http.Request){
		"host":        func(req *http.Request) { req.URL.Host = strings.TrimPrefix(elsewhere.apiURL, "http://")[:15] },
		"port":        func(req *http.Request) { req.URL.Host = req.URL.Hostname() + ":1" },
		"scheme":      func(req *http.Request) { req.URL.Scheme = "https" },
		"Host header": func(req *http.Request) { req.Host = "evil.example" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, nil, nil)
			_, err := s.client(t).ListOwners(t.Context(), func(_ context.Context, req *http.Request) error {
				move(req)
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), "changed its origin") {
				t.Errorf("got error %v, want one with %q", err, "changed its origin")
			}
			equal(t, "requests", len(s.api.all())+len(s.login.all())+len(elsewhere.api.all()), 0)
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := newService(t, nil, nil)
		to := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.apiURL+"/secret/path?code=1")
			w.WriteHeader(status)
		}
		origin := strings.TrimSuffix(elsewhere.apiURL, "/base/api/v1")
		for name, s := range map[string]*service{"API": newService(t, nil, to), "token": newService(t, to, nil)} {
			_, err := s.client(t).CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "Home"})
			if !errors.Is(err, api.ErrRedirect) || !strings.HasSuffix(err.Error(), "to "+origin) {
				t.Errorf("%d from %s: got error %v, want ErrRedirect to %s", status, name, err, origin)
			}
		}
		equal(t, fmt.Sprintf("requests to the target after %d", status), len(elsewhere.api.all()), 0)
	}
}

func TestWithHTTPClient(t *testing.T) {
	handler := http.NewServeMux()
	handler.HandleFunc("/token", respondJSON(http.StatusOK, map[string]any{"access_token": "t", "expires_in": 60}))
	handler.HandleFunc("/api/v1/Owners", respondJSON(http.StatusOK, []any{}))
	server := httptest.NewTLSServer(handler)
	defer server.Close()
	options := []client.Option{
		client.WithCredentials("id", "secret"), client.WithRetries(0),
		client.WithBaseURL(server.URL + "/api/v1"), client.WithTokenURL(server.URL + "/token"),
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	own := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	before := *own
	c, err := client.New(append(options, client.WithHTTPClient(own))...)
	if err != nil {
		t.Fatal(err)
	}
	// Both endpoints use its transport and its certificates.
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	if own.Transport != before.Transport || own.CheckRedirect != nil || own.Timeout != 0 || own.Jar != nil {
		t.Errorf("got the http.Client %+v, want it unchanged: %+v", own, &before)
	}
	c, err = client.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ListOwners(t.Context())
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("unknown CA: got error %v, want a CertificateVerificationError", err)
	}
}

func TestTokenError(t *testing.T) {
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c, err := client.New(client.WithCredentials(server.ClientID(), "wr0ng-secret"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ListOwners(t.Context())
	tokenErr, ok := errors.AsType[*client.TokenError](err)
	if !ok || tokenErr.Code != "invalid_client" || tokenErr.StatusCode != http.StatusBadRequest {
		t.Fatalf("got error %#v, want a TokenError invalid_client with status 400", err)
	}
	failed, ok := errors.AsType[*api.Error](err)
	if !ok || failed.Operation != "listOwners" || failed.StatusCode != 0 {
		t.Errorf("got error %#v, want an Error of listOwners with status 0", err)
	}
	if strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("got error %q, want one with invalid_client and without the secret", err)
	}
	equal(t, "token requests", server.TokenRequests(), 1)
	equal(t, "API requests", server.Count("listOwners"), 0)
}

func TestLogContainsOnlyListedFields(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := newService(t, nil, respondJSON(http.StatusNotFound, map[string]any{"ErrorCode": "N0t"}))
	filter := "email eq 'private@example.com'"
	_, err := s.client(t, client.WithLogger(logger)).ListGrants(t.Context(), "0wner", &tapkey.ListGrantsParams{Filter: &filter})
	if !errors.Is(err, api.ErrNotFound) {
		t.Fatalf("got error %v, want ErrNotFound", err)
	}
	line := log.String()
	for _, want := range []string{`"operation":"listGrants"`, `"path":"/Owners/{ownerAccountId}/Grants"`, `"method":"GET"`, `"status":404`, `"duration":`} {
		if !strings.Contains(line, want) {
			t.Errorf("got %s, want %s in it", line, want)
		}
	}
	for _, secret := range []string{"private", "0wner", "the-token", "the-s3cret", "N0t"} {
		if strings.Contains(line, secret) {
			t.Errorf("got %s, want no %s in it", line, secret)
		}
	}
}

// Each attempt is logged with its number, and with the request ID of the response if that is
// valid.
func TestLogOfAttempts(t *testing.T) {
	for name, test := range map[string]struct {
		header http.Header
		want   string
	}{
		"none":          {nil, "<nil>"},
		"X-Request-Id":  {http.Header{"X-Request-Id": {"abc-1:2.3_4|5"}}, "abc-1:2.3_4|5"},
		"Request-Id":    {http.Header{"Request-Id": {"abc"}}, "abc"},
		"traceparent":   {http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		"line break":    {http.Header{"X-Request-Id": {"a\nb"}}, "<nil>"},
		"too long":      {http.Header{"X-Request-Id": {strings.Repeat("a", 65)}}, "<nil>"},
		"second header": {http.Header{"X-Request-Id": {"not an id"}, "Request-Id": {"abc"}}, "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				var bodies []string
				c := inMemory(t, failing(&bodies, test.header, 503, 0), client.WithLogger(logger))
				if _, err := c.GetOwner(t.Context(), "1"); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
					var entry map[string]any
					if err := json.Unmarshal([]byte(line), &entry); err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprint(entry["attempt"], " ", entry["status"], " ", entry["error"], " ", entry["request_id"]))
				}
				want := []string{"1 <nil> <nil> <nil>" /* the token */, "1 503 <nil> " + test.want, "2 <nil> no response <nil>", "3 200 <nil> <nil>"}
				if !slices.Equal(got, want) {
					t.Errorf("got the log %q, want %q", got, want)
				}
			})
		})
	}
}

// A 401 of any call is an error with a hint. The raw client returns the response instead.
func TestUnauthorizedHasAHint(t *testing.T) {
	s := newService(t, nil, respondJSON(http.StatusUnauthorized, map[string]any{"ErrorCode": "N0"}))
	c := s.client(t)
	_, listErr := c.ListOwners(t.Context())
	mine := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer mine")
		return nil
	}
	_, ownErr := c.ListOwners(t.Context(), mine)
	_, unknownErr := c.Do(t.Context(), http.MethodGet, "/Unknown", nil, nil)
	for want, err := range map[string]error{
		"listOwners: GET /Owners: 401 Unauthorized (N0): run tapkey doctor --operation listOwners to find the cause " +
			"(it needs the scope read:owneraccounts; requested: read:owneraccounts read:owneraccount:permissions)": listErr,
		"listOwners: GET /Owners: 401 Unauthorized (N0): run tapkey doctor --operation listOwners to find the cause " +
			"(it needs the scope read:owneraccounts)": ownErr,
		"GET: 401 Unauthorized (N0): run tapkey doctor to find the cause": unknownErr,
		"deletePermission: DELETE /Owners/{ownerAccountId}/Permissions/{permissionId}: 401 Unauthorized (N0): scope not requested: " +
			"it needs the scope write:owneraccount:permissions; requested: read:owneraccounts read:owneraccount:permissions: " +
			"request it, or run tapkey doctor --operation deletePermission": c.DeletePermission(t.Context(), "1", "2"),
	} {
		failed, ok := errors.AsType[*api.Error](err)
		if !ok || err.Error() != want {
			t.Errorf("got error %q, want %q", err, want)
		}
		if !errors.Is(err, api.ErrUnauthorized) || failed.Header.Get("Content-Type") == "" || len(failed.Body) == 0 {
			t.Errorf("got error %#v, want ErrUnauthorized with a header and a body", err)
		}
	}
	rsp, err := c.Raw().ListOwners(t.Context())
	if err != nil || rsp.StatusCode != http.StatusUnauthorized {
		t.Fatalf("raw client: got %v and error %v, want status 401", rsp, err)
	}
	rsp.Body.Close()
	forbidden := newService(t, nil, respondJSON(http.StatusForbidden, map[string]any{}))
	if _, err := forbidden.client(t).ListOwners(t.Context()); !strings.HasSuffix(err.Error(), ": 403 Forbidden") {
		t.Errorf("got error %q, want suffix : 403 Forbidden", err)
	}
}
