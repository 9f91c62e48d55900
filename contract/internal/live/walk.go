package live

import (
	"slices"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// everything reads owner account after owner account, until each operation was checked
// or none is left.
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

// missing reports whether an operation has not been checked yet.
func (w *walk) missing(operations ...string) bool {
	for _, c := range w.checked.Coverage() {
		if slices.Contains(operations, c.Operation) && !c.Checked() {
			return true
		}
	}
	return false
}

func (w *walk) complete() bool {
	return !slices.ContainsFunc(reads(w.checked), func(c contract.Coverage) bool { return !c.Checked() })
}

// owner reads what belongs to an owner account. Lists come first: the ids for single
// reads are from them.
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

// top is the $top of the lists.
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

// contacts reads contacts, and the users of the identity providers that they come from:
// there is no list of identity providers.
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

// native is the identity provider of Tapkey's own users, who cannot be listed.
const native = "tapkey"

// providers are the identity providers of an owner account, as far as they are known.
// Contacts of theirs can be rare among all contacts, so those are asked for.
func (w *walk) providers(owner string, contacts []tapkey.Contact) []string {
	if w.options.IdentityProvider != "" {
		return []string{w.options.IdentityProvider}
	}
	if !w.missing("listIdentityProviderUsers", "getIdentityProviderUser") {
		return nil
	}
	w.progress("listContacts of identity providers")
	external, err := w.client.ListContacts(w.ctx, owner, &tapkey.ListContactsParams{
		Top: w.top(), Filter: new("ipId ne '" + native + "'"),
	})
	if err != nil { // "ne" is not documented: what is known of the contacts has to do
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
