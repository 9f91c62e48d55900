package sandbox

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// collection is a list of items in the order in which they were added. Items are found by
// their ids and by keys, without a search through the list.
type collection[T any] struct {
	keys func(T) []string // keys of an item; nil means none

	entries []entry[T]       // in ascending order of their numbers
	numbers map[string]int   // by id
	keyed   map[string][]int // numbers of the items with a key, in ascending order
	added   int              // number of items ever added, so that no id is used twice
}

// entry is an item of a collection. Its number does not change when others are removed.
type entry[T any] struct {
	number int
	id     string
	keys   []string
	item   T
}

// everything is the key of all items.
const everything = ""

func (c *collection[T]) add(id string, item T) {
	if c.numbers == nil {
		c.numbers, c.keyed = make(map[string]int), make(map[string][]int)
	}
	c.numbers[id] = c.added
	c.entries = append(c.entries, entry[T]{number: c.added, id: id})
	c.added++
	c.set(id, item)
}

func (c *collection[T]) get(id string) (T, bool) {
	number, ok := c.numbers[id]
	if !ok {
		return *new(T), false
	}
	return c.entries[c.position(number)].item, true
}

// set replaces the item with an id, which must exist.
func (c *collection[T]) set(id string, item T) {
	e := &c.entries[c.position(c.numbers[id])]
	e.item = item
	var keys []string
	if c.keys != nil {
		keys = c.keys(item)
	}
	if slices.Equal(keys, e.keys) {
		return
	}
	c.forget(*e)
	e.keys = keys
	for _, key := range keys {
		at, _ := slices.BinarySearch(c.keyed[key], e.number)
		c.keyed[key] = slices.Insert(c.keyed[key], at, e.number)
	}
}

func (c *collection[T]) remove(id string) {
	number, ok := c.numbers[id]
	if !ok {
		return
	}
	at := c.position(number)
	c.forget(c.entries[at])
	c.entries = slices.Delete(c.entries, at, at+1)
	delete(c.numbers, id)
}

// forget removes an entry from the lists of its keys.
func (c *collection[T]) forget(e entry[T]) {
	for _, key := range e.keys {
		numbers := c.keyed[key]
		at, _ := slices.BinarySearch(numbers, e.number)
		if numbers = slices.Delete(numbers, at, at+1); len(numbers) == 0 {
			delete(c.keyed, key)
		} else {
			c.keyed[key] = numbers
		}
	}
}

// position returns the position of the first entry whose number is at least number.
func (c *collection[T]) position(number int) int {
	if number < len(c.entries) && c.entries[number].number == number { // nothing before it was removed
		return number
	}
	at, _ := slices.BinarySearchFunc(c.entries, number, func(e entry[T], number int) int { return e.number - number })
	return at
}

// count returns the number of items with a key.
func (c *collection[T]) count(key string) int {
	if key == everything {
		return len(c.entries)
	}
	return len(c.keyed[key])
}

// number returns the number of the item at a position among the items with a key. Beyond
// the last item, it returns the number of the next item to be added.
func (c *collection[T]) number(key string, position int) int {
	switch {
	case position >= c.count(key):
		return c.added
	case key == everything:
		return c.entries[position].number
	}
	return c.keyed[key][position]
}

// from returns the items with a key whose numbers are at least first, with their numbers.
func (c *collection[T]) from(key string, first int) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		if key == everything {
			for _, e := range c.entries[c.position(first):] {
				if !yield(e.number, e.item) {
					return
				}
			}
			return
		}
		numbers := c.keyed[key]
		at, _ := slices.BinarySearch(numbers, first)
		for _, number := range numbers[at:] {
			if !yield(number, c.entries[c.position(number)].item) {
				return
			}
		}
	}
}

// with returns the items with a key.
func (c *collection[T]) with(key string) []T {
	items := make([]T, 0, c.count(key))
	for _, item := range c.from(key, 0) {
		items = append(items, item)
	}
	return items
}

// first returns the first item with a key.
func (c *collection[T]) first(key string) (T, bool) {
	for _, item := range c.from(key, 0) {
		return item, true
	}
	return *new(T), false
}

// keyOf returns a key of a kind with the given values. A nil differs from an empty value.
func keyOf(kind string, values ...*string) string {
	var key strings.Builder
	key.WriteString(kind)
	for _, value := range values {
		key.WriteByte(' ')
		if value != nil {
			key.WriteString(strconv.Quote(*value))
		}
	}
	return key.String()
}

// Sizes of the parts in which listOf reads a collection, in items.
const (
	firstPart   = 8
	largestPart = 256
)

// listOf returns the items of a collection with a key, as view shows them. The list is read
// in parts, each of which holds the lock of the account for a moment: so a page costs what
// is in it, and no lock is held while a response is sent. An item that is added or removed
// meanwhile may be in the list or not. All others are in it once.
func listOf[T, V any](a *account, c *collection[T], key string, view func(T) V) list[V] {
	return newList(func(skip int) iter.Seq[V] {
		return func(yield func(V) bool) {
			var part []V
			next := -1 // number of the next item, from the second part on
			for size := firstPart; ; size = min(2*size, largestPart) {
				part, next = readPart(a, c, key, view, part[:0], size, skip, next)
				for _, item := range part {
					if !yield(item) {
						return
					}
				}
				if len(part) < size {
					return
				}
			}
		}
	})
}

// readPart appends up to size items to part. It begins with the item number next or, if
// next is negative, with the item at position skip. It returns the number to continue with.
func readPart[T, V any](a *account, c *collection[T], key string, view func(T) V, part []V, size, skip, next int) ([]V, int) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if next < 0 {
		next = c.number(key, skip)
	}
	for number, item := range c.from(key, next) {
		if len(part) == size {
			break
		}
		part, next = append(part, view(item)), number+1
	}
	return part, next
}

// asStored is the view of items that are shown as they are stored.
func asStored[T any](item T) T { return item }
