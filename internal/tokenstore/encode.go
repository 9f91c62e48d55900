package tokenstore

import (
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// MaxSize is the maximum size of an encoded token, in bytes. A response of the token endpoint
// is not larger.
const MaxSize = 128 << 10

// record is the form of a stored token. It contains the key, so that a token in the place of
// another one is noticed.
type record struct {
	Key          string    `json:"key"`
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
}

// Encode returns the JSON of a token that is stored under key.
func Encode(key string, t *oauth2.Token) ([]byte, error) {
	data, err := json.Marshal(record{key, t.AccessToken, t.TokenType, t.RefreshToken, t.Expiry.Round(0)}) //nolint:gosec // to store the token is the purpose
	if err != nil {
		return nil, errors.New("the token cannot be encoded") // the error may quote it
	}
	if len(data) > MaxSize {
		return nil, errors.New("the token is too large")
	}
	return data, nil
}

// Decode returns the token in JSON that was stored under key. Its errors contain nothing of
// the JSON.
func Decode(key string, data []byte) (*oauth2.Token, error) {
	if len(data) > MaxSize {
		return nil, errors.New("the stored token is too large")
	}
	var r record
	if json.Unmarshal(data, &r) != nil {
		return nil, errors.New("the stored token is not valid JSON of a token")
	}
	if r.Key != key {
		return nil, errors.New("the stored token belongs to another key")
	}
	return &oauth2.Token{AccessToken: r.AccessToken, TokenType: r.TokenType, RefreshToken: r.RefreshToken, Expiry: r.Expiry}, nil
}
