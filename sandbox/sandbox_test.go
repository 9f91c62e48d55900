package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// start starts a sandbox that ends with the test.
func start(t testing.TB, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// answer is what came back for a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request as any HTTP client would.
func send(t testing.TB, method, url, authorization, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return do(t, http.DefaultClient, req)
}

func do(t testing.TB, client *http.Client, req *http.Request) answer {
	t.Helper()
	rsp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{rsp.StatusCode, rsp.Header, body}
}

// want checks the status, and that everything said is JSON.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d; body %.300s", a.status, status, a.body)
	}
	if status == http.StatusNoContent {
		if len(a.body) > 0 {
			t.Fatalf("204 with a body: %.300s", a.body)
		}
		return a
	}
	if got := a.header.Get("Content-Type"); got != "application/json" || !json.Valid(a.body) {
		t.Fatalf("status %d: not JSON: %s %.300s", a.status, got, a.body)
	}
	return a
}

// code checks the status and the ErrorCode of a failure, and that it has a reason.
func (a answer) code(t testing.TB, status int, code string) {
	t.Helper()
	var body struct{ ErrorCode, Message string }
	a.want(t, status).decode(t, &body)
	if body.ErrorCode != code || body.Message == "" {
		t.Fatalf("status %d: %s, want ErrorCode %s and a message", status, a.body, code)
	}
}

func (a answer) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewReader(a.body)).Decode(into); err != nil {
		t.Fatalf("%v: %.300s", err, a.body)
	}
}

// accessToken gets a token by Basic with every scope the client may have.
func accessToken(t testing.TB, s *sandbox.Server, id, secret string, scopes ...string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {strings.Join(scopes, " ")}}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.TokenURL(), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	var token struct {
		AccessToken string `json:"access_token"`
	}
	do(t, http.DefaultClient, req).want(t, http.StatusOK).decode(t, &token)
	return token.AccessToken
}

// The job this project began with: a token, and the list of owner accounts.
func TestOwnersNeedTheSchemeBearer(t *testing.T) {
	s := start(t)
	token := accessToken(t, s, s.ClientID(), s.ClientSecret(), "read:owneraccounts", "read:owneraccount:permissions")

	wrong := send(t, "GET", s.BaseURL()+"/Owners", "access_token "+token, "")
	wrong.code(t, http.StatusUnauthorized, "Unauthorized")
	if got := wrong.header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate: %q, want Bearer", got)
	}

	var owners []struct{ ID, Name string }
	send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+token, "").want(t, http.StatusOK).decode(t, &owners)
	if len(owners) != 4 || owners[0].Name != "Home" || owners[0].ID == "" {
		t.Errorf("owners: %v", owners)
	}
	if s.TokenRequests() != 1 || s.Count("listOwners") != 2 {
		t.Errorf("counted %d token requests and %d lists", s.TokenRequests(), s.Count("listOwners"))
	}
}
