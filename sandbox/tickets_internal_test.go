package sandbox

import "testing"

// The oldest tickets are forgotten, so that memory is bounded whatever is requested.
func TestTicketsAreBounded(t *testing.T) {
	var all tickets[int]
	first := all.add(1)
	second := all.add(2)
	all.remove(second)
	for range maxTickets - 2 {
		all.add(3)
	}
	if value, ok := all.get(first); !ok || value != 1 {
		t.Errorf("first of %d tickets: got %d, %t, want 1", maxTickets, value, ok)
	}
	last := all.add(4)
	if _, ok := all.get(first); ok || len(all.byHash) > maxTickets || len(all.order) > maxTickets {
		t.Errorf("first of %d tickets: got %t, with %d in memory, want it forgotten", maxTickets+1, ok, len(all.byHash))
	}
	if value, ok := all.get(last); !ok || value != 4 {
		t.Errorf("last ticket: got %d, %t, want 4", value, ok)
	}
}
