package sandbox

import (
	"context"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

func (a *account) addGroup(title string) {
	group := server.LockGroup{
		ID:         newID(prefixGroup, a.index, a.groups.added),
		Title:      &title,
		Active:     new(true),
		TargetType: new("Group"),
	}
	a.groups.add(group.ID, group)
}

func groupExpansions() []string { return []string{expandFeatures, expandStatistics} }

func (s service) ListLockGroups(ctx context.Context, r server.ListLockGroupsRequestObject) (server.ListLockGroupsResponseObject, error) {
	if err := checkExpand(r.Params.Expand, groupExpansions()); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	return listOf(a, &a.groups, everything, func(group server.LockGroup) server.LockGroup {
		return a.expandGroup(group, r.Params.Expand)
	}), nil
}

func (s service) GetLockGroup(ctx context.Context, r server.GetLockGroupRequestObject) (server.GetLockGroupResponseObject, error) {
	if err := checkExpand(r.Params.Expand, groupExpansions()); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	group, ok := a.groups.get(r.LockGroupID)
	if !ok {
		return nil, notFound("unknown lock group %q", r.LockGroupID)
	}
	return server.GetLockGroup200JSONResponse(a.expandGroup(group, r.Params.Expand)), nil
}

// expandGroup sets the fields that are only returned when expand names them. Inferred: that
// a group contains all locks of its account, since no operation of the contract lists the
// locks of a group.
func (a *account) expandGroup(group server.LockGroup, names []string) server.LockGroup {
	for _, name := range names {
		switch name {
		case expandFeatures:
			group.SupportedFeatures = supportedFeatures()
		case expandStatistics:
			group.Statistics = joined(a.locks.count(everything))
		}
	}
	return group
}
