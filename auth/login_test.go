package auth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// desk starts a sandbox and returns an App whose redirect URI is on a free port.
func desk(t testing.TB, host string, opts ...sandbox.Option) (*auth.App, auth.Config, *sandbox.Server) {
	t.Helper()
	redirect := freeRedirectURL(host)
	s := start(t, append(opts, sandbox.WithRedirectURI(redirect))...)
	config := configOf(s, s.PublicClient())
	config.RedirectURL = redirect
	return newApp(t, config), config, s
}

// login calls Login and waits until Open has returned, too.
func login(t testing.TB, app *auth.App, l auth.Login) (*oauth2.Token, error) {
	t.Helper()
	open, opened := l.Open, make(chan struct{})
	l.Open = func(ctx context.Context, address string) error {
		defer close(opened)
		return open(ctx, address)
	}
	token, err := app.Login(t.Context(), l)
	<-opened
	return token, err
}

// A person signs in on a desktop. The browser ends on a page that is locked down.
func TestLogin(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for _, mode := range []string{"query", "form_post"} {
			t.Run(host+" "+mode, func(t *testing.T) {
				app, config, _ := desk(t, host, sandbox.WithAutoConsent())
				var last webPage
				var shown string
				token, err := login(t, app, auth.Login{
					Show:       func(address string) { shown = address },
					Parameters: []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("response_mode", mode)},
					Open: func(_ context.Context, address string) error {
						if address != shown {
							t.Errorf("got %q opened and %q shown, want one URL", address, shown)
						}
						b := newBrowser(t)
						if mode == "query" {
							last = b.get(authorize(t, address))
							return nil
						}
						last = b.post(b.get(address).fields(t))
						return nil
					},
				})
				if err != nil || token.RefreshToken == "" {
					t.Fatalf("got error %v, want a token", err)
				}
				checkPage(t, last, http.StatusOK, "You are signed in", token.AccessToken, token.RefreshToken, parameter(t, shown, "state"))
				if u, _ := url.Parse(config.RedirectURL); refuses(u.Host) {
					return
				}
				t.Errorf("%s still accepts connections, want the listener closed", config.RedirectURL)
			})
		}
	}
}

// refuses reports whether nothing listens on an address.
func refuses(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		conn.Close()
	}
	return err != nil
}

func checkPage(t testing.TB, p webPage, status int, heading string, secrets ...string) {
	t.Helper()
	if p.status != status || !strings.Contains(p.body, "<h1>"+heading+"</h1>") || !strings.Contains(p.body, `<html lang="en">`) || !strings.Contains(p.body, "<title>"+heading+"</title>") {
		t.Errorf("got status %d and page %s, want %d and %q", p.status, p.body, status, heading)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	policy := p.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "script-src 'sha256-", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("got policy %q, want %q in it", policy, want)
		}
	}
	for _, element := range []string{"script", "style"} {
		_, rest, _ := strings.Cut(p.body, "<"+element+">")
		inline, _, _ := strings.Cut(rest, "</"+element+">")
		hash := sha256.Sum256([]byte(inline))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"; inline == "" || !strings.Contains(policy, want) {
			t.Errorf("got policy %q, want %q in it", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(p.body, "history.replaceState") {
		t.Errorf("got policy %q and page %s, want no unsafe source, and a clean history", policy, p.body)
	}
	for _, secret := range secrets {
		if strings.Contains(p.body+fmt.Sprint(p.header), secret) {
			t.Errorf("the page contains %q", secret)
		}
	}
}

// What does not belong to the sign-in is refused and does not end it.
func TestForeignRequests(t *testing.T) {
	app, config, _ := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
	token, err := login(t, app, auth.Login{Open: func(_ context.Context, address string) error {
		b := newBrowser(t)
		back := authorize(t, address)
		state := parameter(t, back, "state")
		send := func(method, target, host string, header http.Header, body []byte) webPage {
			req, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return webPage{}
			}
			for name, values := range header {
				req.Header[name] = values
			}
			req.Host = host
			return b.do(req)
		}
		u, _ := url.Parse(config.RedirectURL)
		form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		for name, test := range map[string]struct {
			page webPage
			want int
		}{
			"wrong state":      {b.get(with(t, back, url.Values{"state": {strings.Repeat("x", 43)}})), 400},
			"no state":         {b.get(with(t, back, url.Values{"state": nil})), 400},
			"error, no state":  {b.get(config.RedirectURL + "?error=access_denied"), 400},
			"two states":       {b.get(back + "&state=" + state), 400},
			"two codes":        {b.get(back + "&code=x"), 400},
			"malformed":        {b.get(config.RedirectURL + "?%zz&state=" + state), 400},
			"semicolons":       {b.get(config.RedirectURL + "?a=b;state=" + state), 400},
			"NUL":              {b.get(config.RedirectURL + "?code=a%00b&state=" + state), 400},
			"invalid UTF-8":    {b.get(config.RedirectURL + "?code=%ff&state=" + state), 400},
			"huge code":        {b.get(config.RedirectURL + "?code=" + strings.Repeat("x", 9000) + "&state=" + state), 400},
			"huge query":       {b.get(config.RedirectURL + "?state=" + state + "&" + strings.Repeat("x", 70_000)), 400},
			"no query":         {b.get(config.RedirectURL), 400},
			"favicon":          {b.get("http://" + u.Host + "/favicon.ico"), 404},
			"other path":       {b.get(strings.Replace(back, "/authorize/", "/authorize", 1)), 404},
			"dots":             {b.get(strings.Replace(back, "/authorize/", "/x/../authorize/", 1)), 404},
			"rebinding":        {send("GET", back, "evil.example:"+u.Port(), nil, nil), 421},
			"localhost":        {send("GET", back, "localhost:"+u.Port(), nil, nil), 421},
			"no port":          {send("GET", back, "127.0.0.1", nil, nil), 421},
			"HEAD":             {send("HEAD", back, u.Host, nil, nil), 405},
			"OPTIONS":          {send("OPTIONS", back, u.Host, nil, nil), 405},
			"PUT":              {send("PUT", back, u.Host, form, nil), 405},
			"POST, no form":    {send("POST", back, u.Host, nil, nil), 400},
			"POST, query only": {send("POST", back, u.Host, form, nil), 400},
			"POST, JSON":       {send("POST", back, u.Host, http.Header{"Content-Type": {"application/json"}}, []byte(`{"state":"`+state+`"}`)), 400},
			"POST, huge":       {send("POST", back, u.Host, form, bytes.Repeat([]byte("a"), 1<<20)), 400},
		} {
			if test.page.status != test.want {
				t.Errorf("%s: got status %d, want %d", name, test.page.status, test.want)
			}
			if strings.Contains(test.page.body, state) || strings.Contains(test.page.body, "evil") {
				t.Errorf("%s: the page repeats the request: %s", name, test.page.body)
			}
		}
		checkPage(t, b.get(with(t, back, url.Values{"state": {"x"}})), http.StatusBadRequest, "Not a sign-in")
		b.get(back)
		return nil
	}})
	if err != nil || token == nil {
		t.Errorf("got error %v, want a token in the end", err)
	}
}

