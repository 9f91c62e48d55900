package sandbox

import (
	"context"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

func (s service) ListLogEntries(ctx context.Context, _ server.ListLogEntriesRequestObject) (server.ListLogEntriesResponseObject, error) {
	return accountOf(ctx).log.entries(), nil
}

func (s service) ListBoundLockLogEntries(ctx context.Context, r server.ListBoundLockLogEntriesRequestObject) (server.ListBoundLockLogEntriesResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	n, ok := a.locks.numbers[r.BoundLockID]
	if !ok {
		return nil, notFound("unknown lock %q", r.BoundLockID)
	}
	return a.log.ofLock(n), nil
}
