package interop

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	goerrors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/go-oauth2/oauth2/v4/server"
	"github.com/go-oauth2/oauth2/v4/store"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/oauth2"

	goauth2 "github.com/go-oauth2/oauth2/v4"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// Clients that the OAuth servers know.
const (
	plainID, plainSecret = "plain", "s3cretOfLettersAndDigits"
	oddID, oddSecret     = "odd", "s3cret+with/more=than%2Bletters"
	codeID, codeSecret   = "code", "s3cretOfTheCodeClient"
)

// goOAuth2 returns the token endpoint of github.com/go-oauth2/oauth2. inHeader is how it reads
// credentials; it does not form-decode those of a header.
func goOAuth2(t *testing.T, inHeader bool) http.Handler {
	t.Helper()
	clients := store.NewClientStore()
	for id, secret := range map[string]string{plainID: plainSecret, oddID: oddSecret, codeID: codeSecret} {
		if err := clients.Set(id, &models.Client{ID: id, Secret: secret, Domain: "http://127.0.0.1"}); err != nil {
			t.Fatal(err)
		}
	}
	manager := manage.NewDefaultManager()
	manager.MapClientStorage(clients)
	manager.MustTokenStorage(store.NewMemoryTokenStore())
	s := server.NewDefaultServer(manager)
	s.SetClientInfoHandler(server.ClientFormHandler)
	if inHeader {
		s.SetClientInfoHandler(server.ClientBasicHandler)
	}
	s.SetClientAuthorizedHandler(func(id string, grant goauth2.GrantType) (bool, error) {
		return id != codeID || grant != goauth2.ClientCredentials, nil
	})
	s.SetClientScopeHandler(func(request *goauth2.TokenGenerateRequest) (bool, error) {
		return !strings.Contains(request.Scope, "everything"), nil
	})
	s.SetInternalErrorHandler(func(err error) *goerrors.Response {
		return &goerrors.Response{Error: goerrors.ErrServerError, StatusCode: http.StatusInternalServerError}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = s.HandleTokenRequest(w, r) })
}

// ory returns the token endpoint of github.com/ory/fosite.
func ory(t *testing.T) http.Handler {
	t.Helper()
	clients := storage.NewMemoryStore()
	for id, secret := range map[string]string{plainID: plainSecret, oddID: oddSecret, codeID: codeSecret} {
		hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		grants := []string{"client_credentials"}
		if id == codeID {
			grants = []string{"authorization_code", "refresh_token"}
		}
		clients.Clients[id] = &fosite.DefaultClient{ID: id, Secret: hash, GrantTypes: grants, Scopes: []string{"read:owneraccounts", "read:core:entities"}}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	config := &fosite.Config{AccessTokenLifespan: time.Hour, GlobalSecret: []byte("a secret of exactly 32 bytes....")}
	provider := compose.ComposeAllEnabled(config, clients, key)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		request, err := provider.NewAccessRequest(ctx, r, new(fosite.DefaultSession))
		if err != nil {
			provider.WriteAccessError(ctx, w, request, err)
			return
		}
		for _, scope := range request.GetRequestedScopes() {
			request.GrantScope(scope)
		}
		response, err := provider.NewAccessResponse(ctx, request)
		if err != nil {
			provider.WriteAccessError(ctx, w, request, err)
			return
		}
		provider.WriteAccessResponse(ctx, w, request, response)
	})
}

