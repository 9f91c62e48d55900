package logfeed

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

const (
	defaultOverlap   = 10 * time.Minute
	defaultInterval  = time.Minute
	defaultBatchSize = 1000

	defaultMaxEntries = 10_000
)

// Options are the options of [Follow]. The zero value reads the whole log of the owner account
// and then polls every minute, without a checkpoint.
type Options struct {
	// Checkpoint stores the position of the feed. If it is nil, each Follow begins at Since.
	Checkpoint Checkpoint

	// Since is the receivedAt of the first entry. It is used only if the checkpoint is empty.
	// Zero means the beginning of the log.
	Since time.Time

	// Lock is the id of a bound lock whose log to read. If it is empty, the feed has the
	// entries of all locks of the owner account.
	Lock string

	// Filter is an OData expression that selects entries, see package odata. It may be empty.
	Filter string

	// Overlap is how long after an entry an older one, by receivedAt, may become visible. Zero
	// means 10 minutes. Each poll reads the entries of the overlap again.
	Overlap time.Duration

	// Interval is the pause between two polls. Zero means one minute.
	Interval time.Duration

	// BatchSize is the maximum number of entries in a batch. Zero means 1,000.
	BatchSize int

	// Once ends the loop when all entries have been delivered, and at the first failure.
	Once bool

	// OnRetry is called after a transient failure, before the pause. It may be nil.
	OnRetry func(err error, pause time.Duration)

	maxEntries int // to hold in memory; zero means 10,000
}

// Follow iterates over the entries of an owner account's log in batches. The loop ends if ctx
// is done, with its error, or after a permanent failure, which is the last value.
//
// After a transient failure, which is one that another attempt may fix, the feed continues
// after a pause of Interval. The pause doubles with each further failure, up to 10 minutes.
// Transient are failures of the network, the statuses 408, 429 and 5xx, of the token endpoint,
// too, and responses that are not what the contract says. They come after the retries of the
// client.
//
// If the loop continues without [Batch.Ack], the same entries are delivered again after Interval.
//
// Follow locks the checkpoint, if it is a [Locker], and unlocks it at the end of the loop. It
// refuses a checkpoint of another owner account, lock or filter. The client needs the scopes
// of listLogEntries or, with Options.Lock, of listBoundLockLogEntries.
func Follow(ctx context.Context, c *client.Client, ownerAccountID string, opts Options) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		f, unlock, err := open(ctx, c, ownerAccountID, opts)
		if err != nil {
			yield(nil, err)
			return
		}
		defer unlock()
		if err := f.run(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

// feed is the state of one loop.
type feed struct {
	client *client.Client
	opts   Options
	state  state
}

// open checks the options, locks the checkpoint and loads it.
func open(ctx context.Context, c *client.Client, owner string, opts Options) (f *feed, unlock func(), err error) {
	if opts.Overlap < 0 || opts.Interval < 0 || opts.BatchSize < 0 {
		return nil, nil, errors.New("logfeed: negative Overlap, Interval or BatchSize")
	}
	opts.Overlap = cmp.Or(opts.Overlap, defaultOverlap)
	opts.Interval = cmp.Or(opts.Interval, defaultInterval)
	opts.BatchSize = cmp.Or(opts.BatchSize, defaultBatchSize)
	opts.maxEntries = cmp.Or(opts.maxEntries, defaultMaxEntries)
	unlock = func() {}
	if locker, ok := opts.Checkpoint.(Locker); ok {
		if unlock, err = locker.Lock(ctx); err != nil {
			return nil, nil, err
		}
	}
	f = &feed{c, opts, newState(owner, opts)}
	if opts.Checkpoint != nil {
		if err := f.load(ctx); err != nil {
			unlock()
			return nil, nil, err
		}
	}
	return f, unlock, nil
}

// run polls until ctx is done, the consumer leaves the loop, or a failure is permanent. It
// returns the error to yield, if any.
func (f *feed) run(ctx context.Context, yield func(*Batch, error) bool) error {
	for failures := 0; ; {
		pause := f.opts.Interval
		outcome, err := f.poll(ctx, yield)
		switch {
		case outcome == left:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (f.opts.Once || permanent(err)):
			return err
		case err != nil:
			pause = max(backoff(f.opts.Interval, failures), retryAfter(err))
			failures++
			if f.opts.OnRetry != nil {
				f.opts.OnRetry(err, pause)
			}
		case f.opts.Once && outcome == complete:
			return nil
		default:
			failures = 0
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// outcome is how a poll ended, besides its error.
type outcome int

const (
	complete       outcome = iota // all entries have been acknowledged, unless there is an error
	unacknowledged                // the consumer continued without Ack
	left                          // the consumer left the loop
)

// poll delivers all entries that are visible now, window by window. A window ends before the
// time to, or, if that is zero, does not end. It is made smaller until its entries fit in
// memory, and larger again after that.
func (f *feed) poll(ctx context.Context, yield func(*Batch, error) bool) (outcome, error) {
	w := window{from: f.state.From}
	var newest time.Time // receivedAt of the newest entry that the server has shown
	for {
		entries, full, err := f.read(ctx, w)
		if err != nil {
			return complete, err
		}
		if len(entries) > 0 {
			newest = later(newest, receivedAt(entries[len(entries)-1]))
		}
		if full {
			w = w.split(receivedAt(entries[len(entries)/2]))
			continue
		}
		for batch := range slices.Chunk(entries, f.opts.BatchSize) {
			if outcome := f.deliver(batch, yield); outcome != complete {
				return outcome, nil
			}
		}
		if w.to.IsZero() {
			return complete, nil
		}
		w = w.next(newest)
	}
}

// deliver yields one batch.
func (f *feed) deliver(entries []tapkey.LogEntry, yield func(*Batch, error) bool) outcome {
	batch := &Batch{Entries: entries, feed: f}
	defer func() { batch.feed = nil }()
	switch {
	case !yield(batch, nil):
		return left
	case !batch.acknowledged:
		return unacknowledged
	}
	return complete
}

// A Batch is a number of entries to process together. It is valid until the next iteration of
// the loop.
type Batch struct {
	// Entries has at least one entry. They are in the order of receivedAt.
	Entries []tapkey.LogEntry

	feed         *feed // nil after the iteration
	acknowledged bool
}

// Ack reports that all entries of the batch have been processed, and saves the checkpoint. If
// it returns an error, the batch is not acknowledged.
func (b *Batch) Ack(ctx context.Context) error {
	switch {
	case b.acknowledged:
		return nil
	case b.feed == nil:
		return errors.New("logfeed: Ack after the iteration of the batch")
	}
	if err := b.feed.advance(ctx, b.Entries); err != nil {
		return err
	}
	b.acknowledged = true
	return nil
}
