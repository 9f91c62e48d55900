package main

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestCounters(t *testing.T) {
	for _, test := range []struct {
		counter int
		out     string
		want    float64 // 0 is an error
	}{
		{0, "1234567,,instructions:u,1000,100.00,,\n", 1234567},
		{0, "<not supported>,,instructions:u,0,100.00,,\n", 0},
		{0, "<not counted>,,instructions:u,0,0.00,,\n", 0},
		{0, "output of the program\n98,,instructions:u,5,9.00,,\n", 98},
		{1, "==26992== \n==26992== I   refs:      10,406,464\n", 10406464},
		{1, "==1== I refs:        7\n", 7},
		{1, "==1== D refs:        7\n", 0},
		{1, "", 0},
	} {
		c := counters()[test.counter]
		got, err := c.parse(test.out)
		if got != test.want || (err == nil) != (test.want > 0) {
			t.Errorf("%s: got %v, error %v for %q, want %v", c.name, got, err, test.out, test.want)
		}
	}
}

// TestInstructions checks that the hand-written client executes more instructions than the bare
// transport, by a plausible number.
func TestInstructions(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program and runs it under valgrind")
	}
	c, err := newCounter(t.Context())
	if errors.Is(err, errNoCounter) {
		t.Skip(err)
	}
	program := filepath.Join(t.TempDir(), "calls")
	if _, err := output(t.Context(), "../..", nil, "go", "build", "-o", program, "./cmd/calls"); err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, client := range []string{"hand", "floor"} {
		few, err := c.count(t.Context(), program, "owner", client, "50")
		if err != nil {
			t.Fatal(err)
		}
		many, err := c.count(t.Context(), program, "owner", client, "550")
		if err != nil {
			t.Fatal(err)
		}
		counts[client] = (many - few) / 500
	}
	t.Logf("%s: %v", c.name, counts)
	if hand, floor := counts["hand"], counts["floor"]; floor < 200 || hand < 3*floor || hand > 200_000 {
		t.Errorf("got %v instructions of hand and %v of floor, want 200 or more, and at least 3 times as many", hand, floor)
	}
	if _, err := c.count(t.Context(), program, "owner", "nobody", "1"); err == nil {
		t.Error("got no error for an unknown client, want one")
	}
}
