package access

import (
	"context"
	"slices"
	"time"
)

// A State records which grants are managed. [OpenState] returns one that is a file. An
// implementation in a database needs one row for each receiver and lock.
//
// A State may be shared by owner accounts, but not by programs that run at the same time. Its
// methods are called by several goroutines.
type State interface {
	// Entries returns all entries.
	Entries(ctx context.Context) ([]Entry, error)

	// Save replaces the entry with the receiver and the lock of e. The entry must be durable
	// when Save returns: a grant is created afterwards.
	Save(ctx context.Context, e Entry) error

	// Remove removes the entry of a receiver and a lock, if there is one.
	Remove(ctx context.Context, receiver, lock string) error
}

// An Entry is a managed grant, or one that is to be created.
type Entry struct {
	Receiver string    `json:"receiver"`          // id of the contact or the card
	Lock     string    `json:"lock"`              // id of the lock
	Grant    string    `json:"grant,omitempty"`   // id of the grant, "" until it is known
	Pending  []Limits  `json:"pending,omitempty"` // limits of creates whose response was lost
	Time     time.Time `json:"time"`              // when the entry was saved
}

// pendingFor is the time for which a server may still execute a create whose response was lost.
const pendingFor = 24 * time.Hour

// owns reports whether a grant of the receiver and the lock of e is managed: it has the id, or
// the limits of a create whose outcome is not known.
func (e Entry) owns(id string, limits Limits, compare *comparer) bool {
	if e.Grant == id {
		return true
	}
	return (e.Grant == "" || e.awaits(compare.now)) &&
		slices.ContainsFunc(e.Pending, func(p Limits) bool { return compare.same(p, limits) })
}

// awaits reports whether the server may still execute a create.
func (e Entry) awaits(now time.Time) bool {
	return len(e.Pending) > 0 && now.Sub(e.Time) <= pendingFor
}

// A pair is the key of a grant: the ids of a receiver and a lock.
type pair struct{ receiver, lock string }

func (e Entry) pair() pair { return pair{e.Receiver, e.Lock} }

// entriesOf returns the entries of a state by their pairs.
func entriesOf(ctx context.Context, state State) (map[pair]Entry, error) {
	entries := map[pair]Entry{}
	if state == nil {
		return entries, nil
	}
	all, err := state.Entries(ctx)
	for _, e := range all {
		entries[e.pair()] = e
	}
	return entries, err
}