// One response is exchanged, however often the browser sends it.
func TestResponseIsUsedOnce(t *testing.T) {
	app, _, s := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
	before := s.TokenRequests()
	var mu sync.Mutex
	seen := map[int]int{}
	_, err := login(t, app, auth.Login{Open: func(_ context.Context, address string) error {
		back := authorize(t, address)
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				rsp, err := http.Get(back)
				if err != nil {
					return // the listener is closed already
				}
				rsp.Body.Close()
				mu.Lock()
				defer mu.Unlock()
				seen[rsp.StatusCode]++
			})
		}
		group.Wait()
		return nil
	}})
	if got := s.TokenRequests() - before; err != nil || got != 1 {
		t.Errorf("got error %v after %d token requests, want none after 1", err, got)
	}
}

// Failures after the state is checked end the sign-in; the page and the error say so.
func TestLoginFailures(t *testing.T) {
	for name, test := range map[string]struct {
		change  url.Values
		status  int
		heading string
		target  error
		id      doctor.ID
	}{
		"declined":   {url.Values{"code": nil, "error": {"access_denied"}}, 403, "Sign-in declined", auth.ErrDeclined, doctor.SignInDeclined},
		"iss":        {url.Values{"iss": {"https://evil.example"}}, 502, "Sign-in failed", auth.ErrMismatch, doctor.SignInMismatch},
		"other code": {url.Values{"code": {"<script>"}}, 502, "Sign-in failed", nil, doctor.CodeRefused},
	} {
		t.Run(name, func(t *testing.T) {
			app, _, _ := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
			var last webPage
			_, err := login(t, app, auth.Login{Open: func(_ context.Context, address string) error {
				last = newBrowser(t).get(with(t, authorize(t, address), test.change))
				return nil
			}})
			checkFailure(t, err, test.target, test.id)
			checkPage(t, last, test.status, test.heading, "script>alert", "evil")
		})
	}
}

// A person cancels on the sign-in page.
func TestPersonDeclines(t *testing.T) {
	app, _, s := desk(t, "127.0.0.1")
	_, err := login(t, app, auth.Login{Open: func(_ context.Context, address string) error {
		b := newBrowser(t)
		to, fields := b.get(address).fields(t)
		fields.Set("decision", "cancel")
		b.get(b.post(s.Issuer()+to, fields).location)
		return nil
	}})
	checkFailure(t, err, auth.ErrDeclined, doctor.SignInDeclined)
	if refused, ok := errors.AsType[*auth.AuthorizeError](err); !ok || refused.Code != "access_denied" {
		t.Errorf("got %#v, want an AuthorizeError with access_denied", err)
	}
}

