package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// attempts is the number of times that a create or a revocation is sent, if it is not known
// whether it was executed and its effect is not seen.
const attempts = 3

// A grantKey is the pair of a grant, and whether its receiver is a card.
type grantKey struct {
	pair
	card bool
}

// wait waits until a request may be sent.
func (a *applier) wait(ctx context.Context) error {
	if a.opts.Limiter == nil {
		return ctx.Err()
	}
	return a.opts.Limiter.Wait(ctx)
}

// recover waits before the effect of a call is looked for: the server may still be executing
// it.
func (a *applier) recover(ctx context.Context, err error, attempt int) error {
	d := time.Second << attempt
	if failure, ok := errors.AsType[*api.Error](err); ok {
		d = max(d, failure.RetryAfter)
	}
	return a.opts.pause(ctx, d)
}

// find returns the live grants of a pair.
func (a *applier) find(ctx context.Context, key grantKey) ([]tapkey.Grant, error) {
	if err := a.wait(ctx); err != nil {
		return nil, err
	}
	return grantsOf(ctx, a.client, a.owner, key.receiver, key.card, key.lock)
}

// createGrant creates a grant. It records the limits first and the id afterwards. If it is not
// known whether a create was executed, it looks for the grant before the next attempt.
func (a *applier) createGrant(ctx context.Context, key grantKey, limits Limits) (tapkey.Grant, error) {
	before := a.entry(key.pair)
	entry := Entry{Receiver: key.receiver, Lock: key.lock, Pending: before.Pending}
	uncertain := len(entry.Pending) > 0 // an earlier create may still be executed
	if !slices.ContainsFunc(entry.Pending, func(p Limits) bool { return a.compare.same(p, limits) }) {
		entry.Pending = append(entry.Pending, limits)
	}
	if err := a.save(ctx, entry); err != nil {
		return tapkey.Grant{}, err
	}
	var failed error
	for attempt := range attempts {
		if err := a.wait(ctx); err != nil {
			return tapkey.Grant{}, a.withdraw(ctx, before, uncertain, err)
		}
		grant, err := a.client.CreateGrant(ctx, a.owner, limits.create(key.lock, key.receiver, key.card))
		if err == nil {
			entry.Grant = grant.ID
			if !uncertain {
				entry.Pending = nil
			}
			return grant, a.save(ctx, entry)
		}
		failed = err
		maybeDone := api.MaybeDone(err)
		switch {
		case maybeDone:
			uncertain = true
			if err := a.recover(ctx, err, attempt); err != nil {
				return tapkey.Grant{}, failed
			}
		case !refused(err):
			return tapkey.Grant{}, a.withdraw(ctx, before, uncertain, err)
		}
		found, err := a.find(ctx, key)
		switch {
		case err != nil && uncertain:
			return tapkey.Grant{}, err
		case err != nil:
			return tapkey.Grant{}, a.withdraw(ctx, before, uncertain, err)
		case len(found) > 0:
			return a.existing(ctx, found, before, entry, uncertain, limits)
		case !maybeDone:
			return tapkey.Grant{}, a.withdraw(ctx, before, uncertain, failed)
		}
	}
	return tapkey.Grant{}, failed
}

// existing returns the grant that occupies the pair of a create: the one that an earlier
// attempt has created, or one of someone else with the wanted limits.
func (a *applier) existing(ctx context.Context, found []tapkey.Grant, before, entry Entry, uncertain bool, limits Limits) (tapkey.Grant, error) {
	for _, g := range found {
		if uncertain && entry.owns(g.ID, limitsOf(g), a.compare) {
			entry.Grant = g.ID
			return g, a.save(ctx, entry)
		}
	}
	for _, g := range found {
		if a.compare.equal(limitsOf(g), limits) {
			return g, a.withdraw(ctx, before, false, nil)
		}
	}
	return found[0], a.withdraw(ctx, before, false, ErrNotManaged)
}

// withdraw restores the entry of a pair whose grant was not created, and returns err. An entry
// stays if a create may still be executed.
func (a *applier) withdraw(ctx context.Context, before Entry, uncertain bool, err error) error {
	switch {
	case uncertain:
		return err
	case before.Grant == "" && len(before.Pending) == 0:
		return errors.Join(err, a.remove(ctx, before.pair()))
	}
	return errors.Join(err, a.save(ctx, before))
}

