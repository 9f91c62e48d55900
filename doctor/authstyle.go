package doctor

import (
	"context"
	"errors"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// otherStyle returns a finding if the token endpoint accepts the credentials that it has
// refused, once they are sent in the other of both ways.
func (r *run) otherStyle(ctx context.Context) *Finding {
	failed, ok := errors.AsType[*client.TokenError](r.tokenErr)
	if !ok || r.client.TokenURL() == "" {
		return nil
	}
	other, refused, accepted := oauth2.AuthStyleInHeader, "in the body", "in the header (oauth2.AuthStyleInHeader)"
	if failed.AuthStyle == oauth2.AuthStyleInHeader {
		other, refused, accepted = oauth2.AuthStyleInParams, "in the header", "in the body (oauth2.AuthStyleInParams)"
	}
	if _, err := r.client.NewTokenWithStyle(ctx, other, r.client.Scopes()...); err != nil {
		return nil
	}
	return found(AuthStyle, "the token endpoint refused the credentials "+refused+" and accepted them "+accepted)
}
