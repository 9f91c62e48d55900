package profile

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
)

// keyID is the id of the encryption key.
const keyID = "keyring"

// Tokens returns the directory with the secrets and tokens of a profile.
func (d Dir) Tokens(name, storage string) string {
	return filepath.Join(d.path, "profile-"+name, storage)
}

// Store returns the store with the secrets and tokens of a profile.
func (d Dir) Store(ctx context.Context, name, storage string) (client.TokenStore, error) {
	if storage == "" {
		return nil, fmt.Errorf("profile %s has no secrets: use tapkey login --profile %s", name, name)
	}
	if storage == File {
		return tokenstore.NewFiles(d.Tokens(name, File))
	}
	text, err := d.key(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, fmt.Errorf("the keyring has no key of profile %s: use tapkey login --profile %s", name, name)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return d.encrypted(name, text)
}

// NewStore returns a store for the secrets and tokens of a profile. It uses the keyring. If
// that fails with an error, which is reason, or if plain is true, it returns a store of files
// that are not encrypted.
func (d Dir) NewStore(ctx context.Context, name string, plain bool) (store client.TokenStore, storage string, reason, err error) {
	if !plain {
		if store, reason = d.newEncrypted(ctx, name); reason == nil {
			return store, Keyring, nil, nil
		}
		if ctx.Err() != nil {
			return nil, "", nil, ctx.Err()
		}
	}
	store, err = tokenstore.NewFiles(d.Tokens(name, File))
	return store, File, reason, err
}

// newEncrypted returns the encrypted store. Its key is that in the keyring, or a new one: a
// sign-in that fails later leaves the present token readable.
func (d Dir) newEncrypted(ctx context.Context, name string) (client.TokenStore, error) {
	text, err := d.key(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		var secret [32]byte
		_, _ = rand.Read(secret[:]) // never fails
		text = base64.StdEncoding.EncodeToString(secret[:])
		err = d.setKey(ctx, name, text)
	}
	if err != nil {
		return nil, err
	}
	return d.encrypted(name, text)
}

func (d Dir) encrypted(name, text string) (client.TokenStore, error) {
	secret, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("the keyring has an invalid key of profile %s: use tapkey logout --profile %s, then tapkey login", name, name)
	}
	key, err := tokenstore.NewAESKey(keyID, secret)
	if err != nil {
		return nil, err
	}
	files, err := tokenstore.NewFiles(d.Tokens(name, Keyring))
	if err != nil {
		return nil, err
	}
	return tokenstore.Encrypt(files, key)
}

// Remove removes the secrets and tokens of a profile.
func (d Dir) Remove(ctx context.Context, name, storage string) error {
	err := os.RemoveAll(filepath.Join(d.path, "profile-"+name))
	if storage == Keyring {
		if keyErr := d.deleteKey(ctx, name); keyErr != nil && err == nil {
			err = fmt.Errorf("keyring: %w", keyErr)
		}
	}
	return err
}

// SaveSecret saves the secret of a client. It is not saved in the keyring, which has a maximum
// size on some systems.
func SaveSecret(ctx context.Context, store client.TokenStore, clientID, secret string) error {
	return store.Save(ctx, secretKey(clientID), &oauth2.Token{AccessToken: secret})
}

// LoadSecret returns the secret of a client, or "" if it has none.
func LoadSecret(ctx context.Context, store client.TokenStore, clientID string) (string, error) {
	token, err := store.Load(ctx, secretKey(clientID))
	if token == nil || err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

func secretKey(clientID string) string {
	hash := sha256.Sum256([]byte("tapkey client secret 1:" + clientID))
	return hex.EncodeToString(hash[:])
}
