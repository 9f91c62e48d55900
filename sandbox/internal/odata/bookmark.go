package odata

import (
	"slices"
	"sync"
)

// maxBookmarks bounds how many places are remembered; then all are forgotten.
const maxBookmarks = 1000

// Bookmarks remember places in filtered lists, so that a page does not start over. They
// are for lists that never change.
type Bookmarks struct {
	mu     sync.Mutex
	places map[filteredList][]place // in the order of the list
	count  int
}

type filteredList struct{ name, filter string }

// place is where a list stands once a filter has let that many items through.
type place struct{ passed, position int }

// find returns the last known place at or before the one where skip items have passed,
// or the start. So pages that are asked for at the same time need not wait for each
// other's marks.
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

func (b *Bookmarks) set(list filteredList, p place) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.places == nil || b.count >= maxBookmarks {
		b.places, b.count = make(map[filteredList][]place), 0
	}
	places := b.places[list]
	if i, found := search(places, p.passed); !found {
		b.places[list] = slices.Insert(places, i, p)
		b.count++
	}
}

func search(places []place, passed int) (int, bool) {
	return slices.BinarySearchFunc(places, passed, func(p place, passed int) int { return p.passed - passed })
}
