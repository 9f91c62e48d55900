package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// A Suspension is a record of all access of a person or a card. [NewSuspension] makes it,
// [Suspend] revokes the grants in it, and [Restore] creates them again. Store it, as JSON,
// before you call Suspend: a revoked grant does not show what it has allowed.
type Suspension struct {
	Version  int              `json:"version"`  // of this form, 1
	Owner    string           `json:"owner"`    // id of the owner account
	Who      Who              `json:"who"`      // the person or the card
	Receiver string           `json:"receiver"` // id of the contact or the card
	Time     time.Time        `json:"time"`     // when the grants were read
	Grants   []SuspendedGrant `json:"grants"`   // those that were neither revoked nor expired, by lock
}

// A SuspendedGrant is a grant in a [Suspension].
type SuspendedGrant struct {
	Grant     string `json:"grant"`               // id
	Lock      string `json:"lock"`                // id of the lock
	LockTitle string `json:"lockTitle,omitempty"` // title of the lock
	Limits    Limits `json:"limits,omitzero"`     // what it allows
}

// NewSuspension reads all grants of a person or a card and changes nothing. The operations are
// listGrants, and listContacts or listBoundCards.
func NewSuspension(ctx context.Context, c *client.Client, owner string, who Who) (*Suspension, error) {
	if err := who.check(); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	receiver, err := receiverOf(ctx, c, owner, who)
	switch {
	case err != nil:
		return nil, fmt.Errorf("access: %w", err)
	case receiver == "":
		return nil, fmt.Errorf("access: unknown contact %q", shorten(who.String()))
	}
	grants, err := grantsOf(ctx, c, owner, receiver, who.Card != "", "")
	if err != nil {
		return nil, err
	}
	s := &Suspension{
		Version: version, Owner: owner, Who: who, Receiver: receiver,
		Time: time.Now().UTC().Truncate(time.Second), Grants: []SuspendedGrant{},
	}
	for _, g := range grants {
		if g.State == stateExpired || !usable(g) {
			continue
		}
		suspended := SuspendedGrant{Grant: g.ID, Lock: g.BoundLockID, Limits: limitsOf(g)}
		if g.BoundLock != nil {
			suspended.LockTitle = g.BoundLock.Title
		}
		s.Grants = append(s.Grants, suspended)
	}
	slices.SortFunc(s.Grants, func(a, b SuspendedGrant) int { return strings.Compare(a.Lock, b.Lock) })
	return s, nil
}

// check returns an error if s was not made by this version of [NewSuspension].
func (s *Suspension) check() error {
	if s.Version != version || s.Owner == "" || s.Receiver == "" {
		return fmt.Errorf("access: not a suspension of version %d", version)
	}
	return nil
}

// change returns the change of one of the grants.
func (s *Suspension) change(action Action, g SuspendedGrant) Change {
	return Change{
		Action: action, Who: s.Who, Receiver: s.Receiver, Lock: g.Lock, LockTitle: g.LockTitle,
		Grant: g.Grant, Limits: g.Limits,
	}
}

// live returns the live grants of the receiver.
func (s *Suspension) live(ctx context.Context, a *applier) ([]tapkey.Grant, error) {
	if err := a.wait(ctx); err != nil {
		return nil, err
	}
	return grantsOf(ctx, a.client, a.owner, s.Receiver, s.Who.Card != "", "")
}

// Suspend revokes the grants of a suspension, and skips those that are revoked already. It may
// be called again after an error or an interrupt, with the same suspension. The errors are
// those of [ChangeSet.Apply]. Options.Force makes no difference.
//
// Grants are revoked, and not shortened: a phone may keep its key until it is online, but a
// lock refuses a revoked key as soon as it knows of the revocation. [Plan] does not know of a
// suspension: leave out the wants of the person, or it creates the grants again. The state
// keeps the entries of the grants.
//
// The operations are listGrants and revokeGrant.
func Suspend(ctx context.Context, c *client.Client, s *Suspension, opts Options) error {
	if err := s.check(); err != nil {
		return err
	}
	opts.State = nil // Restore needs the entries
	a, err := newApplier(ctx, c, s.Owner, opts)
	if err != nil {
		return err
	}
	live, err := s.live(ctx, a)
	if err != nil {
		return err
	}
	var changes []Change
	for _, g := range s.Grants {
		if slices.ContainsFunc(live, func(l tapkey.Grant) bool { return l.ID == g.Grant }) {
			changes = append(changes, s.change(ActionRevoke, g))
		}
	}
	a.total = len(changes)
	a.run(ctx, changes, a.revokeGrant)
	return a.result(ctx)
}

// Restore creates the grants of a suspension again, with their limits. It skips those that have
// ended, and locks for which the person or card has a grant. It may be called again after an
// error or an interrupt. The errors are those of [ChangeSet.Apply].
//
// If Options.State has the entry of a suspended grant, the new grant is managed in its place.
//
// The operations are listGrants and createGrant.
func Restore(ctx context.Context, c *client.Client, s *Suspension, opts Options) error {
	if err := s.check(); err != nil {
		return err
	}
	a, err := newApplier(ctx, c, s.Owner, opts)
	if err != nil {
		return err
	}
	live, err := s.live(ctx, a)
	if err != nil {
		return err
	}
	var managed, others []Change
	for _, g := range s.Grants {
		entry, recorded := a.entries[pair{s.Receiver, g.Lock}]
		mine := recorded && (entry.Grant == g.Grant || entry.Grant == "")
		if i := slices.IndexFunc(live, func(l tapkey.Grant) bool { return l.BoundLockID == g.Lock }); i >= 0 {
			if found := live[i]; mine && entry.owns(found.ID, limitsOf(found), a.compare) && entry.Grant == "" {
				entry.Grant = found.ID
				if err := a.save(ctx, entry); err != nil {
					return err
				}
			}
			continue
		}
		switch ended := !g.Limits.Until.IsZero() && !g.Limits.Until.After(a.compare.now); {
		case ended:
		case mine:
			managed = append(managed, s.change(ActionCreate, g))
		default:
			others = append(others, s.change(ActionCreate, g))
		}
	}
	a.total = len(managed) + len(others)
	a.run(ctx, managed, a.change)
	a.opts.State = nil // the others are not managed
	a.run(ctx, others, a.change)
	return a.result(ctx)
}
