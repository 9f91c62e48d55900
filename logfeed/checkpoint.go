package logfeed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// A Checkpoint stores the position of a feed. The data is opaque. It grows with the number of
// entries in the overlap, by about 70 bytes each, and has at most 64 MiB.
type Checkpoint interface {
	// Load returns the data that was saved last, or nil if there is none.
	Load(ctx context.Context) ([]byte, error)

	// Save replaces the data as a whole. When it returns nil, the data must survive a crash.
	// [Batch.Ack] calls it with its own context.
	Save(ctx context.Context, data []byte) error
}

// A Locker is a [Checkpoint] that only one feed can use at a time.
type Locker interface {
	// Lock returns an error if another feed has locked the checkpoint. It does not wait.
	Lock(ctx context.Context) (unlock func(), err error)
}

// maxState is the maximum size of a checkpoint in bytes.
const maxState = 64 << 20

const stateVersion = 1

// state is the content of a checkpoint.
type state struct {
	Version int    `json:"version"`
	Owner   string `json:"owner"`
	Lock    string `json:"lock,omitempty"`
	Filter  string `json:"filter,omitempty"`

	// From is the receivedAt from which entries are read. Older ones are not part of the feed,
	// or have all been delivered. It is zero at the beginning of the log.
	From time.Time `json:"from"`

	// Newest is the receivedAt of the newest entry that has been acknowledged, if any.
	Newest time.Time `json:"newest"`

	// Delivered has the receivedAt of the acknowledged entries from From on, by their ids.
	Delivered map[string]time.Time `json:"delivered"`
}

func newState(owner string, opts Options) state {
	return state{Version: stateVersion, Owner: owner, Lock: opts.Lock, Filter: opts.Filter, From: later(opts.Since.UTC(), time.Time{}), Delivered: map[string]time.Time{}}
}

// load replaces the state by that of the checkpoint, if it has one.
func (f *feed) load(ctx context.Context) error {
	data, err := f.opts.Checkpoint.Load(ctx)
	if err != nil || data == nil {
		return err
	}
	saved, err := parseState(data)
	if err != nil {
		return fmt.Errorf("logfeed: the checkpoint is damaged: %w", err)
	}
	for _, field := range []struct{ name, saved, wanted string }{
		{"owner account", saved.Owner, f.state.Owner}, {"lock", saved.Lock, f.state.Lock}, {"filter", saved.Filter, f.state.Filter},
	} {
		if field.saved != field.wanted {
			return fmt.Errorf("logfeed: the checkpoint is for the %s %.200q, not %.200q", field.name, field.saved, field.wanted)
		}
	}
	f.state = saved
	return nil
}

func parseState(data []byte) (state, error) {
	var s state
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return s, errors.New("more data after the JSON object")
	}
	switch {
	case s.Version != stateVersion:
		return s, fmt.Errorf("unknown version %d", s.Version)
	case s.Owner == "":
		return s, errors.New("no owner account")
	case s.Delivered == nil:
		return s, errors.New("no list of delivered entries")
	}
	return s, nil
}

// advance saves the state after some entries have been processed. The state is unchanged if
// that fails.
func (f *feed) advance(ctx context.Context, entries []tapkey.LogEntry) error {
	next := f.state
	next.Delivered = maps.Clone(next.Delivered)
	for _, entry := range entries {
		// The id shares memory with other strings of the response.
		next.Delivered[strings.Clone(entry.ID)] = receivedAt(entry).UTC()
		next.Newest = later(next.Newest, receivedAt(entry)).UTC()
	}
	next.From = later(next.From, next.Newest.Add(-f.opts.Overlap))
	maps.DeleteFunc(next.Delivered, func(_ string, received time.Time) bool {
		return received.Before(next.From.Add(-tolerance))
	})
	if f.opts.Checkpoint != nil {
		data, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("logfeed: checkpoint: %w", err)
		}
		if len(data) > maxState {
			return fmt.Errorf("logfeed: %d entries in the overlap of %v are too many for a checkpoint: use a shorter Overlap", len(next.Delivered), f.opts.Overlap)
		}
		if err := f.opts.Checkpoint.Save(ctx, data); err != nil {
			return fmt.Errorf("logfeed: checkpoint: %w", err)
		}
	}
	f.state = next
	return nil
}