func TestPortInUse(t *testing.T) {
	app, config, _ := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
	u, _ := url.Parse(config.RedirectURL)
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	never := func(context.Context, string) error { t.Error("a browser was opened"); return nil }
	_, err = app.Login(t.Context(), auth.Login{Open: never})
	checkFailure(t, err, auth.ErrListen, doctor.PortInUse)

	// The person can paste the URL.
	var address string
	token, err := app.Login(t.Context(), auth.Login{
		Open: never, Show: func(shown string) { address = shown },
		Paste: func(_ context.Context, problem error) (string, error) {
			if !errors.Is(problem, auth.ErrListen) {
				t.Errorf("got problem %v, want %v", problem, auth.ErrListen)
			}
			return authorize(t, address), nil
		},
	})
	if err != nil || token == nil {
		t.Errorf("got error %v, want a token", err)
	}
}

// A program on the other address of localhost could receive the response instead.
func TestPortInUseByIPv6(t *testing.T) {
	app, config, _ := desk(t, "localhost", sandbox.WithAutoConsent())
	u, _ := url.Parse(config.RedirectURL)
	l, err := net.Listen("tcp", net.JoinHostPort("::1", u.Port()))
	if err != nil {
		t.Skipf("IPv6: not run (%v)", err)
	}
	defer l.Close()
	_, err = app.Login(t.Context(), auth.Login{Open: func(context.Context, string) error { t.Error("a browser was opened"); return nil }})
	checkFailure(t, err, auth.ErrListen, doctor.PortInUse)
	if !refuses("127.0.0.1:" + u.Port()) {
		t.Error("the other listener is still open")
	}
}

// On a machine without a browser, the person pastes the URL of another one.
func TestPaste(t *testing.T) {
	app, _, _ := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
	none := func(context.Context, string) error { return errors.New("no display") }
	_, err := app.Login(t.Context(), auth.Login{Open: none})
	checkFailure(t, err, auth.ErrNoBrowser, doctor.NoBrowser)

	var address string
	var problems []error
	l := auth.Login{Open: none, Show: func(shown string) { address = shown }}
	l.Paste = func(_ context.Context, problem error) (string, error) {
		problems = append(problems, problem)
		back := authorize(t, address)
		return []string{
			"https://evil.example/authorize/?" + back[strings.Index(back, "?")+1:], "not a URL\x00",
			with(t, back, url.Values{"state": {"x"}}), "  " + back + "#fragment\r\n",
		}[len(problems)-1], nil
	}
	token, err := app.Login(t.Context(), l)
	if err != nil || token == nil || len(problems) != 4 {
		t.Fatalf("got error %v after %d pastes, want a token after 4", err, len(problems))
	}
	if !errors.Is(problems[0], auth.ErrNoBrowser) || !errors.Is(problems[3], auth.ErrMismatch) {
		t.Errorf("got problems %v, want no browser, and then mismatches", problems)
	}

	l.Paste = func(context.Context, error) (string, error) { return "x", nil }
	_, err = app.Login(t.Context(), l)
	checkFailure(t, err, auth.ErrMismatch, doctor.SignInMismatch)
	l.Paste = func(context.Context, error) (string, error) { panic("terminal closed") }
	_, err = app.Login(t.Context(), l)
	checkFailure(t, err, auth.ErrNoBrowser, doctor.NoBrowser)
}

// Login ends with its context, and says what it has ignored.
func TestCanceledLogin(t *testing.T) {
	app, config, _ := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the person pressed Ctrl-C")
	_, err := app.Login(ctx, auth.Login{Open: func(context.Context, string) error {
		newBrowser(t).get(config.RedirectURL + "?code=x&state=y")
		cancel(cause)
		return nil
	}})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("got error %v, want %v", err, cause)
	}
	checkFailure(t, err, auth.ErrMismatch, doctor.SignInMismatch)
	if _, err := app.Login(ctx, auth.Login{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}

	web := newApp(t, auth.Config{ClientID: "x", Scopes: scopes, RedirectURL: "https://app.example/callback"})
	if _, err := web.Login(t.Context(), auth.Login{}); !errors.Is(err, client.ErrConfig) {
		t.Errorf("redirect to another host: got error %v, want %v", err, client.ErrConfig)
	}
}

func TestBrowserCommand(t *testing.T) {
	env := func(values ...string) func(string) string {
		return func(name string) string {
			for _, v := range values {
				if v == name {
					return "x"
				}
			}
			return ""
		}
	}
	for _, test := range []struct{ goos, env, want string }{
		{"linux", "DISPLAY", "xdg-open [URL]"}, {"linux", "WAYLAND_DISPLAY", "xdg-open [URL]"}, {"freebsd", "BROWSER", "xdg-open [URL]"},
		{"linux", "", " []"}, {"darwin", "", "open [URL]"}, {"windows", "", "rundll32 [url.dll,FileProtocolHandler URL]"},
	} {
		name, args, err := auth.BrowserCommand(test.goos, env(test.env), "URL")
		if got := fmt.Sprint(name, " ", args); got != test.want || (err != nil) != (name == "") {
			t.Errorf("%s %s: got %q and error %v, want %q", test.goos, test.env, got, err, test.want)
		}
	}
}
