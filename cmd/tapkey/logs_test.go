package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Log entries are printed newest first, by the clocks of the locks and with names.
func TestLogsNewestFirst(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "Office", Locks: []string{"北京"}, Contacts: []string{"sam@example.com"}, Cards: []string{"Spare"}}))
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	server.SetTime(noon)
	for i, offset := range []time.Duration{0, -3 * time.Hour, -1 * time.Hour, -2 * time.Hour} {
		entry := sandbox.LogEntry{Lock: "北京", Contact: "sam@example.com", Time: noon.Add(offset)}
		if i == 1 {
			entry.Contact, entry.Card = "", "Spare"
		}
		_, err := server.AddLogEntry("Office", entry)
		must(t, err)
	}
	line := func(hour int, who string) string {
		return fmt.Sprintf("2026-11-30T%02d:00:00Z\t北京\t%s\n", hour, who)
	}
	all := []string{line(12, "sam@example.com"), line(11, "sam@example.com"), line(10, "sam@example.com"), line(9, "Spare")}
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, all},
		{[]string{"--limit", "2"}, all[:2]},
		{[]string{"--limit", "9"}, all},
		{[]string{"--after", "2026-11-30T10:00:00Z"}, all[:3]},
		{[]string{"--before", "2026-11-30T10:00:00Z"}, all[3:]},
		{[]string{"--after", "2026-11-30T11:00", "--before", "2026-11-30 13:00"}, all[1:3]}, // in Vienna
		{[]string{"--after", "2026-11-30", "--limit", "1"}, all[:1]},
		{[]string{"--after", "2026-12-01"}, nil},
		{[]string{"--after", "2026-11-30T10:00:00Z", "--filter", "entryNo lt 4 or entryNo gt 4"}, []string{all[0], all[1]}},
	} {
		for _, command := range [][]string{{"logs", "list"}, {"locks", "log", "北京"}} {
			r := tapkeyMain(t, env, append(command, test.args...)...)
			r.checkSuccess(t)
			var got strings.Builder
			for row := range strings.Lines(r.stdout) {
				cells := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
				fmt.Fprintf(&got, "%s\t%s\t%s\n", cells[1], cells[2], cells[5])
			}
			check(t, r.name, got.String(), strings.Join(test.want, ""))
		}
	}
	// Names are not requested for output that does not show them.
	server.ForgetRequests()
	tapkeyMain(t, env, "logs", "list", "--jq", ".[0].lockTimestamp").checkStdout(t, "2026-11-30T12:00:00Z\n")
	tapkeyMain(t, env, "logs", "list", "--select", "boundLockId", "--limit", "1").checkStdout(t, "c2a85d13-0000-4000-8000-000000000000\n")
	tapkeyMain(t, env, "logs", "list", "--select", "id", "-o", "jsonl", "--limit", "1").checkSuccess(t)
	check(t, "calls of listBoundLocks", server.Count("listBoundLocks"), 0)
}

// Without the scope for names, the IDs are printed.
func TestLogsWithoutScopesForNames(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t, sandbox.WithClient(sandbox.Client{ID: "limited", Secret: "secret", Scopes: []string{"read:logs"}, Administers: []string{"Home"}}))
	env = append(env, "TAPKEY_CLIENT_ID=limited", "TAPKEY_CLIENT_SECRET=secret")
	r := tapkeyMain(t, env, "logs", "list", "--owner", homeID, "--limit", "1")
	r.checkSuccess(t)
	checkContains(t, "entry", r.stdout, "\tc2a85d13-0000-4000-8000-", "\t90d7c4e6-0000-4000-8000-")
}

// The newest entries are kept, in whatever order and whatever number they arrive.
func TestNewestEntries(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const total = 10_007
	entries := func(yield func(tapkey.LogEntry, error) bool) {
		for i := range total {
			n := i * 7919 % total // every number once
			if !yield(tapkey.LogEntry{EntryNo: int64(n), LockTimestamp: new(start.Add(time.Duration(n/2) * time.Second))}, nil) {
				return
			}
		}
		yield(tapkey.LogEntry{EntryNo: total}, nil) // without a time
	}
	for _, limit := range []int{0, 1, 3, 5_000} {
		got, err := (&period{}).newest(limit, entries)
		must(t, err)
		want := limit
		if limit == 0 {
			want = total + 1
		}
		check(t, "entries", len(got), want)
		for i := range min(want, total) {
			if got[i].EntryNo != int64(total-1-i) {
				t.Fatalf("limit %d: entry %d has number %d, want %d", limit, i, got[i].EntryNo, total-1-i)
			}
		}
	}
	// A server that ignores the filter changes nothing.
	p := period{after: new(start.Add(5 * time.Second)), before: new(start.Add(6 * time.Second))}
	got, err := p.newest(0, entries)
	must(t, err)
	check(t, "entries of the period", len(got), 2)
}
