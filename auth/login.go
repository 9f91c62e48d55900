package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// Login configures [App.Login]. The zero value opens the browser and shows nothing.
type Login struct {
	// Show shows a URL to the person, who can open it if no browser opens. It may be nil.
	Show func(authorizeURL string)

	// Open opens a URL in a browser. The default opens that of the desktop.
	Open func(ctx context.Context, authorizeURL string) error

	// Paste asks the person for the URL on which the browser has ended, if the browser is on
	// another machine. It is called if Open fails, or the port is in use, and again, with the
	// problem, if it returns another URL. It should return when ctx is done. It may be nil.
	Paste func(ctx context.Context, problem error) (string, error)

	// Parameters are added to the URL, as in [App.Start].
	Parameters []oauth2.AuthCodeOption
}

// maxPastes is how often the person may paste a URL.
const maxPastes = 5

// Login signs a person in on a desktop, as a command-line program does. It listens on the
// redirect URI, which must be http on loopback, opens the browser, and waits until the browser
// returns, or ctx is done. The browser ends on a page that says what has happened.
//
// Responses that do not belong to this sign-in are not accepted, and do not end it. The error
// is one of those of [App.Finish], an [ErrListen], an [ErrNoBrowser], or that of ctx.
func (a *App) Login(ctx context.Context, login Login) (*oauth2.Token, error) {
	app := a.app()
	redirect, err := url.Parse(app.redirect)
	if err != nil || redirect.Scheme != "http" || !tokenendpoint.IsLoopback(redirect.Hostname()) {
		return nil, configError(errors.New("redirect URL is not http on loopback, where a program can listen"))
	}
	begun := app.newSession()
	address, err := app.authorizeRequest(begun, login.Parameters)
	if err != nil {
		return nil, configError(err)
	}
	limited, cancel := context.WithTimeoutCause(ctx, sessionLifetime, mismatch("the person has not signed in within an hour"))
	defer cancel()
	w := &waiter{ctx: limited, app: app, begun: begun, redirect: redirect, results: make(chan result, 1)}
	listenErr := w.listen()
	if listenErr != nil && login.Paste == nil {
		return nil, listenErr
	}
	defer w.close() //nolint:contextcheck // ctx may be done already
	if login.Show != nil {
		login.Show(address)
	}
	go w.browse(limited, login, address, listenErr)
	select {
	case r := <-w.results:
		return r.token, r.err
	case <-limited.Done():
		err := engine.WithCause(limited, limited.Err())
		if ignored := w.lastIgnored(); ignored != nil {
			return nil, fmt.Errorf("%w; before that, a response was ignored: %w", err, ignored)
		}
		return nil, err
	}
}

// browse opens the browser, or else asks the person to paste the URL.
func (w *waiter) browse(ctx context.Context, login Login, address string, problem error) {
	if problem == nil {
		open := login.Open
		if open == nil {
			open = openBrowser
		}
		if problem = recovered(func() error { return open(ctx, address) }); problem == nil || ctx.Err() != nil {
			return
		}
		problem = fmt.Errorf("%w: %w", ErrNoBrowser, redact.Error(problem))
	}
	if login.Paste == nil {
		if login.Show == nil { // the person cannot know the URL
			w.finish(nil, problem)
		}
		return
	}
	for range maxPastes {
		var pasted string
		err := recovered(func() (err error) {
			pasted, err = login.Paste(ctx, problem)
			return err
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.finish(nil, fmt.Errorf("%w: %w", problem, redact.Error(err)))
			return
		}
		response, err := w.parsePasted(pasted)
		if err == nil && w.claim() {
			w.finish(w.app.finish(ctx, w.begun, response))
			return
		}
		if err == nil { // the listener has received the response, too
			return
		}
		problem = err
	}
	w.finish(nil, problem)
}

// parsePasted returns the response in the URL on which a browser has ended.
func (w *waiter) parsePasted(text string) (authorizeResponse, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != w.redirect.Scheme || !sameHost(u.Host, w.redirect.Host) || pathOf(u) != pathOf(w.redirect) {
		return authorizeResponse{}, mismatch("the URL does not begin with " + redact.URL(w.app.redirect))
	}
	response, err := parseResponse(u.RawQuery)
	if err == nil {
		err = w.begun.check(response.state, w.app.Now())
	}
	return response, err
}

// recovered calls a function of the program, and returns a panic as an error.
func recovered(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = tokenendpoint.PanicError(v)
		}
	}()
	return f()
}
