package sandbox

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"slices"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// addLock adds a lock. Without the time at which it was bound, it is an initial lock.
func (a *account) addLock(physicalID, title string, description *string, bound *server.Timestamp) server.BoundLock {
	lock := server.BoundLock{
		ID:             newID(prefixLock, a.index, a.locks.added),
		Active:         new(true),
		Description:    description,
		OwnerAccountID: &a.id,
		PhysicalLockID: &physicalID,
		LockTypeID:     new("TK.Td30"),
		LockType: &server.LockType{
			ID:                    new("TK.Td30"),
			ManufacturerID:        new(int64(1)),
			ModelName:             new("TD30"),
			SupportedTechnologies: []server.LockTechnology{"nfc", "ble"},
		},
		BindDate:    bound,
		RclSerialNo: new(int64(0)),
		RclDate:     bound,
		TargetType:  new("Lock"),
	}
	if title != "" {
		lock.Title = &title
	}
	a.locks.add(lock.ID, lock)
	return lock
}

func (s service) ListBoundLocks(ctx context.Context, r server.ListBoundLocksRequestObject) (server.ListBoundLocksResponseObject, error) {
	if err := checkExpand(r.Params.Expand, lockExpansions()); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	return listOf(a, &a.locks, everything, func(lock server.BoundLock) server.BoundLock {
		return a.viewLock(lock, r.Params.Expand)
	}), nil
}

func (s service) GetBoundLock(ctx context.Context, r server.GetBoundLockRequestObject) (server.GetBoundLockResponseObject, error) {
	if err := checkExpand(r.Params.Expand, lockExpansions()); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	lock, ok := a.locks.get(r.BoundLockID)
	if !ok {
		return nil, notFound("unknown lock %q", r.BoundLockID)
	}
	return server.GetBoundLock200JSONResponse(a.viewLock(lock, r.Params.Expand)), nil
}

// BindLock binds a lock. Documented: 403 for a lock that is already bound. Inferred: that
// every binding code is accepted, since the sandbox has no hardware.
func (s service) BindLock(ctx context.Context, r server.BindLockRequestObject) (server.BindLockResponseObject, error) {
	physical, err := base64.StdEncoding.DecodeString(r.Body.PhysicalLockID)
	if err != nil || len(physical) == 0 {
		return nil, badRequest("physicalLockId: %q is not base64", r.Body.PhysicalLockID)
	}
	if r.Body.BindingCode == "" {
		return nil, badRequest("bindingCode is missing")
	}
	physicalID := base64.StdEncoding.EncodeToString(physical)
	if !s.store.bind(physicalID) {
		return nil, fail(http.StatusForbidden, "Forbidden", "the lock is already bound")
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	title := ""
	if r.Body.Title != nil {
		title = *r.Body.Title
	}
	return server.BindLock200JSONResponse(a.addLock(physicalID, title, r.Body.Description, s.clock.timestamp())), nil
}

// Values of the parameter expand.
const (
	expandFeatures   = "supportedFeatures"
	expandMembership = "membershipStatistics"
	expandHealth     = "healthStatuses"
	expandStatistics = "statistics"
)

func lockExpansions() []string {
	return []string{expandFeatures, expandMembership, expandHealth}
}

// checkExpand refuses unknown names. Inferred.
func checkExpand(names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return badRequest("expand: %q is not one of %q", name, known)
		}
	}
	return nil
}

// viewLock returns a lock as the API shows it: with the times of an initial lock, and with
// the fields that are null unless expand names them. Inferred: that a grant for a lock
// counts as a membership.
func (a *account) viewLock(lock server.BoundLock, names []string) server.BoundLock {
	lock.BindDate, lock.RclDate = cmp.Or(lock.BindDate, a.bound()), cmp.Or(lock.RclDate, a.bound())
	for _, name := range names {
		switch name {
		case expandFeatures:
			lock.SupportedFeatures = supportedFeatures()
		case expandMembership:
			lock.MembershipStatistics = joined(a.grants.count(memberKey(lock.ID)))
		case expandHealth:
			lock.HealthStatuses = []server.LockHealthStatus{{
				ID:             new(newID(prefixHealth, a.index, a.locks.numbers[lock.ID])),
				PhysicalLockID: lock.PhysicalLockID,
				Timestamp:      lock.BindDate,
				Type:           new("BatteryVoltage"),
				Value:          new(2.95),
				ValueStatus:    new("Ok"),
			}}
		}
	}
	return lock
}

func supportedFeatures() *server.SupportedFeatures {
	return &server.SupportedFeatures{TimeRestrictionIcalSupport: new("Supported")}
}

// joined returns statistics with n members in state Joined.
func joined(n int) *server.MembershipStatistics {
	return &server.MembershipStatistics{ByState: []server.MembershipStateCount{{State: new("Joined"), Count: new(int64(n))}}}
}
