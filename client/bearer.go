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
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// contextTokenSource is a token source whose caller can stop waiting.
type contextTokenSource interface {
	TokenContext(context.Context) (*oauth2.Token, error)
}

// BearerAuth returns a request editor that adds "Authorization: Bearer <token>", the
// one word whose absence is the usual cause of a 401. It leaves a request alone that
// has an Authorization header already.
//
// It refuses a token that cannot be sent so: one that is not a b64token of RFC 6750,
// section 2.1, that carries the prefix already, or that is of another type. And it
// adds the header only over https, or over http to loopback.
//
// A [Client] does this by itself. The editor is for those who use the raw client:
//
//	raw, err := tapkey.NewClient(url, tapkey.WithRequestEditorFn(client.BearerAuth(source)))
func BearerAuth(source oauth2.TokenSource) tapkey.RequestEditorFn {
	// The last header, so that a call costs no allocation while its token lasts.
	type cachedHeader struct {
		token string
		value []string
	}
	var last atomic.Pointer[cachedHeader]

	return func(ctx context.Context, req *http.Request) error {
		if _, set := req.Header["Authorization"]; set {
			return nil
		}
		if !secure(req.URL) {
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

// checkToken says why a token cannot be sent, without showing it.
func checkToken(t *oauth2.Token) error {
	text := t.AccessToken
	var problem string
	switch {
	case t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer"):
		problem = fmt.Sprintf("of type %q, not Bearer", engine.OneLine(t.TokenType, 40))
	case text == "":
		problem = "empty"
	case len(text) >= 7 && strings.EqualFold(text[:7], "bearer "):
		problem = `begins with "Bearer ", which is added here: pass the token alone`
	case !isB64Token(text):
		problem = "holds a character that RFC 6750 does not allow, such as a blank, a quote or a control character"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMalformedToken, problem)
}

// isB64Token follows RFC 6750: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".
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
