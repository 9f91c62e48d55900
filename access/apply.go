package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
)

// Options are the settings of [ChangeSet.Apply], [Suspend] and [Restore].
type Options struct {
	// State is that of the scope of the plan. Apply requires it unless the scope is exclusive.
	State State

	// Concurrency is the maximum number of changes in flight. The default is 4.
	Concurrency int

	// Limiter limits the calls. The default is no limit. A retry of the client is part of
	// its call.
	Limiter Limiter

	// KeepGoing means that a change that fails does not stop the others.
	KeepGoing bool

	// Force allows any number of revocations. Without it, Apply revokes at most 10 percent of
	// the managed grants, or 5 if that is more, and none if there are no wants.
	Force bool

	// Progress is called after each change, whether it succeeded or failed, and not
	// concurrently.
	Progress func(Progress)

	now   func() time.Time                           // nil means time.Now
	pause func(context.Context, time.Duration) error // nil means pause
}

const (
	defaultConcurrency = 4
	fewRevocations     = 5  // allowed whatever the number of managed grants
	revocationShare    = 10 // one in this number of managed grants may be revoked
)

// Progress is the progress of a run.
type Progress struct {
	Done, Total int    // numbers of changes
	Change      Change // the change that has just ended
	Err         error  // its error, or nil
}

// checkRevocations returns an error if a plan revokes more grants than it may.
func (s *ChangeSet) checkRevocations() error {
	revocations := len(s.filter(func(a Action) bool { return a == ActionRevoke }))
	limit := max(fewRevocations, s.Managed/revocationShare)
	if s.Wants == 0 {
		limit = 0
	}
	if revocations > limit {
		return &RevocationLimitError{Revocations: revocations, Managed: s.Managed, Wants: s.Wants, Limit: limit}
	}
	return nil
}

// Apply makes the changes of the plan: contacts first, then grants. Conflicts and kept grants
// need no request. If a change fails, no other one is started, unless [Options.KeepGoing] is
// set; changes in flight are completed.
//
// The error joins a [ChangeError] for each change that failed. If ctx is done, it matches the
// error of ctx. If the plan revokes too many grants, it is a [RevocationLimitError], and
// nothing was changed. After an error, run [Plan] and Apply again: they go on where this run
// has ended.
//
// A grant that someone else has created since the plan was made is not changed: it is kept if
// it has the wanted limits, and otherwise the error of the change matches [ErrNotManaged].
//
// The operations are createContact, createGrant, updateGrant, revokeGrant, listContacts and
// listGrants.
func (s *ChangeSet) Apply(ctx context.Context, c *client.Client, opts Options) error {
	switch {
	case s.Version != version:
		return fmt.Errorf("access: the plan has the version %d, want %d", s.Version, version)
	case !s.Exclusive && opts.State == nil:
		return errors.New("access: the plan needs the state of its scope")
	case s.Exclusive && opts.State != nil:
		return errors.New("access: the plan of an exclusive scope has no state")
	}
	if !opts.Force {
		if err := s.checkRevocations(); err != nil {
			return err
		}
	}
	a, err := newApplier(ctx, c, s.Owner, opts)
	if err != nil {
		return err
	}
	contacts := s.filter(func(x Action) bool { return x == ActionCreateContact })
	grants := s.filter(func(x Action) bool {
		return x != ActionCreateContact && x != ActionConflict && x != ActionKeep
	})
	a.total = len(contacts) + len(grants)
	if err := a.confirm(ctx, s.Changes); err != nil {
		return err
	}
	a.run(ctx, contacts, a.createContact)
	a.run(ctx, grants, a.change)
	return a.result(ctx)
}

// An applier makes changes.
type applier struct {
	client  *client.Client
	owner   string
	opts    Options
	compare *comparer
	total   int

	mu       sync.Mutex
	entries  map[pair]Entry    // of the state
	contacts map[string]string // ids of the contacts that were created, by the keys of their Who
	done     int
	errs     []error
	stopped  bool
}