// service returns the URL of an API that accepts any token, with a token endpoint.
func service(t *testing.T, token http.Handler) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/connect/token", token)
	mux.HandleFunc("/api/v1/Owners", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"id":"1","name":"Home","active":true}]`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestOAuthServers(t *testing.T) {
	header, body := oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams
	type test struct {
		name       string
		id, secret string
		scope      string
		style      oauth2.AuthStyle
		path       string
		want       doctor.ID
	}
	// Of an unknown client, go-oauth2 says only that the server has failed.
	common := func(style oauth2.AuthStyle, unknown doctor.ID) []test {
		return []test{
			{"healthy", plainID, plainSecret, "read:owneraccounts", style, "/connect/token", doctor.OK},
			{"wrong secret", plainID, "wrong", "read:owneraccounts", style, "/connect/token", doctor.InvalidClient},
			{"wrong id", "nobody", plainSecret, "read:owneraccounts", style, "/connect/token", unknown},
			{"scope", plainID, plainSecret, "read:owneraccounts read:everything", style, "/connect/token", doctor.InvalidScope},
			{"grant type", codeID, codeSecret, "read:owneraccounts", style, "/connect/token", doctor.UnauthorizedClient},
			{"another path", plainID, plainSecret, "read:owneraccounts", style, "/tenant/connect/token", doctor.WrongAddress},
		}
	}
	healthyIll, illHealthy, total := 0, 0, 0
	for name, suite := range map[string]struct {
		url   string
		tests []test
	}{
		"go-oauth2, body": {service(t, goOAuth2(t, false)), append(common(body, doctor.ServerError),
			test{"odd secret", oddID, oddSecret, "read:owneraccounts", body, "/connect/token", doctor.OK},
			test{"header", plainID, plainSecret, "read:owneraccounts", header, "/connect/token", doctor.AuthStyle})},
		"go-oauth2, header": {service(t, goOAuth2(t, true)), append(common(header, doctor.ServerError),
			test{"odd secret", oddID, oddSecret, "read:owneraccounts", header, "/connect/token", doctor.InvalidClient},
			test{"body", plainID, plainSecret, "read:owneraccounts", body, "/connect/token", doctor.AuthStyle})},
		"fosite": {service(t, ory(t)), append(slices.Concat(common(header, doctor.InvalidClient), common(body, doctor.InvalidClient)[1:]),
			test{"odd secret, body", oddID, oddSecret, "read:owneraccounts", body, "/connect/token", doctor.OK},
			test{"odd secret, header", oddID, oddSecret, "read:owneraccounts", header, "/connect/token", doctor.OK})},
	} {
		for _, test := range suite.tests {
			t.Run(fmt.Sprintf("%s/%s, style %d", name, test.name, test.style), func(t *testing.T) {
				newClient := func() *client.Client {
					c, err := client.New(client.WithCredentials(test.id, test.secret), client.WithScopes(strings.Fields(test.scope)...),
						client.WithAuthStyle(test.style), client.WithRetries(0),
						client.WithBaseURL(suite.url+"/api/v1"), client.WithTokenURL(suite.url+test.path))
					if err != nil {
						t.Fatal(err)
					}
					return c
				}
				d := doctor.Diagnose(t.Context(), newClient(), doctor.Options{})
				got := d.Findings[0].ID
				total++
				if test.want == doctor.OK && got != doctor.OK {
					healthyIll++
				}
				if test.want != doctor.OK && got == doctor.OK {
					illHealthy++
				}
				if got != test.want {
					t.Errorf("Diagnose: got %s, want %s: %+v", got, test.want, d.Findings)
				}
				_, err := newClient().ListOwners(t.Context())
				want := test.want
				if want == doctor.AuthStyle {
					want = doctor.InvalidClient // the error does not tell more
				}
				got = doctor.OK
				if err != nil {
					got = doctor.Explain(err)[0].ID
				}
				if got != want {
					t.Errorf("Explain: got %s, want %s: %v", got, want, err)
				}
			})
		}
	}
	t.Logf("%d configurations: %d healthy called ill, %d ill called healthy", total, healthyIll, illHealthy)
}

// Both servers refuse codes and refresh tokens that they do not know.
func TestOAuthCodes(t *testing.T) {
	for name, suite := range map[string]struct {
		handler http.Handler
		foreign doctor.ID // for a grant type that the server does not have
	}{
		"go-oauth2": {goOAuth2(t, false), doctor.UnauthorizedClient},
		"fosite":    {ory(t), doctor.RequestRefused}, // it says no more than invalid_request
	} {
		config := oauth2.Config{
			ClientID: codeID, ClientSecret: codeSecret, RedirectURL: "http://127.0.0.1/callback",
			Endpoint: oauth2.Endpoint{TokenURL: service(t, suite.handler) + "/connect/token", AuthStyle: oauth2.AuthStyleInParams},
		}
		_, err := config.Exchange(t.Context(), "an-unknown-code")
		check(t, name+", code", err, doctor.CodeRefused)
		_, err = config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: "an-unknown-token"}).Token()
		check(t, name+", refresh token", err, doctor.RefreshTokenRefused)
		_, err = config.Exchange(t.Context(), "x", oauth2.SetAuthURLParam("grant_type", "http://tapkey.net/oauth/token_exchange"))
		check(t, name+", token exchange", err, suite.foreign)
	}
}

func check(t *testing.T, name string, err error, want doctor.ID) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: got no error, want %s", name, want)
		return
	}
	if got := doctor.Explain(err)[0].ID; got != want {
		t.Errorf("%s: got %s, want %s: %v", name, got, want, errors.Unwrap(err))
		t.Logf("%v", err)
	}
}
