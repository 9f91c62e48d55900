package sandbox

import (
	"context"
	"net/http"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

func (a *account) addPermission(contactID, role string) server.Permission {
	p := server.Permission{
		ID:             newID(prefixPermission, a.index, a.permissions.added),
		OwnerAccountID: &a.id,
		ContactID:      &contactID,
		Role:           &role,
	}
	a.permissions.add(p.ID, p)
	return p
}

// permissionKey returns the key of the permissions of a contact.
func permissionKey(contactID string) string { return keyOf("contact", &contactID) }

func permissionKeys(p server.Permission) []string { return []string{permissionKey(*p.ContactID)} }

func (s service) ListPermissions(ctx context.Context, _ server.ListPermissionsRequestObject) (server.ListPermissionsResponseObject, error) {
	a := accountOf(ctx)
	return listOf(a, &a.permissions, everything, asStored), nil
}

func (s service) GetPermission(ctx context.Context, r server.GetPermissionRequestObject) (server.GetPermissionResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	permission, ok := a.permissions.get(r.PermissionID)
	if !ok {
		return nil, notFound("unknown permission %q", r.PermissionID)
	}
	return server.GetPermission200JSONResponse(permission), nil
}

// CreatePermission makes a contact an administrator. Inferred: that only the two known
// roles are accepted, and that a contact has at most one permission.
func (s service) CreatePermission(ctx context.Context, r server.CreatePermissionRequestObject) (server.CreatePermissionResponseObject, error) {
	if err := requireOwnerRole(ctx); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.contacts.get(r.Body.ContactID); !ok {
		return nil, badRequest("contactId: unknown contact %q", r.Body.ContactID)
	}
	if r.Body.Role != roleOwner && r.Body.Role != roleAdmin {
		return nil, badRequest("role: %q is neither %s nor %s", r.Body.Role, roleOwner, roleAdmin)
	}
	if a.permissions.count(permissionKey(r.Body.ContactID)) > 0 {
		return nil, duplicate("the contact already has a permission")
	}
	return server.CreatePermission200JSONResponse(a.addPermission(r.Body.ContactID, r.Body.Role)), nil
}

func (s service) DeletePermission(ctx context.Context, r server.DeletePermissionRequestObject) (server.DeletePermissionResponseObject, error) {
	if err := requireOwnerRole(ctx); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.permissions.get(r.PermissionID); !ok {
		return nil, notFound("unknown permission %q", r.PermissionID)
	}
	a.permissions.remove(r.PermissionID)
	return server.DeletePermission204Response{}, nil
}

// requireOwnerRole refuses co-administrators. Documented: that only the owner may change
// permissions. Inferred: the status.
func requireOwnerRole(ctx context.Context) error {
	if callOf(ctx).role != roleOwner {
		return unauthorized("Bearer", "Unauthorized", "only the owner of the account may change its permissions")
	}
	return nil
}

// duplicate returns the failure for an item that already exists. Reported: the code, for
// grants. Inferred: the code for other items, and the status for grants and contacts.
func duplicate(message string) *failure {
	return fail(http.StatusConflict, "Duplicate", "%s", message)
}
