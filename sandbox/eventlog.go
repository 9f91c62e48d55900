package sandbox

import (
	"fmt"
	"iter"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
	"github.com/tapkey-go/tapkey-go/sandbox/internal/odata"
)

// eventLog is the log of an owner account. Its entries are computed from their number,
// so that a long one costs nothing until it is read.
type eventLog struct {
	owner                  int // index of the owner account
	size                   int
	locks, contacts, cards int // that take part, the first ones of the account
	bookmarks              *odata.Bookmarks
}

const (
	logType        = "Command"
	triggerCommand = "TriggerLock"
	logInterval    = 4 * time.Minute
)

// logStart is when the first entry was recorded.
func logStart() time.Time { return time.Date(2024, 1, 1, 6, 0, 0, 0, time.UTC) }

// entry returns the entry with number i, counted from 0. The locks take turns.
//
// Inferred: that a contact or a card is named, not both, and the commands: every
// seventh entry has none, so that a filter has something to leave out.
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
	switch n := i / l.locks; {
	case l.cards > 0 && (n%3 == 2 || l.contacts == 0):
		entry.BoundCardID = new(newID(prefixCard, l.owner, n%l.cards))
	case l.contacts > 0:
		entry.ContactID = new(newID(prefixContact, l.owner, n%l.contacts))
	}
	return entry
}

// entries is the log of all locks.
func (l eventLog) entries() list[server.LogEntry] { return l.every(0, 1) }

// ofLock is the log of the lock with index n.
func (l eventLog) ofLock(n int) list[server.LogEntry] {
	if n >= l.locks { // bound later: it has recorded nothing
		return eventLog{}.entries()
	}
	return l.every(n, l.locks)
}

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
