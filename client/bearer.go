package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// contextTokenSource is an oauth2.TokenSource that also accepts a context.
type contextTokenSource interface {
	TokenContext(context.Context) (*oauth2.Token, error)
}

// BearerAuth returns a request editor that adds the header "Authorization: Bearer <token>"
// with a token from source. A header without the word Bearer is the usual cause of a 401.
// The editor does not change a request that already has an Authorization header.
//
// The editor adds no header and returns an error in these cases:
//
//   - The URL is neither https nor http to loopback. The error is an [ErrPlainHTTP].
//   - The token is not a b64token of RFC 6750, section 2.1, begins with "Bearer ", or has
//     another token type. The error is an [ErrMalformedToken].
//   - The source is nil, or returns an error or no token.
//
// A [Client] adds the header automatically. Use BearerAuth with the raw client:
//
//	raw, err := tapkey.NewClient(url, tapkey.WithRequestEditorFn(client.BearerAuth(source)))
func BearerAuth(source oauth2.TokenSource) tapkey.RequestEditorFn {
	// last caches the header, so that a call with the same token allocates nothing.
	type cachedHeader struct {
		token string
		value []string
	}
	var last atomic.Pointer[cachedHeader]

	return func(ctx context.Context, req *http.Request) error {
		if _, set := req.Header["Authorization"]; set {
			return nil
		}
		if !tokenendpoint.Secure(req.URL) {
			return fmt.Errorf("bearer token not sent: %w", ErrPlainHTTP)
		}
		token, err := tokenFrom(ctx, source)
		if err != nil {
			return err
		}
		header := last.Load()
		if header == nil || header.token != token.AccessToken {
			if err := checkToken(token); err != nil {
				return err
			}
			header = &cachedHeader{token.AccessToken, []string{"Bearer " + token.AccessToken}}
			last.Store(header)
		}
		req.Header["Authorization"] = header.value[:1:1]
		return nil
	}
}

func tokenFrom(ctx context.Context, source oauth2.TokenSource) (token *oauth2.Token, err error) {
	switch s := source.(type) {
	case nil:
		return nil, errors.New("token source is nil")
	case contextTokenSource:
		token, err = s.TokenContext(ctx)
	default:
		token, err = s.Token()
	}
	if err == nil && token == nil {
		err = errors.New("token source returned neither a token nor an error")
	}
	return token, err
}

// checkToken returns an error if a token cannot be sent. The error does not contain it.
func checkToken(t *oauth2.Token) error {
	text := t.AccessToken
	var problem string
	switch {
	case t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer"):
		problem = fmt.Sprintf("of type %q, not Bearer", redact.TokenType(t.TokenType))
	case text == "":
		problem = "empty"
	case len(text) >= 7 && strings.EqualFold(text[:7], "bearer "):
		problem = `begins with "Bearer ", which is added automatically: pass the token without it`
	case !isB64Token(text):
		problem = "contains a character that RFC 6750 does not allow, such as a space, a quote or a control character"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMalformedToken, problem)
}

// isB64Token reports whether s is a b64token of RFC 6750:
// 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return s != ""
}
