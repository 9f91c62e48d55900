package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

type numbered struct {
	id   string
	even bool
}

func newNumbered() *collection[numbered] {
	return &collection[numbered]{keys: func(n numbered) []string {
		if n.even {
			return []string{"even", "any"}
		}
		return []string{"any"}
	}}
}

// A collection has the same contents as a slice after the same random changes.
func TestCollection(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	c, want := newNumbered(), []numbered(nil)
	for i := range 3000 {
		switch at := random.IntN(len(want) + 1); {
		case at == len(want) || random.IntN(3) > 0:
			n := numbered{fmt.Sprint(i), i%2 == 0}
			c.add(n.id, n)
			want = append(want, n)
		case random.IntN(2) == 0:
			want[at].even = !want[at].even
			c.set(want[at].id, want[at])
		default:
			c.remove(want[at].id)
			c.remove(want[at].id)
			want = slices.Delete(want, at, at+1)
		}
		if i%100 != 0 {
			continue
		}
		even := slices.DeleteFunc(slices.Clone(want), func(n numbered) bool { return !n.even })
		for key, want := range map[string][]numbered{everything: want, "any": want, "even": even, "none": {}} {
			if got := c.with(key); !slices.Equal(got, want) || c.count(key) != len(want) {
				t.Fatalf("step %d: items with key %q: got %v, count %d, want %v", i, key, got, c.count(key), want)
			}
			skip := random.IntN(len(want) + 2)
			got := slices.Collect(listOf(new(account), c, key, asStored).Items(skip))
			if !slices.Equal(got, want[min(skip, len(want)):]) {
				t.Fatalf("step %d: list with key %q after %d items: got %v, want %v", i, key, skip, got, want[min(skip, len(want)):])
			}
		}
		for _, n := range want {
			if got, ok := c.get(n.id); !ok || got != n {
				t.Fatalf("step %d: get(%s): got %v, %t, want %v", i, n.id, got, ok, n)
			}
		}
	}
	if _, ok := c.get("none"); ok {
		t.Error("get of an unknown id: got an item, want none")
	}
	if c.added == len(want) {
		t.Error("got no removed item, want some")
	}
}

// While a list is read, items are added, changed and removed before and after the place
// that is read. The list has every item that stays, once and in order. The account is not
// locked between two items: otherwise this test would not end.
func TestListWhileItemsChange(t *testing.T) {
	for _, key := range []string{everything, "any"} {
		a, c := new(account), newNumbered()
		for i := range 1000 {
			c.add(fmt.Sprint(i), numbered{id: fmt.Sprint(i)})
		}
		var got []string
		for item := range listOf(a, c, key, asStored).Items(0) {
			if got = append(got, item.id); len(got)%10 != 0 {
				continue
			}
			a.mu.Lock()
			c.remove(got[len(got)-7])
			c.remove(fmt.Sprint(999 - len(got)/10))
			c.set(item.id, numbered{item.id, true})
			if len(got) < 500 {
				c.add(fmt.Sprint("new", len(got)), numbered{})
			}
			a.mu.Unlock()
		}
		var stayed []string
		for i := range 1000 {
			if _, ok := c.get(fmt.Sprint(i)); ok {
				stayed = append(stayed, fmt.Sprint(i))
			}
		}
		seen := map[string]int{}
		at := 0
		for _, id := range got {
			if id != "" {
				seen[id]++
			}
			if at < len(stayed) && id == stayed[at] {
				at++
			}
		}
		if at != len(stayed) {
			t.Errorf("key %q: got only %d of the %d items that stayed, in order", key, at, len(stayed))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("key %q: got item %s %d times, want 1", key, id, n)
			}
		}
	}
}
