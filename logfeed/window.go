package logfeed

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

const (
	// tolerance is by how much the receivedAt of an entry may differ from the time that the
	// server compares, which it may have rounded.
	tolerance = time.Second

	// resolution is the length of the smallest window.
	resolution = time.Millisecond
)

// A window selects the entries with from <= receivedAt < to. A bound that is zero does not
// exist.
type window struct {
	from, to  time.Time
	unlimited bool // the window cannot be smaller
}

// epoch is before every entry that a server has received, other than by mistake.
var epoch = time.Unix(0, 0).UTC()

// split returns a window that ends about halfway to an entry in w.
func (w window) split(entry time.Time) window {
	from := later(w.from, epoch)
	half := entry.Sub(from) / 2
	if !w.to.IsZero() { // which the entry may exceed by the tolerance
		half = min(half, w.to.Sub(from)/2)
	}
	half = half.Truncate(resolution)
	if half <= 0 {
		return window{w.from, from.Add(resolution), true}
	}
	return window{w.from, from.Add(half), false}
}

// next returns the window after w, of twice its length. If it would contain the newest entry
// that is known, it does not end.
func (w window) next(newest time.Time) window {
	length := w.to.Sub(later(w.from, epoch))
	next := window{from: w.to, to: w.to.Add(length).Add(length)}
	if next.to.After(newest) {
		next.to = time.Time{}
	}
	return next
}

// filter returns the $filter of the window, or nil.
func (w window) filter(selection string) *string {
	text := ""
	add := func(expr string) {
		if text != "" {
			text += " and "
		}
		text += expr
	}
	if selection != "" {
		add("(" + selection + ")")
	}
	if !w.from.IsZero() {
		add(odata.Ge("receivedAt", w.from).String())
	}
	if !w.to.IsZero() {
		add(odata.Lt("receivedAt", w.to).String())
	}
	if text == "" {
		return nil
	}
	return &text
}

// check returns an error if an entry cannot be in the window, or has no place in it.
func (w window) check(entry tapkey.LogEntry) error {
	switch {
	case entry.ID == "":
		return &entryError{"a log entry has no id"}
	case entry.ReceivedAt == nil:
		return &entryError{fmt.Sprintf("log entry %.64q has no receivedAt, and so no place in a feed; a feed with a start time leaves it out", entry.ID)}
	case !w.from.IsZero() && receivedAt(entry).Before(w.from.Add(-tolerance)),
		!w.to.IsZero() && receivedAt(entry).After(w.to.Add(tolerance)):
		return &entryError{fmt.Sprintf("log entry %.64q was not received in the time that $filter selects", entry.ID)}
	}
	return nil
}

// An entryError means that a response has an entry that the feed cannot deliver.
type entryError struct{ text string }

func (e *entryError) Error() string { return "logfeed: " + e.text }
func (e *entryError) Unwrap() error { return api.ErrUnexpected }

// read returns the new entries of a window in order. If there are more than fit in memory, it
// returns the first ones that the server lists, and full.
//
// Pages are selected by their offset, so entries may be skipped if the server inserts, removes
// or reorders others in the meantime. The window is therefore read again, until no further
// entry is found that the next poll would not read.
func (f *feed) read(ctx context.Context, w window) (entries []tapkey.LogEntry, full bool, err error) {
	found := make(map[string]bool)
	for round, missed := 0, true; missed && !full; round++ {
		horizon := w.to.Add(tolerance) // the next poll reads only later entries
		if w.to.IsZero() && round > 0 {
			horizon = receivedAt(slices.MaxFunc(entries, byReceipt)).Add(-f.opts.Overlap)
		}
		missed = false
		for entry, err := range f.list(ctx, w) {
			if err == nil {
				err = w.check(entry)
			}
			if err != nil {
				return nil, false, err
			}
			if _, delivered := f.state.Delivered[entry.ID]; delivered || found[entry.ID] {
				continue
			}
			entries, found[entry.ID] = append(entries, entry), true
			missed = missed || round == 0 || !receivedAt(entry).After(horizon)
			if full = len(entries) > f.opts.maxEntries && !w.unlimited; full {
				break
			}
		}
	}
	slices.SortFunc(entries, byReceipt)
	return entries, full, nil
}

// list iterates over what the server lists for a window.
func (f *feed) list(ctx context.Context, w window) iter.Seq2[tapkey.LogEntry, error] {
	params := tapkey.ListLogEntriesParams{Filter: w.filter(f.opts.Filter)}
	if f.opts.Lock != "" {
		return f.client.AllBoundLockLogEntries(ctx, f.state.Owner, f.opts.Lock, (*tapkey.ListBoundLockLogEntriesParams)(&params))
	}
	return f.client.AllLogEntries(ctx, f.state.Owner, &params)
}

// byReceipt compares entries by the time of their receipt. A lock sends several at once.
func byReceipt(a, b tapkey.LogEntry) int {
	return cmp.Or(
		receivedAt(a).Compare(receivedAt(b)),
		cmp.Compare(a.BoundLockID, b.BoundLockID),
		cmp.Compare(a.EntryNo, b.EntryNo),
		cmp.Compare(a.ID, b.ID),
	)
}

// receivedAt returns when the server has received an entry that window.check has accepted.
func receivedAt(entry tapkey.LogEntry) time.Time { return *entry.ReceivedAt }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
