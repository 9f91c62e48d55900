package tokenstore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/tokenstore"
)

// EncryptionKey is a key of [Encrypt].
type EncryptionKey struct {
	ID   string      // names the key in the store: letters, digits, "-" and "_"; not a secret
	AEAD cipher.AEAD // must be safe for concurrent use, as those of package crypto/cipher are
}

// NewAESKey returns a key for AES-GCM. The secret must have 16, 24 or 32 random bytes.
func NewAESKey(id string, secret []byte) (EncryptionKey, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return EncryptionKey{}, errors.New("encryption key: the secret does not have 16, 24 or 32 bytes")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return EncryptionKey{id, aead}, err
}

// Encrypt returns a store that encrypts tokens and keeps them in another store. The first key
// encrypts; all keys decrypt. To replace a key, add the new one after the old one in all
// programs, then move it to the front, and remove the old one when all tokens have been saved
// again.
//
// The key of the token and the id of the encryption key are authenticated, so a token in the
// place of another one is an error of Load. The expiry of the token, and whether it has a
// refresh token, are not encrypted: the other store may need them. The store is a
// [client.TokenLocker] if the other one is.
func Encrypt(store client.TokenStore, keys ...EncryptionKey) (client.TokenStore, error) {
	if store == nil {
		return nil, errors.New("encryption: the store is nil")
	}
	if len(keys) == 0 {
		return nil, errors.New("encryption: no key")
	}
	e := &encrypted{store, keys[0], make(map[string]cipher.AEAD)}
	for _, key := range keys {
		switch {
		case !keyID.MatchString(key.ID):
			return nil, fmt.Errorf("encryption: invalid id of a key: %.64q", key.ID)
		case key.AEAD == nil:
			return nil, fmt.Errorf("encryption: key %s has no AEAD", key.ID)
		case e.keys[key.ID] != nil:
			return nil, fmt.Errorf("encryption: two keys have the id %s", key.ID)
		}
		e.keys[key.ID] = key.AEAD
	}
	if locker, ok := store.(client.TokenLocker); ok {
		return &encryptedLocker{e, locker}, nil
	}
	return e, nil
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// encrypted is the store of Encrypt. In the other store, the access token is the id of the
// encryption key, a period, and the encrypted token in base64.
type encrypted struct {
	store client.TokenStore
	first EncryptionKey
	keys  map[string]cipher.AEAD
}

type encryptedLocker struct {
	*encrypted
	client.TokenLocker
}

// encryptedType is the token type in the other store. It is also the value of the refresh
// token, if there is one.
const encryptedType = "encrypted"

// Load decrypts the token of the other store.
func (e *encrypted) Load(ctx context.Context, key string) (*oauth2.Token, error) {
	stored, err := e.store.Load(ctx, key)
	if err != nil || stored == nil {
		return nil, err
	}
	id, text, found := strings.Cut(stored.AccessToken, ".")
	if stored.TokenType != encryptedType || !found {
		return nil, errors.New("the stored token is not encrypted")
	}
	aead := e.keys[id]
	if aead == nil {
		return nil, errors.New("the stored token is encrypted with an unknown key")
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) < aead.NonceSize() {
		return nil, errors.New("the stored token is malformed")
	}
	nonce, sealed := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	data, err := aead.Open(nil, nonce, sealed, additionalData(id, key))
	if err != nil {
		return nil, errors.New("the stored token cannot be decrypted: it was changed, belongs to another key of a token, or the encryption key is another one")
	}
	return tokenstore.Decode(key, data)
}

// Save encrypts a token and saves it in the other store.
func (e *encrypted) Save(ctx context.Context, key string, token *oauth2.Token) error {
	data, err := tokenstore.Encode(key, token)
	if err != nil {
		return err
	}
	sealed := make([]byte, e.first.AEAD.NonceSize())
	rand.Read(sealed) // never returns an error
	sealed = e.first.AEAD.Seal(sealed, sealed, data, additionalData(e.first.ID, key))
	stored := &oauth2.Token{
		AccessToken: e.first.ID + "." + base64.RawURLEncoding.EncodeToString(sealed),
		TokenType:   encryptedType, Expiry: token.Expiry,
	}
	if token.RefreshToken != "" {
		stored.RefreshToken = encryptedType
	}
	return e.store.Save(ctx, key, stored)
}

// additionalData binds a ciphertext to its place in the store.
func additionalData(id, key string) []byte { return []byte("tapkey token\x00" + id + "\x00" + key) }
