package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The code between the lines "begin" and "end" is in docs/auth.md, too; a test compares both.

// A program signs in the person at the keyboard and lists that person's owner accounts.
func ExampleApp_Login() {
	redirect := freeRedirectURL("127.0.0.1") // a program uses one that is registered
	s, err := sandbox.Start(sandbox.WithAutoConsent(), sandbox.WithRedirectURI(redirect))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	config := configOf(s, s.PublicClient())
	config.RedirectURL = redirect
	err = personSignsIn(context.Background(), config, auth.Login{Open: visit}, client.WithBaseURL(s.BaseURL()))
	fmt.Println(err)
	// Output:
	// Home
	// <nil>
}

// visit opens a URL as a browser does, which follows redirects and keeps cookies.
func visit(ctx context.Context, address string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	rsp, err := (&http.Client{Jar: jar}).Do(req)
	if err != nil {
		return err
	}
	return rsp.Body.Close()
}

// begin a person signs in
func personSignsIn(ctx context.Context, config auth.Config, login auth.Login, opts ...client.Option) error {
	app, err := auth.New(config)
	if err != nil {
		return err
	}
	token, err := app.Login(ctx, login) // opens the browser and waits
	if err != nil {
		return err
	}
	source := app.RefreshSource(token, nil) // renews the token for as long as the program runs
	c, err := client.New(append(opts, client.WithTokenSource(source))...)
	if err != nil {
		return err
	}
	for owner, err := range c.AllOwners(ctx) {
		if err != nil {
			return err
		}
		fmt.Println(owner.Name)
	}
	return nil
}

// end

// A web service connects the Tapkey accounts of its operators.
func ExampleApp_Start() {
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	defer web.Close()
	s, err := sandbox.Start(sandbox.WithAutoConsent(), sandbox.WithRedirectURI(web.URL+"/callback"), sandbox.WithRotatingRefreshTokens())
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	config := configOf(s, s.WebClient())
	config.RedirectURL = web.URL + "/callback"
	app, err := auth.New(config)
	if err != nil {
		log.Fatal(err)
	}
	saas := &service{app: app, store: newLockedMemory(), operator: func(*http.Request) string { return "operator-17" }, options: []client.Option{client.WithBaseURL(s.BaseURL())}}
	mux.HandleFunc("GET /connect", saas.connect)
	mux.HandleFunc("GET /callback", saas.callback)
	mux.HandleFunc("GET /{$}", saas.home)

	ctx := context.Background()
	_, err = saas.client("operator-17").ListOwners(ctx)
	fmt.Println("before:", errors.Is(err, auth.ErrSignInAgain))
	if err := visit(ctx, web.URL+"/connect"); err != nil {
		log.Fatal(err)
	}
	owners, err := saas.client("operator-17").ListOwners(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("after:", owners[0].Name)
	// Output:
	// before: true
	// after: Home
}

func (s *service) home(http.ResponseWriter, *http.Request) {}

// begin a SaaS
type service struct {
	app      *auth.App
	store    client.TokenStore
	operator func(*http.Request) string // who is signed in at the service itself
	options  []client.Option
}

// connect sends an operator to Tapkey.
func (s *service) connect(w http.ResponseWriter, r *http.Request) {
	address, session, err := s.app.Start()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.SetCookie(w, sessionCookie(session, 3600))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// callback receives the operator back, at the redirect URI, and keeps the refresh token.
func (s *service) callback(w http.ResponseWriter, r *http.Request) {
	var session string
	if cookie, err := r.Cookie("tapkey-session"); err == nil {
		session = cookie.Value
	}
	http.SetCookie(w, sessionCookie("", -1)) // a session is for one sign-in
	token, err := s.app.Finish(r, session)
	if err == nil {
		err = s.app.SaveToken(r.Context(), s.store, s.operator(r), token)
	}
	switch {
	case errors.Is(err, auth.ErrDeclined):
		http.Error(w, "You have not connected your Tapkey account.", http.StatusForbidden)
	case err != nil:
		log.Print(err) // contains no secrets
		http.Error(w, "Your Tapkey account could not be connected. Please start again.", http.StatusBadGateway)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// client returns a client that acts for an operator. A service keeps one for each operator.
func (s *service) client(operator string) *client.Client {
	c, err := client.New(append(s.options, client.WithTokenSource(s.app.StoredSource(s.store, operator)))...)
	if err != nil {
		panic(err) // the options are constant
	}
	return c
}

func sessionCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: "tapkey-session", Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
}

// end

// A company's own users get tokens without a Tapkey account.
func ExampleApp_ExchangeSource() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	mobile := sandbox.Client{ID: "mobile", Public: true, TokenExchange: true}
	s, err := sandbox.Start(sandbox.WithClient(mobile), sandbox.WithProvider(sandbox.Provider{
		Owner: "Coworking Space", ID: "our-provider", Issuer: "https://id.example", Audience: "tapkey", Key: &key.PublicKey,
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	config := configOf(s, mobile)
	config.Scopes = []string{"read:owneraccounts"}
	source, err := userSource(config, key, "our-provider", "employee-4711")
	if err != nil {
		log.Fatal(err)
	}
	token, err := source.Token()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.TokenType, auth.Scopes(token))
	// Output:
	// Bearer [read:owneraccounts]
}

// begin token exchange
func userSource(config auth.Config, key *rsa.PrivateKey, provider, user string) (oauth2.TokenSource, error) {
	app, err := auth.New(config)
	if err != nil {
		return nil, err
	}
	subject := auth.Subject{
		Issuer: "https://id.example", Audience: "tapkey", // as registered in Tapkey's portal
		ClientID: config.ClientID, Key: key,
	}
	return app.ExchangeSource(provider, func(context.Context) (string, error) {
		return subject.Sign(user) // a new JWT for each token
	}), nil
}

// end

var scopes = []string{"read:owneraccounts", "offline_access"}

// configOf returns a configuration for a client of the sandbox.
func configOf(s *sandbox.Server, c sandbox.Client) auth.Config {
	return auth.Config{
		ClientID: c.ID, ClientSecret: c.Secret, Scopes: scopes,
		AuthorizeURL: s.AuthorizeURL(), TokenURL: s.TokenURL(),
	}
}

// freeRedirectURL returns a redirect URI on a free port of loopback.
func freeRedirectURL(host string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "http://" + net.JoinHostPort(host, port) + "/authorize/"
}
