package tokenstore_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
)

// memory is a store without locks.
type memory map[string]*oauth2.Token

func (m memory) Load(_ context.Context, key string) (*oauth2.Token, error) { return m[key], nil }
func (m memory) Save(_ context.Context, key string, token *oauth2.Token) error {
	m[key] = token
	return nil
}

func aesKey(t *testing.T, id string, fill byte) tokenstore.EncryptionKey {
	t.Helper()
	k, err := tokenstore.NewAESKey(id, bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func encrypt(t *testing.T, store client.TokenStore, keys ...tokenstore.EncryptionKey) client.TokenStore {
	t.Helper()
	encrypted, err := tokenstore.Encrypt(store, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return encrypted
}

func TestEncrypt(t *testing.T) {
	block, err := aes.NewCipher(bytes.Repeat([]byte{9}, 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block) // with a nonce of the caller
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]tokenstore.EncryptionKey{"AES": aesKey(t, "2026", 1), "any AEAD": {ID: "gcm", AEAD: gcm}} {
		t.Run(name, func(t *testing.T) {
			inner, want := memory{}, aToken()
			store := encrypt(t, inner, k)
			checkLoad(t, store, key, nil)
			save(t, store, key, want)
			checkLoad(t, store, key, want)
			first := inner[key].AccessToken
			if shown := first + inner[key].RefreshToken; strings.Contains(shown, "t0ken") || !strings.HasPrefix(shown, k.ID+".") {
				t.Errorf("in the other store: got %q, want the id of the key and ciphertext", shown)
			}
			if !inner[key].Expiry.Equal(want.Expiry) || inner[key].RefreshToken == "" {
				t.Errorf("in the other store: got expiry %v and refresh token %q, want %v and one", inner[key].Expiry, inner[key].RefreshToken, want.Expiry)
			}
			save(t, store, key, want)
			if inner[key].AccessToken == first {
				t.Error("got the same ciphertext for the same token, want another one")
			}
		})
	}
}

func TestEncryptRejects(t *testing.T) {
	right := aesKey(t, "2026", 1)
	sealed := func(k tokenstore.EncryptionKey, under string) *oauth2.Token {
		inner := memory{}
		save(t, encrypt(t, inner, k), under, aToken())
		return inner[under]
	}
	change := func(f func(text []byte) []byte) *oauth2.Token {
		token := *sealed(right, key)
		id, text, _ := strings.Cut(token.AccessToken, ".")
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		token.AccessToken = id + "." + base64.RawURLEncoding.EncodeToString(f(data))
		return &token
	}
	for name, test := range map[string]struct {
		stored *oauth2.Token
		want   string
	}{
		"wrong key":       {sealed(aesKey(t, "2026", 2), key), "cannot be decrypted"},
		"unknown key":     {sealed(aesKey(t, "2025", 1), key), "unknown key"},
		"other token key": {sealed(right, otherKey), "cannot be decrypted"},
		"bit flipped":     {change(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), "cannot be decrypted"},
		"cut off":         {change(func(b []byte) []byte { return b[:len(b)-1] }), "cannot be decrypted"},
		"nothing":         {change(func([]byte) []byte { return nil }), "cannot be decrypted"},
		"not base64":      {&oauth2.Token{AccessToken: "2026.!!", TokenType: "encrypted"}, "malformed"},
		"not encrypted":   {aToken(), "not encrypted"},
		"no id":           {&oauth2.Token{AccessToken: "abc", TokenType: "encrypted"}, "not encrypted"},
		"empty":           {&oauth2.Token{}, "not encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			inner := memory{key: test.stored}
			store := encrypt(t, inner, right)
			checkBroken(t, store, test.want)
			want := aToken()
			save(t, store, key, want)
			checkLoad(t, store, key, want)
		})
	}
}

func TestEncryptKeyRotation(t *testing.T) {
	inner, want := memory{}, aToken()
	previous, next := aesKey(t, "2025", 1), aesKey(t, "2026", 2)
	save(t, encrypt(t, inner, previous), key, want)
	both := encrypt(t, inner, next, previous)
	checkLoad(t, both, key, want)
	save(t, both, key, want)
	checkLoad(t, encrypt(t, inner, next), key, want)
	checkBroken(t, encrypt(t, inner, previous), "unknown key")
}

func TestEncryptOptions(t *testing.T) {
	valid := aesKey(t, "a", 1)
	for name, keys := range map[string][]tokenstore.EncryptionKey{
		"no key":     {},
		"no AEAD":    {{ID: "a"}},
		"no id":      {{AEAD: valid.AEAD}},
		"period":     {{ID: "a.b", AEAD: valid.AEAD}},
		"line break": {{ID: "a\n", AEAD: valid.AEAD}},
		"same id":    {valid, valid},
	} {
		if store, err := tokenstore.Encrypt(memory{}, keys...); err == nil || store != nil {
			t.Errorf("%s: got store %v and error %v, want an error", name, store, err)
		}
	}
	if _, err := tokenstore.Encrypt(nil, valid); err == nil {
		t.Error("nil store: got no error, want one")
	}
	if _, err := tokenstore.NewAESKey("a", []byte("s3cret-and-short")[:7]); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("short secret: got error %v, want one without the secret", err)
	}
	files, _ := newFiles(t)
	if _, ok := encrypt(t, files, valid).(client.TokenLocker); !ok {
		t.Error("a store of Files: got no TokenLocker, want one")
	}
	if _, ok := encrypt(t, memory{}, valid).(client.TokenLocker); ok {
		t.Error("a store without locks: got a TokenLocker, want none")
	}
	broken := encrypt(t, failing{}, valid)
	if _, err := broken.Load(t.Context(), key); !errors.Is(err, errBroken) {
		t.Errorf("Load of a broken store: got error %v, want its error", err)
	}
	if err := broken.Save(t.Context(), key, aToken()); !errors.Is(err, errBroken) {
		t.Errorf("Save of a broken store: got error %v, want its error", err)
	}
}

var errBroken = errors.New("broken")

// failing is a store that fails.
type failing struct{}

func (failing) Load(context.Context, string) (*oauth2.Token, error) { return nil, errBroken }
func (failing) Save(context.Context, string, *oauth2.Token) error   { return errBroken }
