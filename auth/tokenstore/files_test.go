package tokenstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
)

// Stores of this package.
var (
	_ client.TokenStore  = (*tokenstore.Files)(nil)
	_ client.TokenLocker = (*tokenstore.Files)(nil)
)

const (
	key      = "00000000000000000000000000000000000000000000000000000000000000aa"
	otherKey = "00000000000000000000000000000000000000000000000000000000000000bb"
)

// aToken returns a token with all fields.
func aToken() *oauth2.Token {
	return &oauth2.Token{
		AccessToken: "the-access-t0ken", TokenType: "Bearer", RefreshToken: "the-refresh-t0ken",
		Expiry: time.Now().Add(time.Hour).Round(0),
	}
}

func newFiles(t *testing.T) (store *tokenstore.Files, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "a", "store")
	store, err := tokenstore.NewFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store, dir
}

// save saves a token, which must succeed.
func save(t *testing.T, store client.TokenStore, key string, token *oauth2.Token) {
	t.Helper()
	if err := store.Save(t.Context(), key, token); err != nil {
		t.Fatalf("Save: got error %v, want none", err)
	}
}

// checkLoad checks that a token is in the store. Nil means that there is none.
func checkLoad(t *testing.T, store client.TokenStore, key string, want *oauth2.Token) {
	t.Helper()
	got, err := store.Load(t.Context(), key)
	if err != nil || (got == nil) != (want == nil) {
		t.Fatalf("Load: got token %v and error %v, want token %v", got != nil, err, want != nil)
	}
	if got != nil && (got.AccessToken != want.AccessToken || got.TokenType != want.TokenType ||
		got.RefreshToken != want.RefreshToken || !got.Expiry.Equal(want.Expiry)) {
		t.Errorf("Load: got %+v, want %+v", got, want)
	}
}

// checkBroken checks that Load returns an error with a text and without content.
func checkBroken(t *testing.T, store client.TokenStore, want string) {
	t.Helper()
	token, err := store.Load(t.Context(), key)
	if token != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("Load: got token %v and error %v, want an error with %q and without the token", token != nil, err, want)
	}
}

func TestFiles(t *testing.T) {
	store, dir := newFiles(t)
	checkLoad(t, store, key, nil)
	first, second := aToken(), &oauth2.Token{AccessToken: "second"}
	save(t, store, key, first)
	save(t, store, otherKey, second)
	checkLoad(t, store, key, first)
	checkLoad(t, store, otherKey, second)
	save(t, store, key, second)
	checkLoad(t, store, key, second)
	again, err := tokenstore.NewFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	checkLoad(t, again, key, second)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("got the files %v and error %v, want 2", names, err)
	}
}

func TestFilesKeys(t *testing.T) {
	store, _ := newFiles(t)
	for _, key := range []string{"", "../" + key, "..", "/etc/passwd", "a/b", `a\b`, "A", "a\x00", strings.Repeat("a", 129)} {
		_, err := store.Load(t.Context(), key)
		_, lockErr := store.Lock(t.Context(), key)
		if saveErr := store.Save(t.Context(), key, aToken()); err == nil || saveErr == nil || lockErr == nil {
			t.Errorf("key %q: got errors %v, %v and %v, want three", key, err, saveErr, lockErr)
		}
	}
}

// What is found in place of a file is an error, and Save replaces it.
func TestFilesReplaceBrokenOnes(t *testing.T) {
	for name, test := range map[string]struct {
		put  func(path string) error
		want string
	}{
		"empty": {func(path string) error { return os.WriteFile(path, nil, 0o600) }, "not valid JSON"},
		"cut off": {func(path string) error {
			return os.WriteFile(path, []byte(`{"key":"`+key+`","access_token":"t0ken`), 0o600)
		}, "not valid JSON"},
		"zeros": {func(path string) error { return os.WriteFile(path, make([]byte, 200), 0o600) }, "not valid JSON"},
		"list":  {func(path string) error { return os.WriteFile(path, []byte(`["t0ken"]`), 0o600) }, "not valid JSON"},
		"other type": {func(path string) error {
			return os.WriteFile(path, []byte(`{"key":"`+key+`","access_token":7}`), 0o600)
		}, "not valid JSON"},
		"other key": {func(path string) error {
			return os.WriteFile(path, []byte(`{"key":"`+otherKey+`","access_token":"t0ken"}`), 0o600)
		}, "belongs to another key"},
		"no key": {func(path string) error { return os.WriteFile(path, []byte(`{"access_token":"t0ken"}`), 0o600) }, "belongs to another key"},
		"1 GiB": {func(path string) error {
			return errors.Join(os.WriteFile(path, []byte("{"), 0o600), os.Truncate(path, 1<<30))
		}, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			store, dir := newFiles(t)
			if err := test.put(filepath.Join(dir, key+".json")); err != nil {
				t.Fatal(err)
			}
			checkBroken(t, store, test.want)
			want := aToken()
			save(t, store, key, want)
			checkLoad(t, store, key, want)
		})
	}
}

func TestFilesLock(t *testing.T) {
	store, dir := newFiles(t)
	other, err := tokenstore.NewFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := store.Lock(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*tokenstore.Files{store, other} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		if _, err := s.Lock(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Lock of a locked key: got error %v, want context.DeadlineExceeded", err)
		}
		cancel()
	}
	if another, err := other.Lock(t.Context(), otherKey); err != nil {
		t.Errorf("Lock of another key: got error %v, want none", err)
	} else {
		another()
	}
	unlock()
	var holders atomic.Int32 // a lock of a file does not order memory
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			unlock, err := other.Lock(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			if n := holders.Add(1); n != 1 {
				t.Errorf("got %d holders of the lock, want 1", n)
			}
			runtime.Gosched()
			holders.Add(-1)
		})
	}
	wait.Wait()
}

func TestFilesLeftovers(t *testing.T) {
	store, dir := newFiles(t)
	save(t, store, key, aToken())
	old, fresh := filepath.Join(dir, key+".1.tmp"), filepath.Join(dir, key+".2.tmp")
	for _, name := range []string{old, fresh} {
		if err := os.WriteFile(name, []byte("t0ken"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := tokenstore.NewFiles(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("old leftover: got error %v, want it removed", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("file that is being written: got error %v, want none", err)
	}
}
