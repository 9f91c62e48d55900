package access

import (
	"context"
	"fmt"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/lockid"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// A directory finds the locks, contacts and cards of an owner account by their names.
type directory struct {
	locks    map[string]tapkey.BoundLock // by id
	titles   map[string][]string         // ids of locks by title
	serials  map[lockid.ID][]string      // ids of locks by serial number
	contacts map[string]Who              // by id
	people   map[string][]string         // ids of contacts by the key of their Who

	cards      map[string]string   // titles by id; nil until they are read
	cardTitles map[string][]string // ids by title
}

func newDirectory() *directory {
	return &directory{
		locks: map[string]tapkey.BoundLock{}, titles: map[string][]string{}, serials: map[lockid.ID][]string{},
		contacts: map[string]Who{}, people: map[string][]string{},
	}
}

// readDirectory reads the locks and the contacts.
func readDirectory(ctx context.Context, c *client.Client, owner string) (*directory, error) {
	d := newDirectory()
	if err := d.readLocks(ctx, c, owner); err != nil {
		return nil, err
	}
	return d, d.readContacts(ctx, c, owner)
}

func (d *directory) readContacts(ctx context.Context, c *client.Client, owner string) error {
	for contact, err := range c.AllContacts(ctx, owner, &tapkey.ListContactsParams{Select: new("id,identifier,ipId,ipUserId")}) {
		if err != nil {
			return err
		}
		who := whoOf(contact)
		d.contacts[contact.ID] = who
		d.people[who.key()] = append(d.people[who.key()], contact.ID)
	}
	return nil
}

func (d *directory) readLocks(ctx context.Context, c *client.Client, owner string) error {
	for lock, err := range c.AllBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Expand: tapkey.Expand{"supportedFeatures"}}) {
		if err != nil {
			return err
		}
		d.locks[lock.ID] = lock
		if unbound(lock.UnbindDate) {
			continue // only its id names it
		}
		d.titles[lock.Title] = append(d.titles[lock.Title], lock.ID)
		if id, err := lockid.Parse(lock.PhysicalLockID); err == nil {
			d.serials[id] = append(d.serials[id], lock.ID)
		}
	}
	return nil
}

func unbound(date *time.Time) bool { return date != nil && !date.IsZero() }

// whoOf returns the person of a contact.
func whoOf(contact tapkey.Contact) Who {
	if contact.IPUserID != "" && contact.IPID != nativeProvider {
		return Who{Provider: contact.IPID, User: contact.IPUserID}
	}
	return Who{Email: contact.Identifier}
}

// readCards reads the cards, unless they have been read.
func (d *directory) readCards(ctx context.Context, c *client.Client, owner string) error {
	if d.cards != nil {
		return nil
	}
	cards, titles := map[string]string{}, map[string][]string{}
	for card, err := range c.AllBoundCards(ctx, owner, &tapkey.ListBoundCardsParams{Select: new("id,title,unbindDate")}) {
		if err != nil {
			return err
		}
		cards[card.ID] = card.Title
		if !unbound(card.UnbindDate) {
			titles[card.Title] = append(titles[card.Title], card.ID)
		}
	}
	d.cards, d.cardTitles = cards, titles
	return nil
}

// lock returns the id of the lock with an id, a title or a serial number.
func (d *directory) lock(name string) (string, error) {
	if _, ok := d.locks[name]; ok {
		return name, nil
	}
	ids := d.titles[name]
	for _, parse := range []func(string) (lockid.ID, error){lockid.ParseHex, lockid.Parse} {
		if id, err := parse(name); err == nil && len(ids) == 0 {
			ids = d.serials[id]
		}
	}
	return only(ids, "lock", name)
}

// supportingLock returns the id of a lock that supports limits.
func (d *directory) supportingLock(name string, limits Limits) (string, error) {
	id, err := d.lock(name)
	if err == nil && limits.Schedule != "" {
		err = schedule.CheckLock(d.locks[id])
	}
	return id, err
}

// receiver returns the id of the contact or the card, or "" if there is no such contact.
func (d *directory) receiver(who Who) (string, error) {
	if who.Card != "" {
		if _, ok := d.cards[who.Card]; ok {
			return who.Card, nil
		}
		return only(d.cardTitles[who.Card], "card", who.Card)
	}
	ids := d.people[who.key()]
	if len(ids) > 1 {
		for _, id := range ids { // they may differ by case
			if d.contacts[id] == who {
				return id, nil
			}
		}
	}
	if len(ids) == 0 {
		return "", nil
	}
	return only(ids, "contact", who.String())
}

// receiverOf finds a single person or card, like [directory.receiver].
func receiverOf(ctx context.Context, c *client.Client, owner string, who Who) (string, error) {
	d := newDirectory()
	read := d.readContacts
	if who.Card != "" {
		read = d.readCards
	}
	if err := read(ctx, c, owner); err != nil {
		return "", err
	}
	return d.receiver(who)
}

// card returns the Who of a card.
func (d *directory) card(id string) Who {
	if title := d.cards[id]; title != "" && len(d.cardTitles[title]) == 1 {
		return Who{Card: title}
	}
	return Who{Card: id}
}

// only returns the only id.
func only(ids []string, kind, name string) (string, error) {
	switch len(ids) {
	case 0:
		return "", fmt.Errorf("unknown %s %q", kind, shorten(name))
	case 1:
		return ids[0], nil
	}
	if kind == "contact" {
		return "", fmt.Errorf("%d contacts have the name %q", len(ids), shorten(name))
	}
	return "", fmt.Errorf("%d %ss are named %q: use the id", len(ids), kind, shorten(name))
}

// shorten limits a name in an error.
func shorten(name string) string {
	const most = 80
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return name
}

// receiverOfGrant returns the receiver of a grant, and whether it is a card.
func receiverOfGrant(g tapkey.Grant) (id string, card bool) {
	if g.BoundCardID != "" {
		return g.BoundCardID, true
	}
	return g.ContactID, false
}
