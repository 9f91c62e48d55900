package main

import (
	"errors"
	"slices"
	"testing"
)

func TestFiguresAreJudged(t *testing.T) {
	for _, tt := range []struct {
		figure figure
		want   []string
	}{
		{
			figure{what: "at most", value: 0.9, unit: ratio, must: 0.9, moonshot: 0.6},
			[]string{"at most", "0.90", "≤ 0.90", "yes", "≤ 0.60", "**no**"},
		},
		{
			figure{what: "at least", value: 3.4, unit: times, must: 3.5, moonshot: 3, atLeast: true},
			[]string{"at least", "3.4 x", "≥ 3.5 x", "**no**", "≥ 3.0 x", "yes"},
		},
		{
			figure{what: "no aim", value: 2, unit: count, must: none, moonshot: none},
			[]string{"no aim", "2", "", "", "", ""},
		},
		{
			figure{what: "failed", unit: count, must: 6, moonshot: none, err: errors.New("no")},
			[]string{"failed", "not measured", "≤ 6", "not measured", "", ""},
		},
	} {
		if got := tt.figure.row(); !slices.Equal(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// The page server counts what it is asked, and the client reads all of it.
func TestPageServer(t *testing.T) {
	server := newPageServer(2*perPage + 1)
	defer server.Close()
	_, entries, requests, err := server.read(t.Context(), 0, 0)
	if err != nil || entries != 2*perPage+1 || requests != 3 {
		t.Errorf("%d entries by %d requests, %v", entries, requests, err)
	}
	_, entries, requests, err = server.read(t.Context(), 0, perPage+1)
	if err != nil || entries != perPage+1 || requests != 2 {
		t.Errorf("%d entries by %d requests, %v", entries, requests, err)
	}
}
