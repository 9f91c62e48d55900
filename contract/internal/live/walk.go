package live

import (
	"slices"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

// everything reads the owner accounts, one after the other, until every read was checked.
func (w *walk) everything() {
	w.progress("listOwners")
	owners, err := w.client.ListOwners(w.ctx)
	w.failed(err)
	var ids []string
	for _, owner := range owners {
		ids = append(ids, owner.ID)
	}
	if w.options.Owner != "" {
		ids = []string{w.options.Owner}
	}
	for i, id := range ids {
		if i == w.options.Owners || w.ctx.Err() != nil || w.complete() {
			return
		}
		w.owner(id)
	}
}

// missing reports whether one of the operations has not been checked.
func (w *walk) missing(operations ...string) bool {
	for _, c := range w.checked.Coverage() {
		if slices.Contains(operations, c.Operation) && !c.Checked() {
			return true
		}
	}
	return false
}

// complete reports whether every read was checked.
func (w *walk) complete() bool {
	return !slices.ContainsFunc(reads(w.checked), func(c contract.Coverage) bool { return !c.Checked() })
}

// owner reads an owner account. Lists are read first, because they contain the ids for the
// reads of single items.
func (w *walk) owner(id string) {
	if w.missing("getOwner") {
		w.progress("getOwner")
		_, err := w.client.GetOwner(w.ctx, id)
		w.failed(err)
	}
	for _, part := range []func(owner string){w.permissions, w.locks, w.logEntries, w.groups, w.cards, w.contacts, w.grants} {
		if w.ctx.Err() != nil {
			return
		}
		part(id)
	}
}

// top returns the parameter $top.
func (w *walk) top() *int { return &w.options.Top }

func (w *walk) permissions(owner string) {
	if !w.missing("listPermissions", "getPermission") {
		return
	}
	w.progress("listPermissions")
	list, err := w.client.ListPermissions(w.ctx, owner)
	if w.failed(err) || len(list) == 0 {
		return
	}
	w.progress("getPermission")
	_, err = w.client.GetPermission(w.ctx, owner, list[0].ID)
	w.failed(err)
}

func (w *walk) locks(owner string) {
	if !w.missing("listBoundLocks", "getBoundLock", "listBoundLockLogEntries") {
		return
	}
	expand := tapkey.Expand{"supportedFeatures", "membershipStatistics", "healthStatuses"}
	w.progress("listBoundLocks")
	list, err := w.client.ListBoundLocks(w.ctx, owner, &tapkey.ListBoundLocksParams{Top: w.top(), Expand: expand})
	if w.failed(err) {
		return
	}
	for i, lock := range list {
		if i == 0 {
			w.progress("getBoundLock")
			_, err := w.client.GetBoundLock(w.ctx, owner, lock.ID, &tapkey.GetBoundLockParams{Expand: expand})
			w.failed(err)
		}
		if w.missing("listBoundLockLogEntries") {
			w.progress("listBoundLockLogEntries")
			_, err := w.client.ListBoundLockLogEntries(w.ctx, owner, lock.ID, &tapkey.ListBoundLockLogEntriesParams{Top: w.top()})
			w.failed(err)
		}
	}
}

func (w *walk) logEntries(owner string) {
	if !w.missing("listLogEntries") {
		return
	}
	w.progress("listLogEntries")
	_, err := w.client.ListLogEntries(w.ctx, owner, &tapkey.ListLogEntriesParams{Top: w.top()})
	w.failed(err)
}

func (w *walk) groups(owner string) {
	if !w.missing("listLockGroups", "getLockGroup") {
		return
	}
	expand := tapkey.Expand{"supportedFeatures", "statistics"}
	w.progress("listLockGroups")
	list, err := w.client.ListLockGroups(w.ctx, owner, &tapkey.ListLockGroupsParams{Top: w.top(), Expand: expand})
	if w.failed(err) || len(list) == 0 {
		return
	}
	w.progress("getLockGroup")
	_, err = w.client.GetLockGroup(w.ctx, owner, list[0].ID, &tapkey.GetLockGroupParams{Expand: expand})
	w.failed(err)
}

func (w *walk) cards(owner string) {
	if !w.missing("listBoundCards", "getBoundCard", "listBoundCardGrants") {
		return
	}
	w.progress("listBoundCards")
	list, err := w.client.ListBoundCards(w.ctx, owner, &tapkey.ListBoundCardsParams{Top: w.top()})
	if w.failed(err) {
		return
	}
	for i, card := range list {
		if i == 0 {
			w.progress("getBoundCard")
			_, err := w.client.GetBoundCard(w.ctx, owner, card.ID)
			w.failed(err)
		}
		if w.missing("listBoundCardGrants") {
			w.progress("listBoundCardGrants")
			_, err := w.client.ListBoundCardGrants(w.ctx, owner, card.ID, &tapkey.ListBoundCardGrantsParams{Top: w.top()})
			w.failed(err)
		}
	}
}

func (w *walk) grants(owner string) {
	if !w.missing("listGrants") {
		return
	}
	w.progress("listGrants")
	_, err := w.client.ListGrants(w.ctx, owner, &tapkey.ListGrantsParams{Top: w.top()})
	w.failed(err)
}

// contacts reads contacts and the users of the contacts' identity providers. The API has no
// list of identity providers.
func (w *walk) contacts(owner string) {
	if !w.missing("listContacts", "getContact", "listIdentityProviderUsers", "getIdentityProviderUser") {
		return
	}
	w.progress("listContacts")
	list, err := w.client.ListContacts(w.ctx, owner, &tapkey.ListContactsParams{Top: w.top()})
	if w.failed(err) {
		return
	}
	if len(list) > 0 && w.missing("getContact") {
		w.progress("getContact")
		_, err := w.client.GetContact(w.ctx, owner, list[0].ID)
		w.failed(err)
	}
	for _, provider := range w.providers(owner, list) {
		w.users(owner, provider)
	}
}

// native is the identity provider of Tapkey's own users, which cannot be listed.
const native = "tapkey"

// providers returns the known identity providers of an owner account. It requests contacts
// of other identity providers than native, which can be rare.
func (w *walk) providers(owner string, contacts []tapkey.Contact) []string {
	if w.options.IdentityProvider != "" {
		return []string{w.options.IdentityProvider}
	}
	if !w.missing("listIdentityProviderUsers", "getIdentityProviderUser") {
		return nil
	}
	w.progress("listContacts of identity providers")
	external, err := w.client.ListContacts(w.ctx, owner, &tapkey.ListContactsParams{
		Top: w.top(), Filter: new(odata.Ne("ipId", native).String()),
	})
	if err != nil { // the operator ne is not documented
		external = contacts
	}
	var ids []string
	for _, contact := range external {
		if contact.IPID != "" && contact.IPID != native && !slices.Contains(ids, contact.IPID) {
			ids = append(ids, contact.IPID)
		}
	}
	return ids
}

func (w *walk) users(owner, provider string) {
	if !w.missing("listIdentityProviderUsers", "getIdentityProviderUser") {
		return
	}
	w.progress("listIdentityProviderUsers")
	list, err := w.client.ListIdentityProviderUsers(w.ctx, owner, provider, nil)
	if w.failed(err) || len(list) == 0 {
		return
	}
	w.progress("getIdentityProviderUser")
	_, err = w.client.GetIdentityProviderUser(w.ctx, owner, provider, list[0].ID)
	w.failed(err)
}
