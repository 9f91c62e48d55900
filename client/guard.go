package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// maxTokenCalls is the maximum number of token requests and calls of a token source that
// have been given up and have not returned.
const maxTokenCalls = 16

// tokenGuard calls code of the program that obtains a token, such as a token source or an
// http.RoundTripper. The zero value is ready to use.
type tokenGuard struct {
	givenUp atomic.Int32 // number of calls that have been given up and have not returned
}

// call calls f on another goroutine and returns its result. It returns an error if f takes
// longer than tokenTimeout, panics, or ends its goroutine, and if ctx is done first.
func (g *tokenGuard) call(ctx context.Context, f func(context.Context) (*oauth2.Token, error)) (*oauth2.Token, error) {
	if g.givenUp.Load() >= maxTokenCalls {
		return nil, &TokenError{Err: fmt.Errorf("%d earlier calls of the token source have not returned", maxTokenCalls)}
	}
	limited, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	type result struct {
		token *oauth2.Token
		err   error
	}
	results, giveUp := make(chan result), make(chan struct{})
	go func() {
		r := result{err: &TokenError{Err: errors.New("the goroutine that requests a token has ended")}} // by runtime.Goexit, as t.Fatal does
		defer func() {
			if v := recover(); v != nil {
				r = result{err: &TokenError{Err: tokenendpoint.PanicError(v)}}
			}
			select {
			case results <- r:
			case <-giveUp:
				g.givenUp.Add(-1)
			}
		}()
		r.token, r.err = f(limited)
	}()
	select {
	case r := <-results:
		return r.token, r.err
	case <-limited.Done():
		g.givenUp.Add(1)
		close(giveUp)
		if ctx.Err() != nil {
			return nil, engine.WithCause(ctx, ctx.Err())
		}
		return nil, &TokenError{Err: fmt.Errorf("no token within %v: %w", tokenTimeout, context.DeadlineExceeded)}
	}
}
