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

func TestOwnersOfTheSandbox(t *testing.T) {
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
				t.Fatalf("ListOwners: %v, %v", owners, err)
			}
			for _, owner := range owners {
				got, err := c.GetOwner(t.Context(), owner.ID)
				if err != nil || got != owner {
					t.Errorf("GetOwner(%s) = %v, %v, want %v", owner.ID, got, err, owner)
				}
			}
			if n := server.TokenRequests(); n != 1 {
				t.Errorf("%d token requests", n)
			}
			if n := server.Count("listOwners"); n != 1 {
				t.Errorf("%d requests for the list", n)
			}
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	s := newService(t, nil, nil)
	var order []string
	editor := func(name string) tapkey.RequestEditorFn {
		return func(_ context.Context, req *http.Request) error {
			order = append(order, name)
			if req.Header.Get("Authorization") != "" {
				t.Errorf("editor %s sees the Authorization header", name)
			}
			return nil
		}
	}
	c := s.client(t, client.WithRequestEditor(editor("client")), client.WithScopes("read:owneraccounts", "read:grants"))
	filter := "name eq 'A+B' and active eq true"
	if _, err := c.ListContacts(t.Context(), "7", &tapkey.ListContactsParams{Filter: &filter}, editor("call")); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, []string{"client", "call"}) {
		t.Errorf("editors ran as %v", order)
	}
	req := s.api.all()[0]
	if want := "/base/api/v1/Owners/7/Contacts?%24filter=name%20eq%20%27A%2BB%27%20and%20active%20eq%20true"; req.RequestURI != want {
		t.Errorf("sent to %s,\nwant    %s", req.RequestURI, want)
	}
	for name, want := range map[string]string{"Authorization": "Bearer the-token", "Accept": "application/json"} {
		if got := req.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := req.Header.Get("User-Agent"); !strings.HasPrefix(got, "tapkey-go") {
		t.Errorf("User-Agent is %q", got)
	}
	token := s.login.all()[0]
	want := "client_id=the-id&client_secret=the-s3cret&grant_type=client_credentials&scope=read%3Aowneraccounts+read%3Agrants"
	if token.Method != http.MethodPost || token.body != want || token.Header.Get("Authorization") != "" {
		t.Errorf("token request: %s %s, Authorization %q", token.Method, token.body, token.Header.Get("Authorization"))
	}
	if len(s.login.all()) != 1 || len(s.api.all()) != 1 {
		t.Errorf("%d token requests and %d calls", len(s.login.all()), len(s.api.all()))
	}
}

func TestAwkwardSecret(t *testing.T) {
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
				answerJSON(http.StatusOK, map[string]any{"access_token": "t", "expires_in": 60})(w, req)
			}, nil)
			c := s.client(t, client.WithCredentials(id, secret), client.WithAuthStyle(style))
			if _, err := c.ListOwners(t.Context()); err != nil {
				t.Fatal(err)
			}
			if gotID != id || gotSecret != secret {
				t.Errorf("the token endpoint read %q and %q", gotID, gotSecret)
			}
		})
	}
}

func TestVariants(t *testing.T) {
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
		t.Errorf("an answer of more than 5 bytes: %v", err)
	}
	if n := len(s.login.all()); n != 1 {
		t.Errorf("%d token requests", n)
	}
	calls := s.api.all()
	if got := calls[1].Header.Get("User-Agent"); got != "acme/1.0" {
		t.Errorf("the variant's User-Agent is %q", got)
	}
	if got := calls[0].Header.Get("User-Agent"); got == "acme/1.0" {
		t.Error("the variant has changed what it came from")
	}
}

func TestTheCallersHeaderIsLeftAlone(t *testing.T) {
	s := newService(t, nil, nil)
	_, err := s.client(t).ListOwners(t.Context(), func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "access_token abc")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.api.all()[0].Header.Get("Authorization"); got != "access_token abc" {
		t.Errorf("Authorization is %q", got)
	}
	if n := len(s.login.all()); n != 0 {
		t.Errorf("%d token requests for a call that needs none", n)
	}
}

func TestAMovedRequestIsNotSent(t *testing.T) {
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
				t.Errorf("got error %v, want one that says the origin was changed", err)
			}
			if n := len(s.api.all()) + len(s.login.all()) + len(elsewhere.api.all()); n != 0 {
				t.Errorf("%d requests were sent", n)
			}
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
				t.Errorf("%d from %s: %v", status, name, err)
			}
		}
		if n := len(elsewhere.api.all()); n != 0 {
			t.Errorf("%d: %d requests went elsewhere", status, n)
		}
	}
}

