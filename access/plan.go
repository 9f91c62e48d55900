package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// A Scope limits what a plan may change. One of State and Exclusive is required.
type Scope struct {
	// Locks are the ids, serial numbers or titles of the locks that the plan is about. A want
	// for another lock is an error, and grants for other locks are not read. Empty means all
	// locks of the owner account.
	Locks []string

	// State records which grants are managed. Other grants are never changed.
	State State

	// Exclusive means that every grant for one of Locks is managed, by whomever it was
	// created: the plan revokes all that are not wanted. It requires Locks and excludes State.
	Exclusive bool

	now func() time.Time // nil means time.Now
}

func (s Scope) check() error {
	switch {
	case s.Exclusive && len(s.Locks) == 0:
		return errors.New("access: an exclusive scope requires locks")
	case s.Exclusive && s.State != nil:
		return errors.New("access: an exclusive scope excludes a state")
	case !s.Exclusive && s.State == nil:
		return errors.New("access: the scope has no state: use OpenState, or Exclusive with Locks")
	}
	return nil
}

// Plan compares wants with the grants of an owner account and returns the changes. It changes
// nothing. It sends one request for each of the lists of locks, contacts and grants, and for that
// of cards if it is needed. Grants that do not matter are dropped while the list is received.
//
// The operations are listBoundLocks, listContacts, listBoundCards and listGrants. If wants are
// invalid, such as for a lock that does not exist, the error joins a [WantError] for each, and
// there is no plan: a misspelled lock must not revoke a grant.
func Plan(ctx context.Context, c *client.Client, owner string, wants []Want, scope Scope) (*ChangeSet, error) {
	if err := scope.check(); err != nil {
		return nil, err
	}
	p := &planner{client: c, owner: owner, scope: scope, pairs: map[pair]*pairState{}, people: map[string]Who{}}
	p.compare = newComparer(nowOf(scope.now))
	for _, step := range []func(context.Context) error{
		p.readNames,
		func(ctx context.Context) error { return p.addWants(ctx, wants) },
		p.readEntries,
		p.readGrants,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return p.changes(), nil
}

func nowOf(now func() time.Time) time.Time {
	if now == nil {
		now = time.Now
	}
	return now().UTC()
}

// A planner collects what is known about each pair.
type planner struct {
	client  *client.Client
	owner   string
	scope   Scope
	compare *comparer
	dir     *directory
	locks   map[string]bool // ids of the locks of the scope; nil means all
	pairs   map[pair]*pairState
	people  map[string]Who // by the receivers of contacts that do not exist
	managed int
	wants   int
}

// A pairState is what is wanted, recorded and found for a pair.
type pairState struct {
	card    bool
	wants   []Want
	entry   *Entry // nil if there is none
	mine    []tapkey.Grant
	foreign []tapkey.Grant
}

// at returns the state of a pair. The receiver of a contact that does not exist is its Who.
func (p *planner) at(key pair) *pairState {
	s := p.pairs[key]
	if s == nil {
		s = &pairState{}
		p.pairs[key] = s
	}
	return s
}

// newContact is the prefix of the receiver of a contact that does not exist.
const newContact = "new "

func (p *planner) readNames(ctx context.Context) (err error) {
	if p.dir, err = readDirectory(ctx, p.client, p.owner); err != nil {
		return err
	}
	if len(p.scope.Locks) == 0 {
		return nil
	}
	p.locks = map[string]bool{}
	var errs []error
	for _, name := range p.scope.Locks {
		id, err := p.dir.lock(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("access: scope: %w", err))
		}
		p.locks[id] = true
	}
	return errors.Join(errs...)
}

// inScope reports whether the plan is about a lock.
func (p *planner) inScope(lock string) bool {
	if p.locks != nil {
		return p.locks[lock]
	}
	_, exists := p.dir.locks[lock]
	return exists
}

func (p *planner) addWants(ctx context.Context, wants []Want) error {
	var errs []error
	for i, w := range wants {
		if w.Who.Card != "" { // read once
			if err := p.dir.readCards(ctx, p.client, p.owner); err != nil {
				return err
			}
		}
		if err := p.addWant(w); err != nil {
			errs = append(errs, &WantError{i, err})
		}
	}
	return errors.Join(errs...)
}

func (p *planner) addWant(w Want) error {
	if err := w.check(); err != nil {
		return err
	}
	lock, err := p.dir.lock(w.Lock)
	if err != nil {
		return err
	}
	if !p.inScope(lock) {
		return fmt.Errorf("the lock %q is not in the scope", shorten(w.Lock))
	}
	receiver, err := p.dir.receiver(w.Who)
	if err != nil {
		return err
	}
	if receiver == "" {
		receiver = newContact + w.Who.key()
		// The order of the wants must make no difference.
		if known, ok := p.people[receiver]; !ok || w.Who.String() < known.String() {
			p.people[receiver] = w.Who
		}
	}
	s := p.at(pair{receiver, lock})
	s.card = w.Who.Card != ""
	s.wants = append(s.wants, w)
	return nil
}

// readEntries reads the entries of the state for locks in the scope.
func (p *planner) readEntries(ctx context.Context) error {
	entries, err := entriesOf(ctx, p.scope.State)
	for key, e := range entries {
		if p.inScope(e.Lock) {
			p.at(key).entry = &e
		}
	}
	return err
}

