package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

const (
	// Timeout limits an operation of a store.
	Timeout = time.Second

	// LockTimeout limits how long a process waits for the token request of another one.
	LockTimeout = 15 * time.Second

	// maxGivenUp is the maximum number of operations that have been given up and have not
	// returned. The store is then not used.
	maxGivenUp = 16
)

// Store keeps tokens. It is the interface client.TokenStore.
type Store interface {
	Load(ctx context.Context, key string) (*oauth2.Token, error)
	Save(ctx context.Context, key string, token *oauth2.Token) error
}

// Locker is an optional interface of a Store. It is the interface client.TokenLocker.
type Locker interface {
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// Guard calls a store. A failure of the store is logged and not returned. A store may also
// block, panic, end its goroutine, or return neither a token nor an error.
type Guard struct {
	store   Store
	logger  *slog.Logger
	givenUp atomic.Int32
}

// NewGuard returns the guard of a store. The logger may be nil.
func NewGuard(store Store, logger *slog.Logger) *Guard {
	return &Guard{store: store, logger: logger}
}

// Result is the outcome of an operation of a store.
type Result int

// Results.
const (
	OK     Result = iota
	Failed        // the operation failed
	Hangs         // the operation took too long: the store should not be used for a while
)

// Load returns a copy of the token that is stored under key, or nil if there is none.
func (g *Guard) Load(ctx context.Context, key string) (*oauth2.Token, Result) {
	token, err := call(ctx, g, Timeout, func(ctx context.Context) (*oauth2.Token, error) {
		token, err := g.store.Load(ctx, key)
		if err != nil || token == nil {
			return nil, err
		}
		return new(*token), nil
	}, nil)
	return token, g.result(ctx, "load", err)
}

// Save stores a copy of token under key.
func (g *Guard) Save(ctx context.Context, key string, token *oauth2.Token) Result {
	_, err := call(ctx, g, Timeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, g.store.Save(ctx, key, new(*token))
	}, nil)
	return g.result(ctx, "save", err, token.AccessToken, token.RefreshToken)
}

// Lock locks key, if the store can lock, and returns the function that unlocks it. If the lock
// is not obtained within LockTimeout, Lock returns nil, and the caller goes on without it.
func (g *Guard) Lock(ctx context.Context, key string) func() {
	locker, ok := g.store.(Locker)
	if !ok {
		return nil
	}
	release := func(ctx context.Context, unlock func()) {
		_, err := call(ctx, g, Timeout, func(context.Context) (struct{}, error) {
			unlock()
			return struct{}{}, nil
		}, nil)
		g.result(ctx, "unlock", err)
	}
	unlock, err := call(ctx, g, LockTimeout, func(ctx context.Context) (func(), error) {
		return locker.Lock(ctx, key)
	}, func(unlock func()) {
		if unlock != nil { // the lock was obtained after it was given up
			release(context.WithoutCancel(ctx), unlock)
		}
	})
	if err == nil && unlock == nil {
		err = errors.New("neither a lock nor an error")
	}
	if g.result(ctx, "lock", err) != OK {
		return nil
	}
	return func() { release(context.WithoutCancel(ctx), unlock) }
}

// result logs err and returns the result of an operation. Secrets are what err must not show.
func (g *Guard) result(ctx context.Context, operation string, err error, secrets ...string) Result {
	if err == nil {
		return OK
	}
	g.Log(ctx, operation, redact.NewSecrets(secrets...).Error(err))
	if errors.Is(err, errHangs) || errors.Is(err, context.DeadlineExceeded) {
		return Hangs
	}
	return Failed
}

// Log logs why the store is not used.
func (g *Guard) Log(ctx context.Context, operation string, err error) {
	if g.logger != nil {
		g.logger.LogAttrs(ctx, slog.LevelWarn, "tapkey: token store",
			slog.String("operation", operation), slog.String("error", redact.ErrorText(err)))
	}
}

var errHangs = errors.New("no result")

// call calls f on another goroutine and returns its result. It returns an error if f takes
// longer than limit, panics or ends its goroutine. A result that comes later is passed to
// late, which may be nil.
func call[T any](ctx context.Context, g *Guard, limit time.Duration, f func(context.Context) (T, error), late func(T)) (T, error) {
	var none T
	if g.givenUp.Load() >= maxGivenUp {
		return none, fmt.Errorf("%w: %d earlier operations have not returned", errHangs, maxGivenUp)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	results, giveUp := make(chan result), make(chan struct{})
	go func() {
		r := result{err: errors.New("the goroutine of the store has ended")} // by runtime.Goexit
		defer func() {
			if v := recover(); v != nil {
				r = result{err: fmt.Errorf("panic: %v", v)}
			}
			select {
			case results <- r:
			case <-giveUp:
				g.givenUp.Add(-1)
				if r.err == nil && late != nil {
					late(r.value)
				}
			}
		}()
		r.value, r.err = f(limited)
	}()
	select {
	case r := <-results:
		if r.err != nil && ctx.Err() == nil && limited.Err() != nil {
			r.err = fmt.Errorf("%w within %v: %w", errHangs, limit, r.err)
		}
		return r.value, r.err
	case <-limited.Done():
		g.givenUp.Add(1)
		close(giveUp)
		if ctx.Err() != nil {
			return none, ctx.Err()
		}
		return none, fmt.Errorf("%w within %v", errHangs, limit)
	}
}
