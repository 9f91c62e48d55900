// Package redis has a store of tokens in Redis for client.WithTokenStore. Processes on several
// machines then share tokens, and processes that start at the same time send one token request.
//
// Use it if many processes that live shorter than their tokens run on several machines, such as
// functions and jobs, and for refresh tokens of people whom several replicas serve.
//
// It is a separate module, so that go-redis reaches only programs that use it. The name of
// the package of go-redis is also redis:
//
//	import (
//		"github.com/redis/go-redis/v9"
//		tapkeyredis "github.com/tapkey-go/tapkey-go/auth/redis"
//	)
package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/tokenstore"
)

// DefaultPrefix is the start of all keys in Redis without [WithPrefix].
const DefaultPrefix = "tapkey:token:"

const (
	// lockLifetime is the lifetime of a lock. If a process ends while it holds the lock, the
	// others wait for that long.
	lockLifetime = 10 * time.Second

	// lockInterval is the longest time between two attempts to lock.
	lockInterval = 100 * time.Millisecond

	// unlockTimeout limits the removal of a lock.
	unlockTimeout = time.Second
)

// Store is a store of tokens in Redis. It is a client.TokenStore and a client.TokenLocker. A
// token expires in Redis when it does. A token with a refresh token stays until it is
// replaced, so the Redis must not evict keys without an expiry.
//
// Each operation uses one key, so it works with a Redis Cluster, with Sentinel and with a
// Ring. A lock is a key that expires after 10 s. If Redis fails over, or a token request takes
// longer than that, more than one process may request a token. That costs a request; all
// tokens are valid.
type Store struct {
	client  redis.UniversalClient
	prefix  string
	observe func(context.Context, Operation)
}

// Operation is an operation of a [Store] that has ended; see [WithObserver].
type Operation struct {
	Name     string        // "load", "save", "lock" or "unlock"
	Found    bool          // a load found a token
	Duration time.Duration // of the operation; of a lock, with the wait
	Err      error         // nil if it succeeded
}

// Option is an option of [New].
type Option func(*Store)

// WithPrefix sets the start of all keys in Redis. The default is [DefaultPrefix]. The rest of a
// key is a hash. Programs with the same prefix share their tokens.
func WithPrefix(prefix string) Option {
	return func(s *Store) { s.prefix = prefix }
}

// WithObserver sets a function that is called after each operation, for metrics. It must be
// safe for concurrent use. For metrics and traces of the commands of Redis, use the hooks of
// go-redis, for example those of its module redisotel.
func WithObserver(observe func(context.Context, Operation)) Option {
	return func(s *Store) { s.observe = observe }
}

// New returns a store in the Redis of client, which the caller closes. Its time-outs should be
// short: the operations of a store are given up after a second.
func New(client redis.UniversalClient, opts ...Option) (*Store, error) {
	if client == nil {
		return nil, errors.New("token store: the Redis client is nil")
	}
	s := &Store{client: client, prefix: DefaultPrefix}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("token store: an option is nil")
		}
		opt(s)
	}
	return s, nil
}

var (
	_ client.TokenStore  = (*Store)(nil)
	_ client.TokenLocker = (*Store)(nil)
)

// Load returns the token of key, or nil if there is none.
func (s *Store) Load(ctx context.Context, key string) (token *oauth2.Token, err error) {
	defer s.observed(ctx, "load", time.Now(), func() (bool, error) { return token != nil, err })
	// A value that is too large is not read as a whole.
	text, err := s.client.GetRange(ctx, s.prefix+key, 0, tokenstore.MaxSize).Result()
	if err != nil {
		return nil, commandError(err)
	}
	if text == "" {
		return nil, nil //nolint:nilnil // as client.TokenStore specifies
	}
	return tokenstore.Decode(key, []byte(text))
}

// Save replaces the token of key, also a value of another type.
func (s *Store) Save(ctx context.Context, key string, token *oauth2.Token) (err error) {
	defer s.observed(ctx, "save", time.Now(), func() (bool, error) { return false, err })
	data, err := tokenstore.Encode(key, token)
	if err != nil {
		return err
	}
	lifetime := time.Duration(0) // no expiry
	if token.RefreshToken == "" && !token.Expiry.IsZero() {
		if lifetime = time.Until(token.Expiry).Truncate(time.Millisecond); lifetime <= 0 {
			return errors.New("the token has expired")
		}
	}
	return commandError(s.client.Set(ctx, s.prefix+key, data, lifetime).Err())
}

// unlockScript removes a lock that is still that of the caller.
const unlockScript = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`

// Lock locks key for all other users of the Redis, for at most 10 s. It waits until ctx is
// done.
func (s *Store) Lock(ctx context.Context, key string) (unlock func(), err error) {
	defer s.observed(ctx, "lock", time.Now(), func() (bool, error) { return false, err })
	name, value := s.prefix+key+":lock", rand.Text()
	for {
		locked, err := s.client.SetNX(ctx, name, value, lockLifetime).Result()
		if err != nil {
			// The command may have been executed.
			s.unlock(context.WithoutCancel(ctx), name, value)
			return nil, commandError(err)
		}
		if locked {
			return func() { s.unlock(context.WithoutCancel(ctx), name, value) }, nil
		}
		if err := pause(ctx, lockInterval/4+mathrand.N(lockInterval*3/4)); err != nil {
			return nil, err
		}
	}
}

// unlock removes a lock. If that fails, the lock expires.
func (s *Store) unlock(ctx context.Context, name, value string) {
	var err error
	defer s.observed(ctx, "unlock", time.Now(), func() (bool, error) { return false, err })
	ctx, cancel := context.WithTimeout(ctx, unlockTimeout)
	defer cancel()
	err = commandError(s.client.Eval(ctx, unlockScript, []string{name}, value).Err())
}

// observed calls the observer.
func (s *Store) observed(ctx context.Context, name string, start time.Time, result func() (found bool, err error)) {
	if s.observe != nil {
		found, err := result()
		s.observe(ctx, Operation{Name: name, Found: found, Duration: time.Since(start), Err: err})
	}
}

// commandError returns the error of a command. An error of the server may quote an argument,
// so only its first word is kept, such as WRONGTYPE.
func commandError(err error) error {
	if reply, ok := errors.AsType[redis.Error](err); ok {
		code, _, _ := strings.Cut(reply.Error(), " ")
		if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			code = "an error"
		}
		return fmt.Errorf("redis: the server returned %s", code)
	}
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