func newApplier(ctx context.Context, c *client.Client, owner string, opts Options) (*applier, error) {
	entries, err := entriesOf(ctx, opts.State)
	if err != nil {
		return nil, err
	}
	if opts.Concurrency < 1 {
		opts.Concurrency = defaultConcurrency
	}
	if opts.pause == nil {
		opts.pause = pause
	}
	return &applier{
		client: c, owner: owner, opts: opts, compare: newComparer(nowOf(opts.now)),
		entries: entries, contacts: map[string]string{},
	}, nil
}

// run makes changes concurrently. It returns when all have ended that were started.
func (a *applier) run(ctx context.Context, changes []Change, do func(context.Context, Change) error) {
	queue := make(chan Change)
	var workers sync.WaitGroup
	for range min(a.opts.Concurrency, len(changes)) {
		workers.Go(func() {
			for c := range queue {
				if a.stop(ctx) {
					continue
				}
				a.end(ctx, c, do(ctx, c))
			}
		})
	}
	for _, c := range changes {
		if a.stop(ctx) {
			break
		}
		queue <- c
	}
	close(queue)
	workers.Wait()
}

// stop reports whether no other change is to be started.
func (a *applier) stop(ctx context.Context) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stopped || ctx.Err() != nil
}

// end records that a change has ended.
func (a *applier) end(ctx context.Context, c Change, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return // interrupted
	}
	if err != nil {
		err = &ChangeError{Change: c, Err: err}
		a.errs = append(a.errs, err)
		a.stopped = a.stopped || !a.opts.KeepGoing
	}
	a.done++
	if a.opts.Progress != nil {
		a.opts.Progress(Progress{Done: a.done, Total: a.total, Change: c, Err: err})
	}
}

// result returns the error of a run.
func (a *applier) result(ctx context.Context) error {
	errs := a.errs
	if err := ctx.Err(); err != nil {
		errs = append(errs, fmt.Errorf("access: interrupted after %d of %d changes: %w", a.done, a.total, err))
	}
	return errors.Join(errs...)
}

// confirm records the ids of kept grants whose creates had no response.
func (a *applier) confirm(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		if e, ok := a.entries[pair{c.Receiver, c.Lock}]; ok && c.Action == ActionKeep && c.Reason == "" && e.Grant == "" {
			e.Grant = c.Grant
			if err := a.save(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// change makes a change of a grant.
func (a *applier) change(ctx context.Context, c Change) error {
	switch c.Action {
	case ActionCreate:
		receiver := c.Receiver
		if receiver == "" {
			a.mu.Lock()
			receiver = a.contacts[c.Who.key()]
			a.mu.Unlock()
		}
		if receiver == "" {
			return errors.New("its contact was not created")
		}
		_, err := a.createGrant(ctx, grantKey{pair{receiver, c.Lock}, c.Who.Card != ""}, c.Limits)
		return err
	case ActionUpdate:
		return a.updateGrant(ctx, c)
	case ActionRevoke:
		return a.revokeGrant(ctx, c)
	case ActionForget:
		return a.remove(ctx, pair{c.Receiver, c.Lock})
	}
	return fmt.Errorf("unknown action %q", string(c.Action))
}

// entry returns the entry of a pair, or one without a grant.
func (a *applier) entry(key pair) Entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.entries[key]
	if !ok {
		e = Entry{Receiver: key.receiver, Lock: key.lock}
	}
	e.Pending = slices.Clone(e.Pending)
	return e
}

// save saves an entry, if there is a state.
func (a *applier) save(ctx context.Context, e Entry) error {
	e.Time = nowOf(a.opts.now).Truncate(time.Second)
	if a.opts.State != nil {
		// An interrupt must not separate a response from its record.
		if err := a.opts.State.Save(context.WithoutCancel(ctx), e); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries[e.pair()] = e
	return nil
}

// remove removes an entry, if there is a state.
func (a *applier) remove(ctx context.Context, key pair) error {
	if a.opts.State != nil {
		if err := a.opts.State.Remove(context.WithoutCancel(ctx), key.receiver, key.lock); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.entries, key)
	return nil
}
