package interop

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A browser signs in for auth.Login. It ends on a page whose address and history have neither
// the code nor the state, and the browser accepts the page's script and style.
func TestLoginInBrowser(t *testing.T) {
	browser := newChromium(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	redirect := "http://" + l.Addr().String() + "/authorize/"
	l.Close()
	s, err := sandbox.Start(sandbox.WithAutoConsent(), sandbox.WithRedirectURI(redirect))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	app, err := auth.New(auth.Config{
		ClientID: s.PublicClient().ID, Scopes: []string{"read:owneraccounts", "offline_access"}, RedirectURL: redirect,
		AuthorizeURL: s.AuthorizeURL(), TokenURL: s.TokenURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	b := newTab(t, browser, s, nil)
	opened := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	token, err := app.Login(ctx, auth.Login{Open: func(_ context.Context, address string) error {
		err := chromedp.Do(b.ctx, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS("h1")))
		opened <- err
		return err
	}})
	if err != nil || token.RefreshToken == "" {
		t.Fatalf("got error %v, want a token", err)
	}
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]string{
		`document.querySelector("h1").textContent`: "You are signed in", `document.title`: "You are signed in",
		`location.href`: redirect, `getComputedStyle(document.body).maxWidth`: "544px", `document.documentElement.lang`: "en",
	} {
		if got := evaluate[string](b, expression); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, message := range b.messages {
		if !strings.Contains(message, "favicon.ico") { // which this listener does not have
			t.Errorf("got the message %q in the console, want none", message)
		}
	}
}
