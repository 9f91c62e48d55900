package sandbox

import (
	"context"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

func (a *account) addUser(ipID, ipUserID string) server.IdentityProviderUser {
	user := server.IdentityProviderUser{
		ID:       newID(prefixUser, a.index, a.users.added),
		IPID:     &ipID,
		IPUserID: &ipUserID,
		Status:   new("Normal"),
	}
	a.users.add(user.ID, user)
	return user
}

// checkProvider refuses an identity provider that does not belong to the owner account.
// Every owner account of the sandbox has one identity provider. Inferred: the status.
func (a *account) checkProvider(ipID string) error {
	if ipID != a.provider {
		return notFound("the owner account has no identity provider %q", ipID)
	}
	return nil
}

// ListIdentityProviderUsers lists the users. With ipUserId it returns one user, as an
// object. Inferred: that an unknown user is 404.
func (s service) ListIdentityProviderUsers(ctx context.Context, r server.ListIdentityProviderUsersRequestObject) (server.ListIdentityProviderUsersResponseObject, error) {
	a := accountOf(ctx)
	if err := a.checkProvider(r.IPID); err != nil {
		return nil, err
	}
	if r.Params.IPUserID == nil {
		return listOf(a, &a.users, everything, asStored), nil
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	user, ok := a.users.first(userKey(r.Params.IPUserID))
	if !ok {
		return nil, notFound("unknown user %q", *r.Params.IPUserID)
	}
	var one server.IdentityProviderUsers
	if err := one.FromIdentityProviderUser(user); err != nil {
		return nil, err
	}
	return server.ListIdentityProviderUsers200JSONResponse(one), nil
}

func (s service) GetIdentityProviderUser(ctx context.Context, r server.GetIdentityProviderUserRequestObject) (server.GetIdentityProviderUserResponseObject, error) {
	a := accountOf(ctx)
	if err := a.checkProvider(r.IPID); err != nil {
		return nil, err
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	user, ok := a.users.get(r.UserID)
	if !ok {
		return nil, notFound("unknown user %q", r.UserID)
	}
	return server.GetIdentityProviderUser200JSONResponse(user), nil
}

// CreateIdentityProviderUser registers a user. A user that is already registered is 409.
// Reported: that ipId may be left out of the body. Inferred: that it must otherwise be the
// one in the path.
func (s service) CreateIdentityProviderUser(ctx context.Context, r server.CreateIdentityProviderUserRequestObject) (server.CreateIdentityProviderUserResponseObject, error) {
	a := accountOf(ctx)
	if err := a.checkProvider(r.IPID); err != nil {
		return nil, err
	}
	if r.Body.IPUserID == "" {
		return nil, badRequest("ipUserId is missing")
	}
	if r.Body.IPID != nil && *r.Body.IPID != r.IPID {
		return nil, badRequest("ipId differs from the one in the path")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.users.first(userKey(&r.Body.IPUserID)); ok {
		return nil, duplicate("the user is already registered")
	}
	return server.CreateIdentityProviderUser200JSONResponse(a.addUser(r.IPID, r.Body.IPUserID)), nil
}

// userKey returns the key of the user with an id of the identity provider.
func userKey(ipUserID *string) string { return keyOf("user", ipUserID) }

func userKeys(user server.IdentityProviderUser) []string { return []string{userKey(user.IPUserID)} }
