package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// EnsureContact returns the contact of a person, and creates it if it does not exist. The
// operations are listContacts, getContact and createContact.
func EnsureContact(ctx context.Context, c *client.Client, owner string, who Who) (tapkey.Contact, error) {
	if err := who.check(); err != nil {
		return tapkey.Contact{}, fmt.Errorf("access: %w", err)
	}
	if who.Card != "" {
		return tapkey.Contact{}, fmt.Errorf("access: %s has no contact", printable(who.String()))
	}
	id, err := ensureContact(ctx, c, owner, who)
	if err != nil {
		return tapkey.Contact{}, err
	}
	return c.GetContact(ctx, owner, id)
}

// ensureContact returns the id of the contact of a person.
func ensureContact(ctx context.Context, c *client.Client, owner string, who Who) (string, error) {
	id, err := receiverOf(ctx, c, owner, who)
	if err != nil || id != "" {
		return id, err
	}
	a, err := newApplier(ctx, c, owner, Options{})
	if err != nil {
		return "", err
	}
	if err := a.createContact(ctx, Change{Who: who}); err != nil {
		return "", err
	}
	return a.contacts[who.key()], nil
}

// EnsureUser returns a user of an identity provider, and registers the user if necessary. A
// contact is separate: see [EnsureContact]. The operations are listIdentityProviderUsers and
// createIdentityProviderUser.
func EnsureUser(ctx context.Context, c *client.Client, owner, provider, user string) (tapkey.IdentityProviderUser, error) {
	found, ok, err := findUser(ctx, c, owner, provider, user)
	if err != nil || ok {
		return found, err
	}
	a, err := newApplier(ctx, c, owner, Options{})
	if err != nil {
		return tapkey.IdentityProviderUser{}, err
	}
	for attempt := range attempts {
		var created tapkey.IdentityProviderUser
		created, err = c.CreateIdentityProviderUser(ctx, owner, provider, tapkey.IdentityProviderUserCreate{IPID: &provider, IPUserID: user})
		maybeDone := api.MaybeDone(err)
		switch {
		case err == nil:
			return created, nil
		case maybeDone:
			if stopped := a.recover(ctx, err, attempt); stopped != nil {
				return created, err
			}
		case !refused(err):
			return created, err
		}
		found, ok, lookErr := findUser(ctx, c, owner, provider, user)
		if lookErr == nil && !ok && !maybeDone {
			return found, err
		}
		if lookErr != nil || ok {
			return found, lookErr
		}
	}
	return tapkey.IdentityProviderUser{}, err
}

func findUser(ctx context.Context, c *client.Client, owner, provider, user string) (tapkey.IdentityProviderUser, bool, error) {
	for found, err := range c.AllIdentityProviderUsers(ctx, owner, provider, nil) {
		if err != nil || found.IPUserID == user {
			return found, err == nil, err
		}
	}
	return tapkey.IdentityProviderUser{}, false, nil
}

// EnsureGrant returns the grant of a want, and creates it and its contact if necessary. If the
// person or card has a grant for the lock with other limits, EnsureGrant returns it with an
// error that matches [ErrNotManaged] and changes nothing. The operations are listBoundLocks,
// listContacts, listBoundCards for a card, listGrants, createContact and createGrant.
func EnsureGrant(ctx context.Context, c *client.Client, owner string, want Want) (tapkey.Grant, error) {
	grant, err := ensureGrant(ctx, c, owner, want)
	if err != nil {
		return grant, fmt.Errorf("access: %w", err)
	}
	return grant, nil
}

func ensureGrant(ctx context.Context, c *client.Client, owner string, want Want) (tapkey.Grant, error) {
	if err := want.check(); err != nil {
		return tapkey.Grant{}, err
	}
	a, err := newApplier(ctx, c, owner, Options{})
	if err != nil {
		return tapkey.Grant{}, err
	}
	limits, ok, err := merge([]Want{want}, a.compare.now)
	switch {
	case err != nil:
		return tapkey.Grant{}, err
	case !ok:
		return tapkey.Grant{}, errors.New("the want has ended")
	}
	d := newDirectory()
	if err := d.readLocks(ctx, c, owner); err != nil {
		return tapkey.Grant{}, err
	}
	lock, err := d.supportingLock(want.Lock, limits)
	if err != nil {
		return tapkey.Grant{}, err
	}
	var receiver string
	if want.Who.Card != "" {
		receiver, err = receiverOf(ctx, c, owner, want.Who)
	} else {
		receiver, err = ensureContact(ctx, c, owner, want.Who)
	}
	if err != nil {
		return tapkey.Grant{}, err
	}
	key := grantKey{pair{receiver, lock}, want.Who.Card != ""}
	found, err := a.find(ctx, key)
	if err != nil {
		return tapkey.Grant{}, err
	}
	if len(found) > 0 {
		return a.existing(ctx, found, a.entry(key.pair), Entry{}, false, limits)
	}
	return a.createGrant(ctx, key, limits)
}
