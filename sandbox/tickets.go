package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
)

// maxTickets is the maximum number of tickets of a kind. The oldest ones are forgotten.
const maxTickets = 100_000

// tickets holds what clients refer to by a random handle: authorization codes, refresh
// tokens and sessions. It stores hashes of the handles.
type tickets[T any] struct {
	mu     sync.Mutex
	byHash map[ticketHash]*T
	order  []ticketHash // oldest first; may contain hashes of removed tickets
}

type ticketHash [sha256.Size]byte

// randomText returns 256 random bits as text that is safe in URLs, forms and cookies.
func randomText() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// add adds a ticket and returns its handle.
func (t *tickets[T]) add(value T) string {
	handle := randomText()
	hash := ticketHash(sha256.Sum256([]byte(handle)))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byHash == nil {
		t.byHash = make(map[ticketHash]*T)
	}
	t.byHash[hash] = &value
	t.order = append(t.order, hash)
	for len(t.order) > maxTickets {
		delete(t.byHash, t.order[0])
		t.order = t.order[1:]
	}
	return handle
}

// use calls f with the ticket of a handle. It reports false if there is none. No other
// ticket is used meanwhile.
func (t *tickets[T]) use(handle string, f func(*T)) bool {
	hash := ticketHash(sha256.Sum256([]byte(handle)))
	t.mu.Lock()
	defer t.mu.Unlock()
	value, ok := t.byHash[hash]
	if ok {
		f(value)
	}
	return ok
}

// get returns a copy of the ticket of a handle.
func (t *tickets[T]) get(handle string) (value T, ok bool) {
	ok = t.use(handle, func(found *T) { value = *found })
	return value, ok
}

// remove removes the ticket of a handle.
func (t *tickets[T]) remove(handle string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byHash, sha256.Sum256([]byte(handle)))
}
