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

// start starts a sandbox and closes it when the test ends.
func start(t testing.TB, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: got error %v, want none", err)
		}
	})
	return s
}

// response is what came back for a request.
type response struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request as any HTTP client would.
func send(t testing.TB, method, url, authorization, body string) response {
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

func do(t testing.TB, client *http.Client, req *http.Request) response {
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
	return response{rsp.StatusCode, rsp.Header, body}
}

// want checks the status, and that the body is JSON.
func (a response) want(t testing.TB, status int) response {
	t.Helper()
	if a.status != status {
		t.Fatalf("got status %d, want %d; body %.300s", a.status, status, a.body)
	}
	if status == http.StatusNoContent {
		if len(a.body) > 0 {
			t.Fatalf("status 204: got body %.300s, want none", a.body)
		}
		return a
	}
	if got := a.header.Get("Content-Type"); got != "application/json" || !json.Valid(a.body) {
		t.Fatalf("status %d: got Content-Type %q and body %.300s, want JSON", a.status, got, a.body)
	}
	return a
}

// code checks the status and the ErrorCode of an error response, and that it has a message.
func (a response) code(t testing.TB, status int, code string) {
	t.Helper()
	var body struct{ ErrorCode, ErrorMessage string }
	a.want(t, status).decode(t, &body)
	if body.ErrorCode != code || body.ErrorMessage == "" {
		t.Fatalf("status %d: got body %s, want ErrorCode %s and a message", status, a.body, code)
	}
}

func (a response) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewReader(a.body)).Decode(into); err != nil {
		t.Fatalf("got body %.300s (%v), want JSON of a %T", a.body, err, into)
	}
}

// accessToken gets a token with Basic authentication. Without scopes it has all scopes that
// the client may request.
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

// The problem this project started with: a token, and a 401 from the list of owner accounts.
func TestOwnersNeedTheSchemeBearer(t *testing.T) {
	s := start(t)
	token := accessToken(t, s, s.ClientID(), s.ClientSecret(), "read:owneraccounts", "read:owneraccount:permissions")

	wrong := send(t, "GET", s.BaseURL()+"/Owners", "access_token "+token, "")
	wrong.code(t, http.StatusUnauthorized, "Unauthorized")
	if got := wrong.header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("got WWW-Authenticate %q, want Bearer", got)
	}

	var owners []struct{ ID, Name string }
	send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+token, "").want(t, http.StatusOK).decode(t, &owners)
	if len(owners) != 4 || owners[0].Name != "Home" || owners[0].ID == "" {
		t.Errorf("got owners %v, want 4 with ids, the first one Home", owners)
	}
	if s.TokenRequests() != 1 || s.Count("listOwners") != 2 {
		t.Errorf("got %d token requests and %d requests for owners, want 1 and 2", s.TokenRequests(), s.Count("listOwners"))
	}
}