func TestOwnHTTPClient(t *testing.T) {
	handler := http.NewServeMux()
	handler.HandleFunc("/token", answerJSON(http.StatusOK, map[string]any{"access_token": "t", "expires_in": 60}))
	handler.HandleFunc("/api/v1/Owners", answerJSON(http.StatusOK, []any{}))
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
	// Its transport, with its certificates, serves both endpoints.
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Error(err)
	}
	if own.Transport != before.Transport || own.CheckRedirect != nil || own.Timeout != 0 || own.Jar != nil {
		t.Error("the caller's http.Client was changed")
	}
	c, err = client.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ListOwners(t.Context())
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("unknown CA: %v", err)
	}
}

func TestTokenRefused(t *testing.T) {
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
	refused, ok := errors.AsType[*client.TokenError](err)
	if !ok || refused.Code != "invalid_client" || refused.StatusCode != http.StatusBadRequest {
		t.Fatalf("got %#v", err)
	}
	failed, ok := errors.AsType[*api.Error](err)
	if !ok || failed.Operation != "listOwners" || failed.StatusCode != 0 {
		t.Errorf("got %#v", err)
	}
	if strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("the error says %q", err)
	}
	if n := server.TokenRequests(); n != 1 {
		t.Errorf("%d token requests", n)
	}
	if n := server.Count("listOwners"); n != 0 {
		t.Errorf("%d calls without a token", n)
	}
}

func TestLogIsAnAllowList(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := newService(t, nil, answerJSON(http.StatusNotFound, map[string]any{"ErrorCode": "N0t"}))
	filter := "email eq 'private@example.com'"
	_, err := s.client(t, client.WithLogger(logger)).ListGrants(t.Context(), "0wner", &tapkey.ListGrantsParams{Filter: &filter})
	if !errors.Is(err, api.ErrNotFound) {
		t.Fatal(err)
	}
	line := log.String()
	for _, want := range []string{`"operation":"listGrants"`, `"path":"/Owners/{ownerAccountId}/Grants"`, `"method":"GET"`, `"status":404`, `"duration":`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
	for _, secret := range []string{"private", "0wner", "the-token", "the-s3cret", "N0t"} {
		if strings.Contains(line, secret) {
			t.Errorf("%s is in %s", secret, line)
		}
	}
}

// TestTheLogTellsAttempts: each has its number, and the id that the server gives it, if
// that is one.
func TestTheLogTellsAttempts(t *testing.T) {
	for name, test := range map[string]struct {
		header http.Header
		want   string
	}{
		"none":           {nil, "<nil>"},
		"X-Request-Id":   {http.Header{"X-Request-Id": {"abc-1:2.3_4|5"}}, "abc-1:2.3_4|5"},
		"Request-Id":     {http.Header{"Request-Id": {"abc"}}, "abc"},
		"traceparent":    {http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		"a line break":   {http.Header{"X-Request-Id": {"a\nb"}}, "<nil>"},
		"as a token":     {http.Header{"X-Request-Id": {strings.Repeat("a", 65)}}, "<nil>"},
		"the second one": {http.Header{"X-Request-Id": {"no id"}, "Request-Id": {"abc"}}, "abc"},
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
				want := []string{"1 503 <nil> " + test.want, "2 <nil> no response <nil>", "3 200 <nil> <nil>"}
				if !slices.Equal(got, want) {
					t.Errorf("logged %q, want %q", got, want)
				}
			})
		})
	}
}

// TestA401SaysWhatToDo: whatever the call returns, and not on the raw client.
func TestA401SaysWhatToDo(t *testing.T) {
	s := newService(t, nil, answerJSON(http.StatusUnauthorized, map[string]any{"ErrorCode": "N0"}))
	c := s.client(t)
	_, listErr := c.ListOwners(t.Context())
	for operation, err := range map[string]error{
		"listOwners: GET /Owners": listErr,
		"deletePermission: DELETE /Owners/{ownerAccountId}/Permissions/{permissionId}": c.DeletePermission(t.Context(), "1", "2"),
	} {
		failed, ok := errors.AsType[*api.Error](err)
		if want := operation + ": 401 Unauthorized (N0): run tapkey doctor to find the cause"; !ok || err.Error() != want {
			t.Errorf("it says %q, want %q", err, want)
		}
		if !errors.Is(err, api.ErrUnauthorized) || failed.Header.Get("Content-Type") == "" || len(failed.Body) == 0 {
			t.Errorf("got %#v", err)
		}
	}
	rsp, err := c.Raw().ListOwners(t.Context())
	if err != nil || rsp.StatusCode != http.StatusUnauthorized {
		t.Fatal(rsp, err)
	}
	rsp.Body.Close()
	forbidden := newService(t, nil, answerJSON(http.StatusForbidden, map[string]any{}))
	if _, err := forbidden.client(t).ListOwners(t.Context()); !strings.HasSuffix(err.Error(), ": 403 Forbidden") {
		t.Errorf("it says %q", err)
	}
}
