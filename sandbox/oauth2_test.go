package sandbox_test

import (
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// golang.org/x/oauth2 alone signs a person in and refreshes the token, with a public and a
// confidential client, and finds out how the server authenticates clients.
func TestOAuth2SignsInAndRefreshes(t *testing.T) {
	s := start(t)
	for name, client := range map[string]sandbox.Client{"public": s.PublicClient(), "confidential": s.WebClient()} {
		t.Run(name, func(t *testing.T) {
			config := oauth2.Config{
				ClientID:     client.ID,
				ClientSecret: client.Secret,
				Endpoint:     oauth2.Endpoint{AuthURL: s.AuthorizeURL(), TokenURL: s.TokenURL()},
				RedirectURL:  loopbackURI,
				Scopes:       []string{"read:owneraccounts", "offline_access"},
			}
			verifier := oauth2.GenerateVerifier()
			b := newBrowser(t, s)
			p := b.get(config.AuthCodeURL("the state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("prompt", "login")))
			got := b.allow(b.signIn(p, s.Person())).returned(t, loopbackURI)
			if got.Get("state") != "the state" {
				t.Fatalf("got state %q, want the state", got.Get("state"))
			}
			token, err := config.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			status := func(token *oauth2.Token) int {
				t.Helper()
				rsp, err := config.Client(t.Context(), token).Get(s.BaseURL() + "/Owners")
				if err != nil {
					t.Fatal(err)
				}
				defer rsp.Body.Close()
				return rsp.StatusCode
			}
			want(t, []int{status(token), apiStatus(t, s, token.AccessToken)}, `[200,200]`)

			s.RevokeTokens()
			want(t, status(token), `401`)
			token.Expiry = time.Now().Add(-time.Minute)
			want(t, status(token), `200`)
			renewed, err := config.TokenSource(t.Context(), token).Token()
			if err != nil || renewed.AccessToken == token.AccessToken || renewed.RefreshToken != token.RefreshToken {
				t.Errorf("got %v and the same access token %t, want another access token and the same refresh token", err, renewed != nil && renewed.AccessToken == token.AccessToken)
			}
		})
	}
}
