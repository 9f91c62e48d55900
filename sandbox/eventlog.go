package sandbox

import (
	"fmt"
	"iter"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
	"github.com/tapkey-go/tapkey-go/sandbox/internal/odata"
)

// eventLog is the initial log of an owner account. Its entries are computed from their
// numbers, so that a long log takes no memory.
type eventLog struct {
	owner                  int // index of the owner account
	size                   int // number of entries
	locks, contacts, cards int // numbers of locks, contacts and cards in the entries
	clock                  *clock
	bookmarks              *odata.Bookmarks
}

const (
	logType        = "Command"
	triggerCommand = "TriggerLock"

	logInterval = 4 * time.Minute           // the longest time between two entries
	logAge      = 10 * 365 * 24 * time.Hour // the greatest age of the first entry
	logDelay    = 5 * time.Minute           // entries are received after 0 to 4 times this delay
	logDelays   = 5
)

// interval returns the time between two entries.
func (l eventLog) interval() time.Duration {
	return min(logInterval, logAge/time.Duration(max(l.size, 1))).Truncate(time.Millisecond)
}

// start returns the time of the first entry. All entries have been received by the time at
// which the initial data ends.
func (l eventLog) start() time.Time {
	return l.clock.dataTime().Add(-logDelays*logDelay - time.Duration(l.size)*l.interval())
}

// entry returns entry i, counted from 0, of a log with a start. The locks appear in turn.
//
// Inferred: that an entry has either a contact or a card, and the commands. Every seventh
// entry has no command, so that a filter by command excludes some entries.
func (l eventLog) entry(start time.Time, i int) server.LogEntry {
	recorded := start.Add(time.Duration(i) * l.interval())
	entry := server.LogEntry{
		ID:            newID(prefixLogEntry, l.owner, i),
		EntryNo:       new(int64(i/l.locks + 1)),
		LockTimestamp: new(server.Timestamp(recorded)),
		ReceivedAt:    new(server.Timestamp(recorded.Add(time.Duration(i%logDelays) * logDelay))),
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

// every returns every step-th entry from first on.
func (l eventLog) every(first, step int) list[server.LogEntry] {
	start := l.start()
	entries := newList(func(skip int) iter.Seq[server.LogEntry] {
		return func(yield func(server.LogEntry) bool) {
			if skip > l.size {
				return
			}
			for i := first + skip*step; i < l.size; i += step {
				if !yield(l.entry(start, i)) {
					return
				}
			}
		}
	})
	entries.Bookmarks, entries.Name = l.bookmarks, fmt.Sprint(first, step, start.Unix())
	return entries
}

// count returns the number of entries that every returns.
func (l eventLog) count(first, step int) int {
	if first >= l.size {
		return 0
	}
	return (l.size-first-1)/step + 1
}

// logEntries returns the log of all locks: the initial entries, and then the added ones.
// Both only grow at their end.
func (a *account) logEntries() list[server.LogEntry] { return a.logOf(0, 1, everything) }

// lockLogEntries returns the log of lock n.
func (a *account) lockLogEntries(n int) list[server.LogEntry] {
	if n >= a.log.locks { // the lock was bound later and has no initial entries
		return a.logOf(a.log.size, 1, lockKey(a.lockID(n)))
	}
	return a.logOf(n, a.log.locks, lockKey(a.lockID(n)))
}

func (a *account) logOf(first, step int, key string) list[server.LogEntry] {
	entries, initial := a.log.every(first, step), a.log.count(first, step)
	computed, added := entries.Items, listOf(a, &a.added, key, asStored).Items
	entries.Name += " " + key // other locks may have the same initial entries, or none
	entries.Items = func(skip int) iter.Seq[server.LogEntry] {
		return func(yield func(server.LogEntry) bool) {
			for entry := range computed(skip) {
				if !yield(entry) {
					return
				}
			}
			added(max(0, skip-initial))(yield)
		}
	}
	return entries
}

func (a *account) lockID(n int) string { return newID(prefixLock, a.index, n) }

// lockKey is the key of the added log entries of a lock.
func lockKey(lockID string) string { return keyOf("lock", &lockID) }

func logKeys(entry server.LogEntry) []string { return []string{lockKey(*entry.BoundLockID)} }
