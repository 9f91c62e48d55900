package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// RefreshSource returns a source that begins with a token, such as one of [App.Finish], and
// renews it with its refresh token. A response without a refresh token leaves the old one
// valid.
//
// Save is called with each renewed token before it is used, because the refresh token may
// have changed. If it fails, the call that needed the token fails, and the next one calls save
// again. A nil save keeps tokens in memory only.
//
// The error of the source is an [ErrSignInAgain] if the refresh token is refused or missing.
func (a *App) RefreshSource(token *oauth2.Token, save func(context.Context, *oauth2.Token) error) *Source {
	r := &refresher{app: a.app(), memory: copyOf(token), save: save}
	return r.app.newSource(copyOf(token), r.obtain)
}

// StoredSource returns a source for the token of a person, which [App.SaveToken] has saved. It
// loads the token before a renewal and saves it afterwards, so that many processes can share
// it. Person is a name that the program chooses, such as the id of an operator.
//
// The store must keep a token until it is replaced. If it is a [client.TokenLocker], the token
// is locked from loading to saving: processes that share a refresh token need that if it can
// be used only once.
//
// The error of the source is an [ErrSignInAgain] if the store has no token of the person, or
// its refresh token is refused.
func (a *App) StoredSource(store client.TokenStore, person string) *Source {
	key := a.app().key(person)
	r := &refresher{
		app:  a.app(),
		load: func(ctx context.Context) (*oauth2.Token, error) { return store.Load(ctx, key) },
		save: func(ctx context.Context, token *oauth2.Token) error { return store.Save(ctx, key, token) },
	}
	if locker, ok := store.(client.TokenLocker); ok {
		r.lock = func(ctx context.Context) (func(), error) { return locker.Lock(ctx, key) }
	}
	return r.app.newSource(nil, r.obtain)
}

// SaveToken saves the token of a person after a sign-in, for [App.StoredSource].
func (a *App) SaveToken(ctx context.Context, store client.TokenStore, person string, token *oauth2.Token) error {
	if token == nil || token.RefreshToken == "" {
		return errNoRefreshToken()
	}
	return storeError("save", store.Save(ctx, a.app().key(person), copyOf(token)), token)
}

// StoredToken returns the token of a person that is in a store, or nil if there is none. It
// does not renew the token, which may have expired, and sends no request.
func (a *App) StoredToken(ctx context.Context, store client.TokenStore, person string) (*oauth2.Token, error) {
	token, err := store.Load(ctx, a.app().key(person))
	return token, storeError("load", err)
}

// key returns the key of a person's token.
func (a *app) key(person string) string {
	hash := sha256.New()
	for _, part := range []string{"tapkey refresh token 1", a.URL, a.ID, person} {
		fmt.Fprintf(hash, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// refresher obtains tokens with a refresh token. It is not safe for concurrent use.
type refresher struct {
	app  *app
	load func(context.Context) (*oauth2.Token, error) // nil without a store
	save func(context.Context, *oauth2.Token) error   // may be nil
	lock func(context.Context) (func(), error)        // may be nil

	memory  *oauth2.Token // the newest token; nil if there is none
	before  *oauth2.Token // the one that memory has replaced; may be nil
	unsaved bool          // memory is to be saved
	refused string        // refresh token that was refused
	why     error         // its error
}

func (r *refresher) obtain(ctx context.Context, rejected string) (*oauth2.Token, error) {
	if token, err := r.current(ctx, rejected); token != nil || err != nil {
		return token, err
	}
	if r.lock != nil {
		unlock, err := r.lock(ctx)
		if err != nil {
			return nil, storeError("lock", err, r.memory, r.before)
		}
		defer unlock()
		// Another process may have renewed the token while it had the lock.
		if token, err := r.current(ctx, rejected); token != nil || err != nil {
			return token, err
		}
	}
	err := r.refresh(ctx)
	if errors.Is(err, ErrSignInAgain) && r.load != nil {
		// Without a lock, another process may have used the refresh token first.
		used := r.memory
		if token, loadErr := r.current(ctx, rejected); token != nil || loadErr != nil {
			return token, loadErr
		}
		if r.memory != nil && used != nil && r.memory.RefreshToken != used.RefreshToken {
			err = r.refresh(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	return r.saved(ctx)
}

// current returns the token in the store if it is valid, and nil if it has to be renewed. A
// token that could not be saved is saved first.
func (r *refresher) current(ctx context.Context, rejected string) (*oauth2.Token, error) {
	switch {
	case r.unsaved:
		if _, err := r.saved(ctx); err != nil {
			return nil, err
		}
	case r.load != nil:
		token, err := r.load(ctx)
		if err != nil {
			return nil, storeError("load", err, r.memory, r.before)
		}
		r.memory = copyOf(token)
	default:
		return nil, nil //nolint:nilnil // the source has found that its token must be renewed
	}
	now := r.app.Now()
	if r.memory == nil || r.memory.Expiry.IsZero() || r.memory.AccessToken == rejected || !usable(r.memory, now, now) {
		return nil, nil //nolint:nilnil // the token must be renewed
	}
	return copyOf(r.memory), nil
}

// saved saves the token in memory and returns it.
func (r *refresher) saved(ctx context.Context) (*oauth2.Token, error) {
	if r.save != nil {
		r.unsaved = true
		if err := r.save(ctx, copyOf(r.memory)); err != nil {
			return nil, storeError("save", err, r.memory, r.before)
		}
	}
	r.unsaved = false
	return copyOf(r.memory), nil
}

// refresh renews the token in memory (RFC 6749, section 6).
func (r *refresher) refresh(ctx context.Context) error {
	old := r.memory
	switch {
	case old == nil || old.RefreshToken == "":
		return errNoRefreshToken()
	case old.RefreshToken == r.refused:
		return r.why
	}
	if issuer := tokenendpoint.EnvironmentOfToken(old.AccessToken); issuer != "" && r.app.environment != "" && issuer != r.app.environment {
		return configError(fmt.Errorf("refresh token not sent: it is of the environment %s, but the App is that of %s", issuer, r.app.environment))
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.RefreshToken}}
	token, err := r.app.request(ctx, form, strings.Join(Scopes(old), " "))
	if err != nil {
		if failed, ok := errors.AsType[*client.TokenError](err); ok && failed.Code == "invalid_grant" {
			err = fmt.Errorf("%w: %w", ErrSignInAgain, err)
			r.refused, r.why = old.RefreshToken, err
		}
		return err
	}
	if token.RefreshToken == "" {
		token.RefreshToken = old.RefreshToken
	}
	r.before, r.memory = old, token
	return nil
}

func errNoRefreshToken() error {
	return fmt.Errorf("%w: %w: request the scope offline_access, and enable it for the client in Tapkey's portal",
		ErrSignInAgain, tokenendpoint.ErrNoRefreshToken)
}

// storeError returns the error of a store, without a token in it, or nil.
func storeError(operation string, err error, tokens ...*oauth2.Token) error {
	if err == nil {
		return nil
	}
	var secrets redact.Secrets
	for _, token := range tokens {
		if token != nil {
			secrets = append(secrets, redact.NewSecrets(token.RefreshToken, token.AccessToken)...)
		}
	}
	return fmt.Errorf("token store: %s: %w", operation, secrets.Error(redact.Error(err)))
}