// refused reports whether the server refused a request in a way that a grant for the same pair
// is the reason: both statuses are reported.
func refused(err error) bool {
	return errors.Is(err, api.ErrBadRequest) || errors.Is(err, api.ErrConflict)
}

// updateGrant changes the limits of a managed grant.
func (a *applier) updateGrant(ctx context.Context, c Change) error {
	if c.Before == nil || c.Grant == "" {
		return errors.New("the plan does not contain the grant")
	}
	if e := a.entry(pair{c.Receiver, c.Lock}); e.Grant == "" {
		// From now on the limits do not identify the grant.
		e.Grant = c.Grant
		if err := a.save(ctx, e); err != nil {
			return err
		}
	}
	body, err := a.compare.update(*c.Before, c.Limits)
	if err != nil {
		return err
	}
	if body == (tapkey.GrantUpdate{}) {
		return nil
	}
	if err := a.wait(ctx); err != nil {
		return err
	}
	_, err = a.client.UpdateGrant(ctx, a.owner, c.Grant, body)
	return err
}

// revokeGrant revokes a grant and removes its entry. A grant that is not live any more has been
// revoked.
func (a *applier) revokeGrant(ctx context.Context, c Change) error {
	key := grantKey{pair{c.Receiver, c.Lock}, c.Who.Card != ""}
	var failed error
	for attempt := range attempts {
		if err := a.wait(ctx); err != nil {
			return err
		}
		_, err := a.client.RevokeGrant(ctx, a.owner, c.Grant, nil)
		if err == nil {
			return a.revoked(ctx, key.pair)
		}
		failed = err
		maybeDone := api.MaybeDone(err)
		switch {
		case maybeDone:
			if err := a.recover(ctx, err, attempt); err != nil {
				return failed
			}
		case !refused(err) && !errors.Is(err, api.ErrNotFound):
			return err
		}
		found, err := a.find(ctx, key)
		switch {
		case err != nil:
			return errors.Join(failed, err)
		case !slices.ContainsFunc(found, func(g tapkey.Grant) bool { return g.ID == c.Grant }):
			return a.revoked(ctx, key.pair)
		case !maybeDone:
			return failed
		}
	}
	return failed
}

// revoked removes the entry of a grant that was revoked. If an earlier create may still be
// executed, only the id is removed.
func (a *applier) revoked(ctx context.Context, key pair) error {
	e := a.entry(key)
	if !e.awaits(a.compare.now) {
		return a.remove(ctx, key)
	}
	e.Grant = ""
	return a.save(ctx, e)
}

// createContact creates a contact, unless it exists.
func (a *applier) createContact(ctx context.Context, c Change) error {
	var failed error
	for attempt := range attempts {
		if err := a.wait(ctx); err != nil {
			return err
		}
		contact, err := a.client.CreateContact(ctx, a.owner, c.Who.create())
		if err == nil {
			a.setContact(c.Who, contact.ID)
			return nil
		}
		failed = err
		maybeDone := api.MaybeDone(err)
		switch {
		case maybeDone:
			if err := a.recover(ctx, err, attempt); err != nil {
				return failed
			}
		case !refused(err):
			return err
		}
		if err := a.wait(ctx); err != nil {
			return err
		}
		id, err := receiverOf(ctx, a.client, a.owner, c.Who)
		switch {
		case err != nil:
			return errors.Join(failed, err)
		case id != "":
			a.setContact(c.Who, id)
			return nil
		case !maybeDone:
			return failed
		}
	}
	return failed
}

// setContact records the id of a contact for the grants that need it.
func (a *applier) setContact(who Who, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.contacts[who.key()] = id
}

// create returns the body of a request that creates the contact of a person.
func (w Who) create() tapkey.ContactCreate {
	if w.User != "" {
		return tapkey.ContactCreate{IPID: &w.Provider, IPUserID: &w.User}
	}
	return tapkey.ContactCreate{IPID: new(nativeProvider), Identifier: &w.Email}
}
