package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const home = "7f9c1e52-0000-4000-8000-000000000000" // the first owner account of a sandbox

func TestStay(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		arrival     string
		nights      int
		from, until string
		hours       float64
	}{
		{"2026-12-24", 1, "2026-12-24T15:00:00+01:00", "2026-12-25T11:00:00+01:00", 20},
		{"2026-12-31", 2, "2026-12-31T15:00:00+01:00", "2027-01-02T11:00:00+01:00", 44},
		{"2026-03-28", 1, "2026-03-28T15:00:00+01:00", "2026-03-29T11:00:00+02:00", 19}, // clocks are changed
		{"2026-10-24", 1, "2026-10-24T15:00:00+02:00", "2026-10-25T11:00:00+01:00", 21},
	} {
		day, err := time.Parse(time.DateOnly, test.arrival)
		if err != nil {
			t.Fatal(err)
		}
		from, until := stay(day, test.nights, vienna)
		if from.Format(time.RFC3339) != test.from || until.Format(time.RFC3339) != test.until || until.Sub(from).Hours() != test.hours {
			t.Errorf("%d nights from %s: got %v to %v, want %s to %s", test.nights, test.arrival, from, until, test.from, test.until)
		}
	}
}

func TestNightExtensionAndCheckOut(t *testing.T) {
	server := exampletest.Start(t)
	program, env := exampletest.Build(t), exampletest.Environment(server)
	run := func(want string, args ...string) {
		t.Helper()
		args = append([]string{"-owner", home, "-room", "Garage", "-guest", "kim@example.com", "-arrival", "2098-12-24"}, args...)
		got := exampletest.Run(t, env, program, args...)
		if got.Status != 0 || got.Stderr != "" || !strings.Contains(got.Stdout, want) {
			t.Errorf("%q: got %v, want status 0 and %q on stdout", args, got, want)
		}
	}
	count := func(creates, updates, revokes int) {
		t.Helper()
		got := []int{server.Count("createGrant"), server.Count("updateGrant"), server.Count("revokeGrant")}
		if want := []int{creates, updates, revokes}; !slices.Equal(got, want) {
			t.Errorf("got %v createGrant, updateGrant and revokeGrant requests, want %v", got, want)
		}
	}
	grant := func() (period string) {
		t.Helper()
		c, active := exampletest.Client(t, server, "read:grants"), odata.Eq("active", true).String()
		for g, err := range c.AllGrants(t.Context(), home, &tapkey.ListGrantsParams{Filter: &active}) {
			if err != nil {
				t.Fatal(err)
			}
			if g.Contact != nil && g.Contact.Identifier == "kim@example.com" {
				period += g.BoundLock.Title + g.ValidFrom.UTC().Format(" 2 15:04") + g.ValidBefore.UTC().Format(" 2 15:04")
			}
		}
		return period
	}
	for range 2 { // the second time, the grant exists
		run("until 2098-12-25 11:00:00 +0100 CET")
		count(1, 0, 0)
	}
	if got := grant(); got != "Garage 24 14:00 25 10:00" {
		t.Errorf("got grant %q, want one for one night", got)
	}
	for range 2 {
		run("until 2098-12-26 11:00:00 +0100 CET", "-nights", "2")
		count(1, 1, 0)
	}
	if got := grant(); got != "Garage 24 14:00 26 10:00" {
		t.Errorf("got grant %q, want one for two nights", got)
	}
	run("has left", "-nights", "2", "-check-out")
	count(1, 1, 1)
	run("has no access", "-check-out")
	count(1, 1, 1)
	if got := grant(); got != "" {
		t.Errorf("got grant %q, want none", got)
	}
	run("may open") // a new booking
	count(2, 1, 1)
}

func TestOtherGrantsAreNotChanged(t *testing.T) {
	server := exampletest.Start(t)
	program, env := exampletest.Build(t), exampletest.Environment(server)
	for _, test := range []struct {
		want   string
		status int
		args   []string
	}{
		{"a grant that is not managed is in the way", 1, nil},
		{`alex@example.com has no access to "Garage"`, 0, []string{"-check-out"}}, // no stay from this day
		{`unknown contact "kim@example.com"`, 1, []string{"-guest", "kim@example.com", "-check-out"}},
		{"until is not after from", 1, []string{"-nights", "0"}},
		{"unknown time zone", 1, []string{"-zone", "Europe/Wien"}},
		{"cannot parse", 1, []string{"-arrival", "24.12.2098"}},
		{"Barn", 1, []string{"-room", "Barn"}},
		{"ended", 1, []string{"-arrival", "2020-12-24"}},
		{"no person", 1, []string{"-guest", ""}},
	} {
		args := append([]string{"-owner", home, "-room", "Garage", "-guest", "alex@example.com", "-arrival", "2098-12-24"}, test.args...)
		got := exampletest.Run(t, env, program, args...)
		if got.Status != test.status || !strings.Contains(got.Stdout+got.Stderr, test.want) || strings.Count(got.Stderr, "\n") > 1 {
			t.Errorf("%q: got %v, want status %d and %q", args, got, test.status, test.want)
		}
	}
	for _, operation := range []string{"createGrant", "updateGrant", "revokeGrant"} {
		if got := server.Count(operation); got != 0 {
			t.Errorf("got %d %s requests, want 0", got, operation)
		}
	}
}

func TestErrorStatus(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault402, Operation: "createGrant"}))
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t),
		"-owner", home, "-room", "Garage", "-guest", "kim@example.com", "-arrival", "2098-12-24")
	if got.Status != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "402") {
		t.Errorf("got %v, want status 1 and 402 on stderr", got)
	}
}
