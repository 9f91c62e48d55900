package sandbox

import (
	"fmt"
	"iter"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
	"github.com/tapkey-go/tapkey-go/sandbox/internal/odata"
)

// eventLog is the log of an owner account. Its entries are computed from their numbers, so
// that a long log takes no memory.
type eventLog struct {
	owner                  int // index of the owner account
	size                   int // number of entries
	locks, contacts, cards int // numbers of locks, contacts and cards in the entries
	bookmarks              *odata.Bookmarks
}

const (
	logType        = "Command"
	triggerCommand = "TriggerLock"
	logInterval    = 4 * time.Minute
)

// logStart returns the time of the first entry.
func logStart() time.Time { return time.Date(2024, 1, 1, 6, 0, 0, 0, time.UTC) }

// entry returns entry i, counted from 0. The locks appear in turn.
//
// Inferred: that an entry has either a contact or a card, and the commands. Every seventh
// entry has no command, so that a filter by command excludes some entries.
func (l eventLog) entry(i int) server.LogEntry {
	recorded := logStart().Add(time.Duration(i) * logInterval)
	entry := server.LogEntry{
		ID:            newID(prefixLogEntry, l.owner, i),
		EntryNo:       new(int64(i/l.locks + 1)),
		LockTimestamp: new(server.Timestamp(recorded)),
		ReceivedAt:    new(server.Timestamp(recorded.Add(time.Duration(i%5) * time.Hour))),
		BoundLockID:   new(newID(prefixLock, l.owner, i%l.locks)),
		LogType:       new(logType),
	}
	if i%7 != 6 {
		entry.Command = new(triggerCommand)
	}
	n := i / l.locks
	switch {
	case l.cards > 0 && (n%3 == 2 || l.contacts == 0):
		entry.BoundCardID = new(newID(prefixCard, l.owner, n%l.cards))
	case l.contacts > 0:
		entry.ContactID = new(newID(prefixContact, l.owner, n%l.contacts))
	}
	return entry
}

// entries returns the log of all locks.
func (l eventLog) entries() list[server.LogEntry] { return l.every(0, 1) }

// ofLock returns the log of lock n.
func (l eventLog) ofLock(n int) list[server.LogEntry] {
	if n >= l.locks { // the lock was bound later and has no entries
		return eventLog{}.entries()
	}
	return l.every(n, l.locks)
}

// every returns every step-th entry from first on.
func (l eventLog) every(first, step int) list[server.LogEntry] {
	entries := newList(func(skip int) iter.Seq[server.LogEntry] {
		return func(yield func(server.LogEntry) bool) {
			if skip > l.size {
				return
			}
			for i := first + skip*step; i < l.size; i += step {
				if !yield(l.entry(i)) {
					return
				}
			}
		}
	})
	entries.Bookmarks, entries.Name = l.bookmarks, fmt.Sprint(first, step)
	return entries
}
