package odata

import (
	"slices"
	"sync"
)

// maxBookmarks is the maximum number of places. Beyond it all are forgotten.
const maxBookmarks = 1000

// maxBookmarkFilter is the maximum size of a filter for which places are kept.
const maxBookmarkFilter = 1 << 10

// Bookmarks are places in filtered lists, so that filtering a page does not start at the
// beginning of the list. They require lists that never change.
type Bookmarks struct {
	mu     sync.Mutex
	places map[filteredList][]place // in the order of the list
	count  int                      // of all lists
}

type filteredList struct{ name, filter string }

// place is a position in a list, and the number of items before it that match the filter.
type place struct{ matched, position int }

// find returns the last known place with at most skip matching items before it, or the
// start of the list. So requests for different pages can run concurrently.
func (b *Bookmarks) find(list filteredList, skip int) place {
	if b == nil {
		return place{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	places := b.places[list]
	i, found := search(places, skip)
	switch {
	case found:
		return places[i]
	case i > 0:
		return places[i-1]
	}
	return place{}
}

// set records a place in a list.
func (b *Bookmarks) set(list filteredList, p place) {
	if b == nil || len(list.filter) > maxBookmarkFilter {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.places == nil || b.count >= maxBookmarks {
		b.places, b.count = make(map[filteredList][]place), 0
	}
	places := b.places[list]
	if i, found := search(places, p.matched); !found {
		b.places[list] = slices.Insert(places, i, p)
		b.count++
	}
}

func search(places []place, matched int) (int, bool) {
	return slices.BinarySearchFunc(places, matched, func(p place, matched int) int { return p.matched - matched })
}

// Len returns the number of places.
func (b *Bookmarks) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}
