package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// newChromium starts Chromium without a window.
func newChromium(t *testing.T) context.Context {
	t.Helper()
	path := program(t, "chromium")
	// Chromium's own sandbox is not available to root and on some systems. All pages are
	// from this test.
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start of %s: %v", path, err)
	}
	return ctx
}

// tab is a page of a browser without cookies, and the application that a person signs in to.
type tab struct {
	*testing.T
	ctx     context.Context
	sandbox *sandbox.Server
	app     *application

	mu       sync.Mutex
	messages []string // errors in the browser's console
}

// application is the application that the browser returns to.
type application struct {
	server   *httptest.Server
	received chan *http.Request
}

func (a *application) redirectURI() string { return a.server.URL + "/callback" }

func newApplication(t *testing.T) *application {
	a := &application{received: make(chan *http.Request, 10)}
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>app</title><h1 id=app>Welcome back</h1>"))
	}))
	t.Cleanup(home.Close)
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/callback" {
			http.NotFound(w, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		a.received <- r
		http.Redirect(w, r, home.URL, http.StatusSeeOther) // another origin, as some applications have
	}))
	t.Cleanup(a.server.Close)
	return a
}

// newTab opens a tab with its own cookies.
func newTab(t *testing.T, browser context.Context, s *sandbox.Server, app *application) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx, sandbox: s, app: app}
	if err := chromedp.Listen(ctx, func(event any) {
		if entry, ok := event.(*log.EventEntryAdded); ok && entry.Entry.Level == log.EntryLevelError {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.messages = append(b.messages, entry.Entry.Text+" "+entry.Entry.URL)
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.run(command(log.Enable, cdp.Empty{}))
	return b
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// command returns an action that runs a command of the browser's protocol.
func command[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

// evaluate returns the value of a JavaScript expression, or of its promise.
func evaluate[T any](b *tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatal(err)
	}
	return value
}

// disableScripts turns JavaScript off.
func disableScripts() chromedp.Action[chromedp.Void] {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// open opens the authorization endpoint.
func (b *tab) open(change url.Values) {
	b.Helper()
	query := url.Values{
		"client_id": {b.sandbox.WebClient().ID}, "redirect_uri": {b.app.redirectURI()}, "response_type": {"code"},
		"scope": {"read:core:entities read:owneraccounts write:grants offline_access"}, "state": {`a "state" & more`},
	}
	for name, values := range change {
		query[name] = values
	}
	b.run(chromedp.Navigate(b.sandbox.AuthorizeURL() + "?" + query.Encode()))
}

// shows waits for a page with a heading, and checks that the page is accessible.
func (b *tab) shows(heading string) {
	b.Helper()
	b.run(chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//h1[text()=%q]`, heading))))
}

// returned waits for the browser to return to the application.
func (b *tab) returned(method string) url.Values {
	b.Helper()
	b.run(chromedp.WaitVisible(chromedp.CSS("#app")))
	r := <-b.app.received
	if r.Method != method || method == "POST" && r.URL.RawQuery != "" {
		b.Fatalf("got %s with query %q, want %s", r.Method, r.URL.RawQuery, method)
	}
	if referer := r.Header.Get("Referer"); referer != "" {
		b.Errorf("got Referer %q, want none", referer)
	}
	if r.Form.Get("state") != `a "state" & more` {
		b.Errorf("got state %q, want that of the request", r.Form.Get("state"))
	}
	return r.Form
}

// keys presses keys in the element that has the focus.
func (b *tab) keys(text string) { b.Helper(); b.run(chromedp.KeyEvent(text)) }

// noErrors checks that the browser has reported no error, such as a violation of the
// content security policy, except for pages with status 400 and missing icons.
func (b *tab) noErrors() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, message := range b.messages {
		if !strings.Contains(message, "status of 40") {
			b.Errorf("got %q in the console, want no errors", message)
		}
	}
}

// startSandbox starts a sandbox whose clients return to the application.
func startSandbox(t *testing.T, app *application) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(sandbox.WithRedirectURI(app.redirectURI()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A person signs in with the keyboard alone, consents, and declines; with and without
// JavaScript; the browser returns by query and by form_post.
func TestPersonSignsInWithBrowser(t *testing.T) {
	chromium := newChromium(t)
	app := newApplication(t)
	s := startSandbox(t, app)
	person := s.Person()
	for name, scripts := range map[string]bool{"with JavaScript": true, "without JavaScript": false} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, chromium, s, app)
			if !scripts {
				b.run(disableScripts())
			}

			// Cancelled at the sign-in page.
			b.open(nil)
			b.shows("Sign in")
			b.run(chromedp.Click(chromedp.CSS(`button[value=cancel]`)))
			if got := b.returned("GET"); got.Get("error") != "access_denied" {
				t.Errorf("cancel: got %v, want access_denied", got)
			}

			// A wrong password, then the right one. The focus is where the person types next.
			b.open(nil)
			b.shows("Sign in")
			b.keys(person.Name + kb.Tab + "wrong" + kb.Enter)
			b.run(chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
			b.keys(person.Password + kb.Enter)

			// The first Tab stops are the link, four scopes, and the buttons.
			b.shows("Allow access?")
			b.keys(kb.Tab + kb.Tab + kb.Tab + " ") // not read:core:entities
			b.keys(kb.Tab + kb.Tab + kb.Tab + kb.Enter)
			got := b.returned("GET")
			if got.Get("code") == "" || got.Get("scope") != "offline_access read:owneraccounts write:grants" || got.Get("iss") != s.Issuer() {
				t.Errorf("got %v, want a code and three scopes", got)
			}
			exchange(t, s, app, got.Get("code"))

			// Declined, and returned by form_post.
			formPost := func() {
				if !scripts {
					b.shows("Back to the application")
					b.run(chromedp.Click(chromedp.CSS("button")))
				}
			}
			b.open(url.Values{"response_mode": {"form_post"}, "prompt": {"consent"}})
			b.shows("Allow access?")
			b.run(chromedp.Click(chromedp.CSS("button[value=decline]")))
			formPost()
			if got := b.returned("POST"); got.Get("error") != "access_denied" {
				t.Errorf("decline: got %v, want access_denied", got)
			}
			b.open(url.Values{"response_mode": {"form_post"}, "prompt": {"login"}, "login_hint": {person.Name}})
			b.shows("Sign in")
			b.keys(person.Password + kb.Enter) // the name is filled in, and the password has the focus
			b.shows("Allow access?")           // for the scope that was not granted
			b.run(chromedp.Click(chromedp.CSS("button[value=allow]")))
			formPost()
			exchange(t, s, app, b.returned("POST").Get("code"))

			// Another account.
			b.open(url.Values{"prompt": {"consent"}})
			b.shows("Allow access?")
			b.run(chromedp.Click(chromedp.CSS("a")))
			b.shows("Sign in")

			b.open(url.Values{"redirect_uri": {"https://evil.example/"}})
			b.shows("Request refused")
			b.run(chromedp.Navigate(s.Issuer() + "/connect/endsession"))
			b.shows("Sign out?")
			b.run(chromedp.Click(chromedp.CSS("button")))
			b.shows("Signed out")
			b.noErrors()
		})
	}
}

// exchange exchanges a code at the token endpoint.
func exchange(t *testing.T, s *sandbox.Server, app *application, code string) {
	t.Helper()
	rsp, err := http.PostForm(s.TokenURL(), url.Values{
		"grant_type": {"authorization_code"}, "client_id": {s.WebClient().ID}, "client_secret": {s.WebClient().Secret},
		"redirect_uri": {app.redirectURI()}, "code": {code},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		t.Errorf("token request: got status %s, want 200", rsp.Status)
	}
}

// The pages pass the checks of axe-core and have no horizontal scroll bar, on a large and on
// a small screen, in light and dark colours. The variable INTEROP_SCREENSHOTS names a
// directory for pictures of them.
func TestPagesAreAccessible(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(nodePackages(t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	chromium := newChromium(t)
	app := newApplication(t)
	s := startSandbox(t, app)
	person := s.Person()
	for _, width := range []int64{1280, 375} {
		for _, colours := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(width, " ", colours), func(t *testing.T) {
				b := newTab(t, chromium, s, app)
				b.run(chromedp.EmulateViewport(width, 800), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}},
				}))
				check := func(name, heading string) {
					t.Helper()
					b.shows(heading)
					b.picture(fmt.Sprintf("%s-%d-%s.png", name, width, colours))
					b.accessible(name, string(axe))
				}
				b.open(nil)
				check("sign-in", "Sign in")
				b.keys(person.Name + kb.Tab + "wrong" + kb.Enter)
				b.run(chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
				check("wrong-password", "Sign in")
				b.keys(person.Password + kb.Enter)
				check("consent", "Allow access?")
				evaluate[int](b, `for (const box of document.querySelectorAll("input[type=checkbox]")) box.checked = false; 0`)
				b.run(chromedp.Click(chromedp.CSS("button[value=allow]")), chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
				check("no-scope", "Allow access?")
				b.open(url.Values{"redirect_uri": {"https://evil.example/"}})
				check("error", "Request refused")
				b.run(chromedp.Navigate(s.Issuer() + "/connect/endsession"))
				check("sign-out", "Sign out?")
				b.run(chromedp.Click(chromedp.CSS("button")))
				check("signed-out", "Signed out")
				b.run(disableScripts())
				b.open(url.Values{"response_mode": {"form_post"}})
				b.shows("Sign in")
				b.keys(person.Name + kb.Tab + person.Password + kb.Enter)
				b.shows("Allow access?")
				b.run(chromedp.Click(chromedp.CSS("button[value=allow]")))
				b.shows("Back to the application")
				b.picture(fmt.Sprintf("form-post-%d-%s.png", width, colours))
			})
		}
	}
}

// accessible runs axe-core in the page and measures its width.
func (b *tab) accessible(name, axe string) {
	b.Helper()
	var found []struct {
		ID, Help string
		Nodes    []struct{ HTML string }
	}
	evaluate[int](b, axe+"; 0")
	result := evaluate[string](b, `axe.run().then(r => JSON.stringify(r.violations))`)
	if err := json.Unmarshal([]byte(result), &found); err != nil {
		b.Fatal(err)
	}
	for _, violation := range found {
		b.Errorf("%s: got violation %s (%s) in %v, want none", name, violation.ID, violation.Help, violation.Nodes)
	}
	if evaluate[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
		b.Errorf("%s: got a page that is wider than the window, want none", name)
	}
}

// picture writes a picture of the page, if INTEROP_SCREENSHOTS is set.
func (b *tab) picture(name string) {
	b.Helper()
	dir := os.Getenv("INTEROP_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o600); err != nil {
		b.Fatal(err)
	}
}
