package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

var logsNoun = noun{
	name:  "logs",
	short: "Log entries of locks",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the log entries of an owner account, newest first",
			operation: "listLogEntries",
			example:   `tapkey logs list --owner Home --limit 5`,
			names:     logNames,
			run: runLog(func(ctx context.Context, c *call) iter.Seq2[tapkey.LogEntry, error] {
				return c.AllLogEntries(ctx, c.ownerID, (*tapkey.ListLogEntriesParams)(&c.query))
			}),
		},
	},
	extra: []func(*app) *cobra.Command{(*app).exportCommand, (*app).followCommand},
}

// logNames lists the kinds of entities that the columns of a log name.
var logNames = []*kind{lockKind, contactKind, cardKind}

// logColumns returns the columns of a log, with the names that c knows.
func logColumns(c *call) []column[tapkey.LogEntry] {
	return []column[tapkey.LogEntry]{
		{"ID", "id", func(e tapkey.LogEntry) any { return e.ID }},
		{"LOCK TIME", "lockTimestamp", func(e tapkey.LogEntry) any { return e.LockTimestamp }},
		{"LOCK", "", func(e tapkey.LogEntry) any { return c.nameOf(lockKind, e.BoundLockID) }},
		{"ENTRY", "entryNo", func(e tapkey.LogEntry) any { return e.EntryNo }},
		{"COMMAND", "command", func(e tapkey.LogEntry) any { return cmp.Or(string(e.Command), string(e.LogType)) }},
		{"CONTACT OR CARD", "", func(e tapkey.LogEntry) any {
			return cmp.Or(c.nameOf(contactKind, e.ContactID), c.nameOf(cardKind, e.BoundCardID))
		}},
	}
}

// runLog runs an operation that returns log entries and prints them, newest first by the
// clocks of the locks. The API cannot sort them, so all entries of the period are read.
func runLog(list func(context.Context, *call) iter.Seq2[tapkey.LogEntry, error]) runner {
	return func(cmd *cobra.Command, c *call) func(context.Context, output) error {
		var p period
		flags := newQueryFlags(cmd, c)
		completeFields[tapkey.LogEntry](cmd)
		optionalTime(cmd, "after", "return only entries at or after `TIME`, local or RFC 3339", &p.after)
		optionalTime(cmd, "before", "return only entries before `TIME`, local or RFC 3339", &p.before)
		cmd.PreRunE = func(*cobra.Command, []string) error { return p.check() }
		return func(ctx context.Context, out output) error {
			limit, err := flags.apply(c, &out)
			if err != nil {
				return err
			}
			c.query.Filter = p.filter(c.query.Filter)
			if out.fields != nil { // what the order needs is requested, too
				c.query.Select = new(strings.Join(union(out.fields, "lockTimestamp", "entryNo"), ","))
			}
			entries, err := p.newest(limit, list(ctx, c))
			if err != nil {
				return asFailure(err)
			}
			return printAll(out, logColumns(c), func(yield func(tapkey.LogEntry, error) bool) {
				for _, entry := range entries {
					if !yield(entry, nil) {
						return
					}
				}
			})
		}
	}
}

// union returns words and those of more that are not among them.
func union(words []string, more ...string) []string {
	all := slices.Clone(words)
	for _, word := range more {
		if !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	return all
}

// A period is a range of times of log entries, by the clocks of the locks.
type period struct{ after, before *time.Time } // nil for no limit; after is included

// check returns an error if the period is empty.
func (p *period) check() error {
	if p.after != nil && p.before != nil && !p.after.Before(*p.before) {
		return errors.New("--before is not after --after")
	}
	return nil
}

// filter returns a $filter for the entries of the period that match another one, which may
// be nil.
func (p *period) filter(other *string) *string {
	var all []string
	if other != nil {
		all = append(all, "("+*other+")")
	}
	if p.after != nil {
		all = append(all, odata.Ge("lockTimestamp", *p.after).String())
	}
	if p.before != nil {
		all = append(all, odata.Lt("lockTimestamp", *p.before).String())
	}
	if p.after == nil && p.before == nil {
		return other
	}
	return new(strings.Join(all, " and "))
}

// newest returns the entries of the period, newest first: at most limit, unless it is 0.
// It keeps no more than it needs in memory.
func (p *period) newest(limit int, entries iter.Seq2[tapkey.LogEntry, error]) ([]tapkey.LogEntry, error) {
	var kept []tapkey.LogEntry
	cut := func() {
		slices.SortStableFunc(kept, newerFirst)
		if limit > 0 && len(kept) > limit {
			kept = kept[:limit]
		}
	}
	for entry, err := range entries {
		if err != nil {
			return nil, err
		}
		if !p.contains(entry.LockTimestamp) { // in case that the server ignores the filter
			continue
		}
		kept = append(kept, entry)
		if limit > 0 && len(kept) > 2*limit+1000 {
			cut()
		}
	}
	cut()
	return kept, nil
}

func (p *period) contains(t *time.Time) bool {
	if p.after == nil && p.before == nil {
		return true
	}
	return t != nil && (p.after == nil || !t.Before(*p.after)) && (p.before == nil || t.Before(*p.before))
}

// newerFirst compares entries by time and, at the same time, by number. Entries without a
// time come last.
func newerFirst(a, b tapkey.LogEntry) int {
	if a.LockTimestamp == nil || b.LockTimestamp == nil {
		switch {
		case a.LockTimestamp != nil:
			return -1
		case b.LockTimestamp != nil:
			return 1
		}
		return cmp.Compare(b.EntryNo, a.EntryNo)
	}
	return cmp.Or(b.LockTimestamp.Compare(*a.LockTimestamp), cmp.Compare(b.EntryNo, a.EntryNo))
}
