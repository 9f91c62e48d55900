package logfeed_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/logfeed"
)

var modelRuns = flag.Int("runs", 300, "number of runs of TestModel")

// TestModel runs feeds against a log that grows and shrinks at random, on a server whose clock
// is wrong and which lists entries in any order, with faults. The consumer crashes at random.
// Each entry is delivered until it is acknowledged, and never after that.
func TestModel(t *testing.T) {
	t.Parallel()
	runs := *modelRuns
	if testing.Short() {
		runs /= 10
	}
	total := world{}
	for seed := range runs {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(uint64(seed))
			w.run(t)
			total.crashes += w.crashes
			total.faults += w.faults
			total.again += w.again
			total.late += w.late
			total.arrived += w.arrived
		})
		if t.Failed() {
			t.Fatalf("seed %d failed", seed)
		}
	}
	t.Logf("%d runs: %d entries, %d of them late, %d crashes, %d faults, %d deliveries repeated", runs, total.arrived, total.late, total.crashes, total.faults, total.again)
	for what, n := range map[string]int{"late entries": total.late, "crashes": total.crashes, "faults": total.faults, "repeated deliveries": total.again} {
		if n < runs {
			t.Errorf("got %d %s in %d runs, want more", n, what, runs)
		}
	}
}

// A world is a server, a checkpoint and a consumer that only its memory connects.
type world struct {
	*rand.Rand
	server     fake
	checkpoint memory
	skew       time.Duration // of the server's clock
	opts       logfeed.Options
	end        time.Time // of arrivals and crashes

	hidden  []hidden        // received, not yet visible
	missing map[string]bool // visible and not acknowledged
	acked   map[string]bool
	once    map[string]bool // delivered

	arrived, late, crashes, faults, again int
}

type hidden struct {
	id       string
	received time.Time
	visible  time.Time
}

const modelOverlap = 10 * time.Minute

func newWorld(seed uint64) *world {
	w := &world{
		Rand:    rand.New(rand.NewPCG(seed, 0)),
		missing: map[string]bool{}, acked: map[string]bool{}, once: map[string]bool{},
	}
	w.skew = time.Duration(w.IntN(200)-100) * time.Hour
	w.end = time.Now().Add(time.Duration(1+w.IntN(30)) * time.Minute)
	w.server.order = order(w.IntN(int(orders)))
	w.server.capped = []int{0, 0, 2, 5, 9}[w.IntN(5)]
	w.server.before = w.beforeRequest
	w.opts = logfeed.Options{
		Checkpoint: &w.checkpoint, Overlap: modelOverlap, Interval: time.Duration(20+w.IntN(100)) * time.Second, BatchSize: 1 + w.IntN(9),
	}.WithMaxEntries(4 + w.IntN(30))
	age := time.Duration(1 + w.Int64N(int64(20*365*24*time.Hour)))
	for range w.IntN(40) {
		w.arrive(w.now().Add(-w.N(age)), 0)
	}
	return w
}

// N returns a random duration below d.
func (w *world) N(d time.Duration) time.Duration { return time.Duration(w.Int64N(int64(d))) }

// now returns the time of the server's clock.
func (w *world) now() time.Time { return time.Now().Add(w.skew).UTC().Truncate(time.Millisecond) }

// arrive adds an entry that becomes visible after a delay.
func (w *world) arrive(received time.Time, delay time.Duration) {
	w.arrived++
	w.hidden = append(w.hidden, hidden{fmt.Sprintf("%d", w.arrived), received, time.Now().Add(delay)})
	w.reveal()
}

// reveal makes the entries visible whose time has come.
func (w *world) reveal() {
	w.hidden = slices.DeleteFunc(w.hidden, func(h hidden) bool {
		if h.visible.After(time.Now()) {
			return false
		}
		if n := len(w.server.entries); n > 0 && h.received.Before(*w.server.entries[n-1].ReceivedAt) {
			w.late++
		}
		w.server.add(h.id, h.received)
		w.missing[h.id] = true
		return true
	})
}

// beforeRequest changes the log before each request, also between pages, and injects faults.
func (w *world) beforeRequest(int, *http.Request) (*http.Response, error) {
	if time.Now().Before(w.end) {
		received := w.now() // equal for a burst
		for range w.IntN(3) * w.IntN(3) {
			delay := w.N(modelOverlap / 4)
			if w.IntN(2) == 0 {
				delay = 0
			}
			w.arrive(received, delay)
		}
		if w.IntN(10) == 0 { // the server removes entries of the past that were acknowledged
			w.server.entries = slices.DeleteFunc(w.server.entries, func(e tapkey.LogEntry) bool { return w.acked[e.ID] && w.IntN(3) == 0 })
		}
		if w.IntN(12) == 0 {
			w.faults++
			switch w.IntN(4) {
			case 0:
				return respond(503, nil), nil
			case 1:
				return respond(429, nil), nil
			case 2:
				return respond(200, "a page"), nil
			}
			return nil, errors.New("connection lost")
		}
	}
	w.reveal()
	return nil, nil
}

func (w *world) run(t *testing.T) {
	for time.Now().Before(w.end) {
		ctx, cancel := context.WithDeadline(t.Context(), w.end)
		w.live(t, ctx)
		cancel()
	}
	// After the end, without crashes, everything must be delivered within the overlap.
	ctx, cancel := context.WithTimeout(t.Context(), 2*modelOverlap)
	defer cancel()
	w.live(t, ctx)
	if len(w.missing) > 0 || len(w.acked) != w.arrived {
		t.Errorf("got %d of %d entries acknowledged, want all; missing: %.300v", len(w.acked), w.arrived, w.missing)
	}
}

// live runs the consumer until it crashes or ctx is done.
func (w *world) live(t *testing.T, ctx context.Context) {
	for batch, err := range logfeed.Follow(ctx, w.server.client(t), owner, w.opts) {
		if err != nil {
			if ctx.Err() == nil || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got error %v, want only the end of the context", err)
			}
			return
		}
		for _, e := range batch.Entries {
			if w.acked[e.ID] {
				t.Errorf("entry %s was delivered after it had been acknowledged, want no such delivery", e.ID)
			}
			if w.once[e.ID] {
				w.again++
			}
			w.once[e.ID] = true
		}
		fate := 7
		if time.Now().Before(w.end) {
			fate = w.IntN(8)
		}
		switch fate {
		case 0: // crashes before Ack
			w.crashes++
			return
		case 1: // fails to process the batch
			continue
		case 2: // cannot save the checkpoint
			w.checkpoint.fail = errConsumer
			if err := batch.Ack(ctx); !errors.Is(err, errConsumer) {
				t.Errorf("Ack: got error %v, want that of the checkpoint", err)
			}
			w.checkpoint.fail = nil
			continue
		}
		if err := batch.Ack(ctx); err != nil {
			t.Errorf("Ack: got error %v, want none", err)
		}
		for _, e := range batch.Entries {
			delete(w.missing, e.ID)
			w.acked[e.ID] = true
		}
		if fate == 3 { // crashes after Ack
			w.crashes++
			return
		}
	}
}
