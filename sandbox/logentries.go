package sandbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

func (s service) ListLogEntries(ctx context.Context, _ server.ListLogEntriesRequestObject) (server.ListLogEntriesResponseObject, error) {
	return accountOf(ctx).logEntries(), nil
}

func (s service) ListBoundLockLogEntries(ctx context.Context, r server.ListBoundLockLogEntriesRequestObject) (server.ListBoundLockLogEntriesResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	n, ok := a.locks.numbers[r.BoundLockID]
	if !ok {
		return nil, notFound("unknown lock %q", r.BoundLockID)
	}
	return a.lockLogEntries(n), nil
}

// LogEntry is a log entry to add, see [Server.AddLogEntry]: a contact or a card has opened
// a lock.
type LogEntry struct {
	Lock string `json:"lock"` // title or id

	// Exactly one is set.
	Contact string `json:"contact,omitempty"` // identifier, ipUserId or id
	Card    string `json:"card,omitempty"`    // title or id

	// Time is the time by the clock of the lock. Zero means the time of the clock of the
	// sandbox. An earlier time is that of an entry which the server received late.
	Time time.Time `json:"time,omitzero"`
}

// AddLogEntry adds a log entry to an owner account, given by name or id. The server
// receives the entry now, by the clock of the sandbox. AddLogEntry returns the id of the
// entry. If the entry is invalid, it returns an error and adds nothing.
func (s *Server) AddLogEntry(owner string, entry LogEntry) (id string, err error) {
	a, ok := s.store.named(owner)
	if !ok {
		return "", fmt.Errorf("sandbox: log entry: unknown owner account %q", owner)
	}
	if id, err = a.addLogEntry(entry); err != nil {
		return "", fmt.Errorf("sandbox: log entry: %w", err)
	}
	return id, nil
}

func (a *account) addLogEntry(from LogEntry) (id string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	received := a.log.clock.timestamp()
	entry := server.LogEntry{
		LockTimestamp: received,
		ReceivedAt:    received,
		LogType:       new(logType),
		Command:       new(triggerCommand),
	}
	if !from.Time.IsZero() {
		recorded := from.Time.UTC().Truncate(time.Millisecond)
		switch {
		case recorded.Year() < 0: // which RFC 3339 cannot write
			return "", fmt.Errorf("time %s is before the year 0", recorded.Format(time.RFC3339Nano))
		case recorded.After(time.Time(*received)):
			return "", fmt.Errorf("time %s is after the time of the sandbox", recorded.Format(time.RFC3339Nano))
		}
		entry.LockTimestamp = new(server.Timestamp(recorded))
	}
	if entry.BoundLockID, err = pick("lock", from.Lock, &a.locks, func(lock server.BoundLock) (string, []*string) {
		return lock.ID, []*string{lock.Title}
	}); err != nil {
		return "", err
	}
	switch {
	case (from.Contact == "") == (from.Card == ""):
		return "", fmt.Errorf("exactly one of contact and card is required, got %q and %q", from.Contact, from.Card)
	case from.Contact != "":
		entry.ContactID, err = pick("contact", from.Contact, &a.contacts, func(contact server.Contact) (string, []*string) {
			return contact.ID, []*string{contact.Identifier, contact.IPUserID}
		})
	default:
		entry.BoundCardID, err = pick("card", from.Card, &a.cards, func(card server.BoundCard) (string, []*string) {
			return card.ID, []*string{card.Title}
		})
	}
	if err != nil {
		return "", err
	}
	initial := 0
	if n := a.locks.numbers[*entry.BoundLockID]; n < a.log.locks {
		initial = a.log.count(n, a.log.locks)
	}
	entry.ID = newID(prefixLogEntry, a.index, a.log.size+a.added.added)
	entry.EntryNo = new(int64(initial + a.added.count(lockKey(*entry.BoundLockID)) + 1))
	a.added.add(entry.ID, entry)
	return entry.ID, nil
}

// pick returns the id of the only item with an id or a name. The function identify returns
// the id and the names of an item.
func pick[T any](kind, name string, c *collection[T], identify func(T) (string, []*string)) (*string, error) {
	if _, ok := c.get(name); ok {
		return &name, nil
	}
	var ids []string
	for _, item := range c.from(everything, 0) {
		id, names := identify(item)
		if slices.ContainsFunc(names, func(other *string) bool { return other != nil && *other == name }) {
			ids = append(ids, id)
		}
	}
	switch len(ids) {
	case 0:
		return nil, fmt.Errorf("unknown %s %q", kind, name)
	case 1:
		return &ids[0], nil
	}
	return nil, fmt.Errorf("%d items are named %s %q; use an id", len(ids), kind, name)
}
