package sandbox

import (
	"context"
	"iter"
	"net/http"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

func (s service) ListOwners(ctx context.Context, _ server.ListOwnersRequestObject) (server.ListOwnersResponseObject, error) {
	owners := s.store.owners(callOf(ctx).user)
	return newList(func(int) iter.Seq[server.OwnerAccount] { return owners }), nil
}

// CreateOwner creates an owner account, which belongs to the user. Documented: that it is
// not available with client credentials. Inferred: the status of that, and that an empty
// name is refused.
func (s service) CreateOwner(ctx context.Context, r server.CreateOwnerRequestObject) (server.CreateOwnerResponseObject, error) {
	if !callOf(ctx).person {
		return nil, fail(http.StatusForbidden, "Forbidden", "owner accounts cannot be created by clients that use client credentials")
	}
	if r.Body.Name == "" {
		return nil, badRequest("the name is empty")
	}
	return server.CreateOwner200JSONResponse(s.store.create(r.Body.Name, callOf(ctx).user).view()), nil
}

func (s service) GetOwner(ctx context.Context, _ server.GetOwnerRequestObject) (server.GetOwnerResponseObject, error) {
	return server.GetOwner200JSONResponse(accountOf(ctx).view()), nil
}

// UpdateOwner changes the name of an owner account. Inferred: that an empty name is
// refused.
func (s service) UpdateOwner(ctx context.Context, r server.UpdateOwnerRequestObject) (server.UpdateOwnerResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if name := r.Body.Name; name != nil {
		if *name == "" {
			return nil, badRequest("the name is empty")
		}
		a.owner.Name = name
	}
	return server.UpdateOwner200JSONResponse(a.owner), nil
}
