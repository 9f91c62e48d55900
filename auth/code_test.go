package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A person signs in at public and confidential clients, and the client acts for the person.
func TestPersonSignsIn(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	basic := configOf(s, s.WebClient())
	basic.AuthStyle = oauth2.AuthStyleInHeader
	for name, config := range map[string]auth.Config{
		"public": configOf(s, s.PublicClient()), "secret in the body": configOf(s, s.WebClient()), "secret in the header": basic,
	} {
		t.Run(name, func(t *testing.T) {
			app := newApp(t, config)
			token := signIn(t, app)
			got := auth.Scopes(token)
			slices.Sort(got)
			if want := []string{"offline_access", "read:owneraccounts"}; !slices.Equal(got, want) || token.RefreshToken == "" || token.Expiry.IsZero() {
				t.Errorf("got scopes %v, refresh token %t and expiry %v, want %v, true and a time", got, token.RefreshToken != "", token.Expiry, want)
			}
			owners, err := newClient(t, s, app.RefreshSource(token, nil)).ListOwners(t.Context())
			if err != nil || len(owners) != 1 {
				t.Errorf("got owners %v and error %v, want one", owners, err)
			}
		})
	}
}

func TestAuthorizeURL(t *testing.T) {
	app := newApp(t, auth.Config{ClientID: "a client", Scopes: []string{"read:owneraccounts", "write:grants", "offline_access"}})
	address, session, err := app.Start(oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("ui_locales", "a+b c"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if origin := u.Scheme + "://" + u.Host + u.Path; origin != auth.DefaultAuthorizeURL {
		t.Errorf("got %s, want %s", origin, auth.DefaultAuthorizeURL)
	}
	if strings.Contains(u.RawQuery, "+") {
		t.Errorf("got query %s, want spaces as %%20", u.RawQuery)
	}
	for name, want := range map[string]string{
		"client_id": "a client", "response_type": "code", "redirect_uri": auth.DefaultRedirectURL, "scope": "read:owneraccounts write:grants offline_access",
		"prompt": "login", "ui_locales": "a+b c", "code_challenge_method": "S256", "offline_access": "", "response_mode": "",
	} {
		if got := query.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if len(query.Get("state")) != 43 || len(query.Get("code_challenge")) != 43 {
		t.Errorf("got state %q and challenge %q, want 32 bytes each", query.Get("state"), query.Get("code_challenge"))
	}
	again, other, _ := app.Start()
	if parameter(t, again, "state") == query.Get("state") || session == other {
		t.Error("two sign-ins have the same state or session")
	}
	if cookie := (&http.Cookie{Name: "a", Value: session}).String(); cookie != "a="+session {
		t.Errorf("got cookie %q, want the session as it is", cookie)
	}
	for name, parameter := range map[string]oauth2.AuthCodeOption{
		"state": oauth2.SetAuthURLParam("state", "x"), "scope": oauth2.SetAuthURLParam("scope", "x"), "redirect": oauth2.SetAuthURLParam("redirect_uri", "https://x"),
		"plain": oauth2.SetAuthURLParam("code_challenge_method", "plain"), "challenge": oauth2.SetAuthURLParam("code_challenge", "x"),
		"implicit": oauth2.SetAuthURLParam("response_type", "token"), "fragment": oauth2.SetAuthURLParam("response_mode", "fragment"),
		"offline": oauth2.SetAuthURLParam("offline_access", "true"), "secret": oauth2.SetAuthURLParam("client_secret", "x"), "nil": nil,
	} {
		if got, _, err := app.Start(parameter); !errors.Is(err, client.ErrConfig) {
			t.Errorf("%s: got %q and error %v, want %v", name, got, err, client.ErrConfig)
		}
	}
}

func TestInvalidConfigurations(t *testing.T) {
	for name, config := range map[string]auth.Config{
		"no id":           {},
		"id with newline": {ClientID: "x\n"},
		"quoted secret":   {ClientID: "x", ClientSecret: `"y"`},
		"plain http":      {ClientID: "x", TokenURL: "http://login.example/token"},
		"authorize http":  {ClientID: "x", AuthorizeURL: "http://login.example/authorize"},
		"redirect http":   {ClientID: "x", RedirectURL: "http://app.example/callback"},
		"fragment":        {ClientID: "x", RedirectURL: "https://app.example/callback#x"},
		"script":          {ClientID: "x", RedirectURL: "javascript:alert(1)"},
		"relative":        {ClientID: "x", RedirectURL: "/callback"},
		"scopes in one":   {ClientID: "x", Scopes: []string{"a b"}},
		"auto-detect":     {ClientID: "x", AuthStyle: 7},
	} {
		_, err := auth.New(config)
		if !errors.Is(err, client.ErrConfig) {
			t.Errorf("%s: got error %v, want %v", name, err, client.ErrConfig)
		}
	}
	app := newApp(t, auth.Config{ClientID: "x", RedirectURL: "com.example.app://callback"})
	if _, _, err := app.Start(); !errors.Is(err, client.ErrConfig) {
		t.Errorf("no scopes: got error %v, want %v", err, client.ErrConfig)
	}
}

// Responses of the browser that end a sign-in: the error and the doctor name each.
// TestEachGrantFails has the failures of the code exchange.
func TestSignInFailures(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	for name, test := range map[string]struct {
		change url.Values // of the redirect
		target error
		id     doctor.ID
	}{
		"wrong state":    {url.Values{"state": {strings.Repeat("x", 43)}}, auth.ErrMismatch, doctor.SignInMismatch},
		"no state":       {url.Values{"state": nil}, auth.ErrMismatch, doctor.SignInMismatch},
		"wrong iss":      {url.Values{"iss": {"https://evil.example"}}, auth.ErrMismatch, doctor.SignInMismatch},
		"no code":        {url.Values{"code": nil}, auth.ErrMismatch, doctor.SignInMismatch},
		"two codes":      {url.Values{"code": {"a", "b"}}, auth.ErrMismatch, doctor.SignInMismatch},
		"code and error": {url.Values{"error": {"access_denied"}}, auth.ErrMismatch, doctor.SignInMismatch},
		"declined":       {url.Values{"code": nil, "error": {"access_denied"}}, auth.ErrDeclined, doctor.SignInDeclined},
		"invalid scope":  {url.Values{"code": nil, "error": {"invalid_scope"}}, nil, doctor.InvalidScope},
		"server error":   {url.Values{"code": nil, "error": {"temporarily_unavailable"}}, nil, doctor.ServerError},
		"odd error":      {url.Values{"code": nil, "error": {"<b>\x7f"}}, auth.ErrMismatch, doctor.SignInMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			config := configOf(s, s.PublicClient())
			address, session, err := newApp(t, config).Start()
			if err != nil {
				t.Fatal(err)
			}
			back := authorize(t, address)
			token, err := newApp(t, config).Finish(returning(t, with(t, back, test.change)), session)
			if token != nil {
				t.Error("got a token, want none")
			}
			checkFailure(t, err, test.target, test.id, session, parameter(t, back, "code"), parameter(t, back, "state"), config.ClientSecret)
		})
	}
}

// A code can be used once, and only by the sign-in that it belongs to.
func TestCodeIsUsedOnce(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	address, session, _ := app.Start()
	_, other, _ := app.Start()
	back := authorize(t, address)
	_, err := app.Finish(returning(t, back), other)
	checkFailure(t, err, auth.ErrMismatch, doctor.SignInMismatch, other)
	if _, err := app.Finish(returning(t, back), session); err != nil {
		t.Fatal(err)
	}
	_, err = app.Finish(returning(t, back), session)
	checkFailure(t, err, nil, doctor.CodeRefused, parameter(t, back, "code"))
	if failed, ok := errors.AsType[*client.TokenError](err); !ok || failed.Code != "invalid_grant" || failed.GrantType != "authorization_code" {
		t.Errorf("got error %#v, want a TokenError", err)
	}
}

// Sessions expire, also if the clock is set.
func TestSessions(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	address, session, _ := app.Start()
	back := authorize(t, address)
	for name, bad := range map[string]string{
		"none": "", "text": "abc", "huge": strings.Repeat("A", 1<<20), "empty object": "e30", "null": "bnVsbA", "NUL": "\x00",
		"old":        auth.Forge(session, func(_, _ *string, at *int64) { *at -= 3601 }),
		"future":     auth.Forge(session, func(_, _ *string, at *int64) { *at += 3700 }),
		"no state":   auth.Forge(session, func(state, _ *string, _ *int64) { *state = "" }),
		"no verifer": auth.Forge(session, func(_, v *string, _ *int64) { *v = "" }),
	} {
		_, err := app.Finish(returning(t, back), bad)
		if !errors.Is(err, auth.ErrMismatch) {
			t.Errorf("%s: got error %v, want %v", name, err, auth.ErrMismatch)
		}
	}
	// A clock that differs by some minutes between two servers does no harm.
	skewed := auth.Forge(session, func(_, _ *string, at *int64) { *at += 300 })
	if _, err := app.Finish(returning(t, back), skewed); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

// Response mode form_post returns the response in the body.
func TestFormPost(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	request := func(contentType, body string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, auth.DefaultRedirectURL+"?state=x", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return r
	}
	for name, change := range map[string]func(*http.Request){
		"body": func(*http.Request) {}, "parsed body": func(r *http.Request) { _ = r.ParseForm() },
	} {
		address, session, err := app.Start(oauth2.SetAuthURLParam("response_mode", "form_post"))
		if err != nil {
			t.Fatal(err)
		}
		to, fields := newBrowser(t).get(address).fields(t)
		if to != auth.DefaultRedirectURL {
			t.Fatalf("got action %q, want %q", to, auth.DefaultRedirectURL)
		}
		for _, bad := range []*http.Request{
			request("application/json", fields.Encode()), request("", fields.Encode()),
			request("application/x-www-form-urlencoded", strings.Repeat("a=b&", 1<<20)+fields.Encode()),
			request("application/x-www-form-urlencoded", "%zz"),
			httptest.NewRequestWithContext(t.Context(), http.MethodPut, auth.DefaultRedirectURL+"?"+fields.Encode(), nil),
		} {
			if _, err := app.Finish(bad, session); !errors.Is(err, auth.ErrMismatch) {
				t.Errorf("%s: got error %v, want %v", name, err, auth.ErrMismatch)
			}
		}
		good := request("application/x-www-form-urlencoded; charset=UTF-8", fields.Encode())
		change(good)
		if token, err := app.Finish(good, session); err != nil || token.RefreshToken == "" {
			t.Errorf("%s: got error %v, want a token", name, err)
		}
	}
}

// The token endpoint repeats what it received: no error shows it.
func TestEchoedSecrets(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	config := configOf(s, s.WebClient())
	address, session, _ := newApp(t, config).Start()
	back := authorize(t, address)
	code := parameter(t, back, "code")
	var verifier string
	auth.Forge(session, func(_, v *string, _ *int64) { verifier = *v })
	for name, status := range map[string]int{"error": 400, "server error": 500, "success": 200, "redirect": 302} {
		echo := echoServer(t, status)
		config.TokenURL = echo.URL + "/token"
		_, err := newApp(t, config).Finish(returning(t, back), session)
		if err == nil {
			t.Fatalf("%s: got no error, want one", name)
		}
		checkNoSecret(t, err, code, verifier, config.ClientSecret)
		_, err = newApp(t, config).RefreshSource(&oauth2.Token{RefreshToken: "the-refresh-token"}, nil).Token()
		checkNoSecret(t, err, "the-refresh-token", config.ClientSecret)
		_, err = newApp(t, config).Exchange(t.Context(), "provider", "the.subject.token")
		checkNoSecret(t, err, "the.subject.token", config.ClientSecret)
	}
	_, err := newApp(t, config).Finish(returning(t, with(t, back, url.Values{
		"code": nil, "error": {"access_denied"}, "error_description": {"got " + verifier + " and https://a/?x=" + config.ClientSecret},
	})), session)
	checkFailure(t, err, auth.ErrDeclined, doctor.SignInDeclined, verifier, config.ClientSecret)
}

// Ids and secrets with any characters are accepted in both styles.
func TestAuthStyles(t *testing.T) {
	clients := map[string]string{"plus": "a+b%c:d", "space": "a b c d", "percent": "100%", "encoded": "a%2Bb%20c", "クライアント": "sécret-ñ"}
	opts := []sandbox.Option{sandbox.WithAutoConsent()}
	for id, secret := range clients {
		opts = append(opts, sandbox.WithClient(sandbox.Client{ID: id, Secret: secret, RedirectURIs: []string{auth.DefaultRedirectURL}}))
	}
	s := start(t, opts...)
	for id, secret := range clients {
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInParams, oauth2.AuthStyleInHeader} {
			config := configOf(s, sandbox.Client{ID: id, Secret: secret})
			config.AuthStyle = style
			if err := begin(t, config).finish(t, config); err != nil {
				t.Errorf("client %s, style %d: got error %v, want none", id, style, err)
			}
		}
	}
}

// A person signs in in two tabs, which share a cookie, and goes back to the response.
func TestTwoTabs(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	config := configOf(s, s.PublicClient())
	first, second := begin(t, config), begin(t, config)
	checkFailure(t, begun{first.back, second.session}.finish(t, config), auth.ErrMismatch, doctor.SignInMismatch)
	token, err := newApp(t, config).Finish(returning(t, second.back), second.session)
	if err != nil {
		t.Fatal(err)
	}
	checkFailure(t, second.finish(t, config), nil, doctor.CodeRefused) // the back button
	_, err = newClient(t, s, oauth2.StaticTokenSource(token)).ListOwners(t.Context())
	if err == nil {
		t.Error("after the second use of the code: got no error, want that the token is revoked")
	}
}
