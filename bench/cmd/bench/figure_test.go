package main

import (
	"errors"
	"slices"
	"testing"
)

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		figure figure
		want   []string
	}{
		{
			figure{name: "at most", value: 0.9, spread: "0.85 to 0.95", executed: "0.88", unit: ratio, target: 0.9, stretch: 0.6},
			[]string{"at most", "0.90", "0.85 to 0.95", "0.88", "≤ 0.90", "met", "≤ 0.60", "**not met**"},
		},
		{
			figure{name: "at least", value: 3.4, unit: times, target: 3.5, stretch: 3, atLeast: true},
			[]string{"at least", "3.4 x", "", "", "≥ 3.5 x", "**not met**", "≥ 3.0 x", "met"},
		},
		{
			figure{name: "no target", value: 2, unit: count, target: none, stretch: none},
			[]string{"no target", "2", "", "", "", "", "", ""},
		},
		{
			figure{name: "failed", unit: count, target: 6, stretch: none, err: errors.New("no")},
			[]string{"failed", "not measured", "", "", "≤ 6", "not measured", "", ""},
		},
	} {
		if got := tt.figure.row(); !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestPageServer checks the number of requests with and without a limit.
func TestPageServer(t *testing.T) {
	server := newPageServer(2*perPage + 1)
	defer server.Close()
	for _, want := range []struct{ limit, entries, requests int }{
		{0, 2*perPage + 1, 3}, {perPage + 1, perPage + 1, 2},
	} {
		_, entries, requests, err := server.read(t.Context(), 0, want.limit)
		if err != nil || entries != want.entries || requests != want.requests {
			t.Errorf("limit %d: got %d entries from %d requests, error %v, want %d entries from %d requests",
				want.limit, entries, requests, err, want.entries, want.requests)
		}
	}
}
