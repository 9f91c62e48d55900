package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

const (
	// A token is replaced a tenth of its lifetime before it expires, but at most maxMargin.
	maxMargin = time.Minute

	// unknownLifetime is the lifetime assumed for a token without an expiry.
	unknownLifetime = time.Minute

	// renewalTimeout limits a renewal, including the calls of a store.
	renewalTimeout = 45 * time.Second
)

// Source is a source of access tokens for [client.WithTokenSource]. It returns a token until
// that expires, or the API refuses it, and then obtains another one. At most one token request
// is in flight. All callers share its result, and each waits until its own context is done.
//
// A Source is safe for concurrent use.
type Source struct {
	tokenURL string
	source   func() *source // behind a function, so that printing by reflection finds no token
}

var (
	_ oauth2.TokenSource      = (*Source)(nil)
	_ client.TokenInvalidator = (*Source)(nil)
)

// Token implements oauth2.TokenSource.
func (s *Source) Token() (*oauth2.Token, error) { return s.TokenContext(context.Background()) }

// TokenContext is like [Source.Token] and waits until ctx is done.
func (s *Source) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	return s.source().token(ctx)
}

// InvalidateToken implements [client.TokenInvalidator]. A token that the API has refused is
// not returned again.
func (s *Source) InvalidateToken(token *oauth2.Token) { s.source().reject(token) }

// TokenURL returns the URL of the token endpoint. By it, the client knows the environment of
// the source; see [client.WithEnvironment].
func (s *Source) TokenURL() string { return s.tokenURL }

// Format implements fmt.Formatter. No verb prints a token.
func (s Source) Format(state fmt.State, verb rune) {
	redact.Format(state, verb, "auth.Source{}", "auth.Source{}")
}

// source caches a token and renews it.
type source struct {
	// obtain returns a token other than the rejected one. It is not called concurrently.
	obtain func(ctx context.Context, rejected string) (*oauth2.Token, error)
	now    func() time.Time
	flight singleflight.Group

	mu       sync.Mutex
	current  *oauth2.Token // nil before the first token
	obtained time.Time     // when it became the current one
	rejected string        // access token that obtain must not return
}

func (a *app) newSource(current *oauth2.Token, obtain func(context.Context, string) (*oauth2.Token, error)) *Source {
	s := &source{obtain: obtain, now: a.Now, current: current, obtained: a.Now()}
	return &Source{a.URL, func() *source { return s }}
}

func (s *source) token(ctx context.Context) (*oauth2.Token, error) {
	if token, _ := s.valid(); token != nil {
		return token, nil
	}
	if ctx.Err() != nil {
		return nil, engine.WithCause(ctx, ctx.Err())
	}
	select {
	case r := <-s.flight.DoChan("", func() (any, error) { return s.renew(ctx) }):
		if r.Err != nil {
			return nil, r.Err
		}
		return copyOf(r.Val.(*oauth2.Token)), nil
	case <-ctx.Done():
		return nil, engine.WithCause(ctx, ctx.Err())
	}
}

// renew obtains a token. It has a separate context, because all callers share the result.
func (s *source) renew(ctx context.Context) (token *oauth2.Token, err error) {
	defer func() {
		if v := recover(); v != nil { // of a store, or of a function that signs JWTs
			token, err = nil, redact.Error(tokenendpoint.PanicError(v))
		}
	}()
	token, rejected := s.valid()
	if token != nil { // a renewal has finished since the caller looked
		return token, nil
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewalTimeout)
	defer cancel()
	token, err = s.obtain(limited, rejected)
	if err != nil {
		return nil, err
	}
	if token == nil || token.AccessToken == "" {
		return nil, errors.New("no access token was obtained")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.obtained = token, s.now()
	return token, nil
}

// valid returns the current token, or nil if it must be replaced, and the rejected token.
func (s *source) valid() (token *oauth2.Token, rejected string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !usable(s.current, s.obtained, s.now()) {
		return nil, s.rejected
	}
	return copyOf(s.current), s.rejected
}

func (s *source) reject(token *oauth2.Token) {
	if token == nil || token.AccessToken == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejected = token.AccessToken
	if s.current != nil && s.current.AccessToken == s.rejected {
		s.current = nil
	}
}

// usable reports whether a token that was obtained at a time can be used now.
func usable(token *oauth2.Token, obtained, now time.Time) bool {
	if token == nil || token.AccessToken == "" {
		return false
	}
	expiry := token.Expiry.Round(0)
	if token.Expiry.IsZero() {
		expiry = obtained.Add(unknownLifetime)
	}
	margin := min(maxMargin, max(0, expiry.Sub(obtained)/10))
	return now.Add(margin).Before(expiry)
}

// copyOf returns a copy of a token, which the caller may change.
func copyOf(token *oauth2.Token) *oauth2.Token {
	if token == nil {
		return nil
	}
	c := *token
	return &c
}
