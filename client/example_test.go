package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func ExampleNew() {
	server, err := sandbox.Start() // in production: client.New(client.FromEnv())
	if err != nil {
		panic(err)
	}
	defer server.Close()

	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}
	for owner, err := range c.AllOwners(context.Background()) {
		if err != nil {
			panic(err)
		}
		fmt.Println(owner.Name)
	}
	// Output:
	// Home
	// Coworking Space
	// Self Storage North
	// Holiday Flat
}

func ExampleClient_errors() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), "not the secret"),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}

	_, err = c.ListOwners(context.Background())
	if errors.Is(err, api.ErrUnauthorized) {
		fmt.Println("the API refused the token")
	}
	if refused, ok := errors.AsType[*client.TokenError](err); ok {
		fmt.Println("no token:", refused.Code)
	}
	// Output:
	// no token: invalid_client
}

// User-delegated access: a person signs in, and the program acts for them. Creating an
// owner account is possible in no other way.
func ExampleWithTokenSource() {
	login := signInServer()
	defer login.Close()
	config := &oauth2.Config{
		ClientID:    "my-app",
		RedirectURL: "http://127.0.0.1/callback",
		Scopes:      []string{"write:owneraccounts", "offline_access"},
		Endpoint: oauth2.Endpoint{ // https://login.tapkey.com/connect/authorize and /connect/token
			AuthURL: login.URL + "/connect/authorize", TokenURL: login.URL + "/connect/token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}

	// Send the person to this URL; the code comes back to RedirectURL. Compare the
	// state there with the one sent.
	verifier := oauth2.GenerateVerifier()
	code := signIn(config.AuthCodeURL("a-random-state", oauth2.S256ChallengeOption(verifier)))

	ctx := context.Background()
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		panic(err)
	}
	c, err := client.New(client.WithTokenSource(config.TokenSource(ctx, token)), client.WithBaseURL(login.URL+"/api/v1"))
	if err != nil {
		panic(err)
	}
	owner, err := c.CreateOwner(ctx, tapkey.OwnerAccountCreate{Name: "My Home"})
	if err != nil {
		panic(err)
	}
	fmt.Println(owner.Name)
	// Output:
	// My Home
}

// signInServer stands for Tapkey's sign-in page, its token endpoint and its API.
func signInServer() *httptest.Server {
	var challenge string
	mux := http.NewServeMux()
	mux.HandleFunc("/connect/authorize", func(w http.ResponseWriter, r *http.Request) {
		challenge = r.FormValue("code_challenge")
		http.Redirect(w, r, r.FormValue("redirect_uri")+"?code=the-code&state="+r.FormValue("state"), http.StatusFound)
	})
	mux.HandleFunc("/connect/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("code") != "the-code" || oauth2.S256ChallengeFromVerifier(r.FormValue("code_verifier")) != challenge {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"of-a-person","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("PUT /api/v1/Owners", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer of-a-person" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var body struct{ Name string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "1", "name": body.Name, "active": true})
	})
	return httptest.NewServer(mux)
}

// signIn does what a person and a browser do, and returns the code.
func signIn(authURL string) string {
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	rsp, err := browser.Get(authURL)
	if err != nil {
		panic(err)
	}
	defer rsp.Body.Close()
	back, err := rsp.Location()
	if err != nil {
		panic(err)
	}
	return back.Query().Get("code")
}
