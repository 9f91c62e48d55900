package odata

import "sync"

// maxBookmarks bounds how many places are remembered; then all are forgotten.
const maxBookmarks = 1000

// Bookmarks remember where the pages of filtered lists ended, so that the next page
// does not start over. They are for lists that never change.
type Bookmarks struct {
	mu     sync.Mutex
	places map[place]int
}

// place is where a list stands once a filter has let that many items through.
type place struct {
	list, filter string
	passed       int
}

// find returns the position in the whole list, or 0 for a place that is not known.
func (b *Bookmarks) find(p place) int {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.places[p]
}

func (b *Bookmarks) set(p place, position int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.places == nil || len(b.places) >= maxBookmarks {
		b.places = make(map[place]int)
	}
	b.places[p] = position
}