// readGrants reads the live grants of pairs that are wanted or managed.
func (p *planner) readGrants(ctx context.Context) error {
	for g, err := range grantsFor(ctx, p.client, p.owner, slices.Sorted(maps.Keys(p.locks))) {
		if err != nil {
			return err
		}
		receiver, card := receiverOfGrant(g)
		key := pair{receiver, g.BoundLockID}
		if receiver == "" || !live(g) || !p.inScope(g.BoundLockID) || p.pairs[key] == nil && !p.scope.Exclusive {
			continue
		}
		if card {
			if err := p.dir.readCards(ctx, p.client, p.owner); err != nil {
				return err
			}
		}
		s := p.at(key)
		s.card = card
		if p.scope.Exclusive || s.entry != nil && s.entry.owns(g.ID, limitsOf(g), p.compare) {
			s.mine = append(s.mine, g)
		} else {
			s.foreign = append(s.foreign, g)
		}
	}
	return nil
}

// changes returns the plan.
func (p *planner) changes() *ChangeSet {
	set := &ChangeSet{Version: version, Owner: p.owner, Exclusive: p.scope.Exclusive, Changes: []Change{}}
	contacts := map[string]bool{}
	for key, s := range p.pairs {
		before := len(set.Changes)
		set.Changes = append(set.Changes, p.changesOf(key, s)...)
		if _, missing := p.people[key.receiver]; !missing || contacts[key.receiver] {
			continue
		}
		if slices.ContainsFunc(set.Changes[before:], func(c Change) bool { return c.Action == ActionCreate }) {
			contacts[key.receiver] = true
			set.Changes = append(set.Changes, Change{Action: ActionCreateContact, Who: p.people[key.receiver]})
		}
	}
	set.Wants, set.Managed = p.wants, p.managed
	slices.SortFunc(set.Changes, func(a, b Change) int {
		return cmp.Or(
			strings.Compare(a.Who.key(), b.Who.key()),
			strings.Compare(a.Receiver, b.Receiver),
			strings.Compare(a.LockTitle, b.LockTitle),
			strings.Compare(a.Lock, b.Lock),
			strings.Compare(a.Grant, b.Grant),
		)
	})
	return set
}

// whoOf returns the person or the card of a pair.
func (p *planner) whoOf(key pair, s *pairState) Who {
	who, known := p.people[key.receiver]
	if !known {
		who = p.dir.contacts[key.receiver]
	}
	switch {
	case s.card:
		return p.dir.card(key.receiver)
	case who == (Who{}) && len(s.wants) > 0:
		return s.wants[0].Who
	}
	return who
}

// changesOf returns the changes of a pair.
func (p *planner) changesOf(key pair, s *pairState) (changes []Change) {
	change := Change{Who: p.whoOf(key, s), Receiver: key.receiver, Lock: key.lock, LockTitle: p.dir.locks[key.lock].Title}
	if _, missing := p.people[key.receiver]; missing {
		change.Receiver = ""
	}
	slices.SortStableFunc(s.mine, func(a, b tapkey.Grant) int { return cmp.Compare(rank(a), rank(b)) })
	for _, g := range s.mine {
		if g.State != stateExpired {
			p.managed++
		}
	}
	wanted, ok, err := merge(s.wants, p.compare.now)
	if len(s.wants) == 0 || !ok && err == nil {
		return p.unwanted(change, s)
	}
	p.wants += len(s.wants)
	for _, w := range s.wants {
		if w.Ref != "" {
			change.Refs = append(change.Refs, w.Ref)
		}
	}
	slices.Sort(change.Refs)
	change.Refs = slices.Compact(change.Refs)
	change.Limits = wanted
	if err == nil && wanted.Schedule != "" {
		err = schedule.CheckLock(p.dir.locks[key.lock])
	}
	grants := append(slices.Clone(s.mine), s.foreign...)
	if len(grants) > 0 {
		change.Grant, change.Before = grants[0].ID, new(limitsOf(grants[0]))
	}
	equal := err == nil && len(grants) > 0 && p.compare.equal(*change.Before, wanted)
	switch {
	case err != nil:
		change.Action, change.Reason = ActionConflict, err.Error()
	case len(grants) == 0:
		change.Action = ActionCreate
	case !usable(grants[0]):
		change.Action, change.Reason = ActionConflict, fmt.Sprintf("the grant has the state %q", string(grants[0].State))
	case len(s.mine) > 0 && equal:
		change.Action = ActionKeep
	case len(s.mine) > 0:
		change.Action = ActionUpdate
	case equal:
		change.Action, change.Reason = ActionKeep, "not managed"
	case grants[0].State == stateExpired:
		change.Action, change.Reason = ActionConflict, "an expired grant that is not managed is in the way"
	default:
		change.Action, change.Reason = ActionConflict, ErrNotManaged.Error()
	}
	return []Change{change}
}

// unwanted returns the changes of a pair that is in no want: managed grants are revoked, unless
// they are expired, and an entry without a grant is removed.
func (p *planner) unwanted(change Change, s *pairState) (changes []Change) {
	for _, g := range s.mine {
		if g.State != stateExpired && usable(g) {
			revoke := change
			revoke.Action, revoke.Grant, revoke.Before = ActionRevoke, g.ID, new(limitsOf(g))
			changes = append(changes, revoke)
		}
	}
	if e := s.entry; e != nil && len(s.mine) == 0 && !e.awaits(p.compare.now) {
		change.Action = ActionForget
		changes = append(changes, change)
	}
	return changes
}

// rank orders the grants of a pair, should there be several: the first one is changed.
func rank(g tapkey.Grant) int {
	switch {
	case !usable(g):
		return 2
	case g.State == stateExpired:
		return 1
	}
	return 0
}
