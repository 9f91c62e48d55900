package main

import (
	"context"
	"iter"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// resources is all that the command line knows about each resource: one row for each
// operation of the contract. The examples are about what is in a sandbox.
func resources() []resource {
	return []resource{
		{name: "owners", about: "Owner accounts", verbs: []verb{
			{
				use: "list", operation: "listOwners", about: "List the owner accounts that the service account administers",
				example: "  tapkey owners list", none: noOwners,
				run: all(ownerColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.OwnerAccount, error] {
					return c.AllOwners(ctx)
				}),
			}, {
				use: "get ID", operation: "getOwner", about: "Show an owner account",
				example: "  tapkey owners get 7f9c1e52-0000-4000-8000-000000000000",
				run: one(ownerColumns, func(ctx context.Context, c *call) (tapkey.OwnerAccount, error) {
					return c.GetOwner(ctx, c.id)
				}),
			}, {
				use: "create", operation: "createOwner", about: "Create an owner account; not for client credentials",
				example: "  tapkey owners create --name 'Summer House'",
				run: send(ownerColumns, newOwner, func(ctx context.Context, c *call, body tapkey.OwnerAccountCreate) (tapkey.OwnerAccount, error) {
					return c.CreateOwner(ctx, body)
				}),
			}, {
				use: "update ID", operation: "updateOwner", about: "Rename an owner account",
				example: "  tapkey owners update 7f9c1e52-0000-4000-8000-000000000000 --name 'Head Office'",
				run: send(ownerColumns, changedOwner, func(ctx context.Context, c *call, body tapkey.OwnerAccountUpdate) (tapkey.OwnerAccount, error) {
					return c.UpdateOwner(ctx, c.id, body)
				}),
			},
		}},
		{name: "permissions", about: "Administrators of an owner account", verbs: []verb{
			{
				use: "list", operation: "listPermissions", about: "List the administrators of an owner account",
				example: "  tapkey permissions list --owner Home",
				run: all(permissionColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Permission, error] {
					return c.AllPermissions(ctx, c.owner)
				}),
			}, {
				use: "get ID", operation: "getPermission", about: "Show a permission",
				example: "  tapkey permissions get 1b64f0a7-0000-4000-8000-000000000000 --owner Home",
				run: one(permissionColumns, func(ctx context.Context, c *call) (tapkey.Permission, error) {
					return c.GetPermission(ctx, c.owner, c.id)
				}),
			}, {
				use: "create", operation: "createPermission", about: "Make a contact an administrator",
				example: "  tapkey permissions create --owner Home --role Admin \\\n" +
					"    --contact 90d7c4e6-0000-4000-8000-000000000001",
				run: send(permissionColumns, newPermission, func(ctx context.Context, c *call, body tapkey.PermissionCreate) (tapkey.Permission, error) {
					return c.CreatePermission(ctx, c.owner, body)
				}),
			}, {
				use: "delete ID", operation: "deletePermission", about: "Remove an administrator",
				example: "  tapkey permissions delete 1b64f0a7-0000-4000-8000-000000000000 \\\n" +
					"    --owner Home --yes",
				ask: "Delete permission %s?", done: "Permission %s is deleted.",
				run: act(func(ctx context.Context, c *call) (api.Object, error) {
					return api.Object{}, c.DeletePermission(ctx, c.owner, c.id)
				}),
			},
		}},
		{name: "locks", about: "Locks", verbs: []verb{
			{
				use: "list", operation: "listBoundLocks", about: "List the locks of an owner account",
				example: "  tapkey locks list --owner Home --filter \"title eq 'Garage'\"",
				run: with(expand, search(lockColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.BoundLock, error] {
					return c.AllBoundLocks(ctx, c.owner, &tapkey.ListBoundLocksParams{
						Filter: c.query.Filter, Select: c.query.Select, Top: c.query.Top, Expand: c.expand,
					})
				})),
			}, {
				use: "get ID", operation: "getBoundLock", about: "Show a lock",
				example: "  tapkey locks get c2a85d13-0000-4000-8000-000000000000 --owner Home",
				run: with(expand, one(lockColumns, func(ctx context.Context, c *call) (tapkey.BoundLock, error) {
					return c.GetBoundLock(ctx, c.owner, c.id, &tapkey.GetBoundLockParams{Expand: c.expand})
				})),
			}, {
				use: "bind", operation: "bindLock", about: "Bind a lock to an owner account by its binding code",
				example: "  tapkey locks bind --owner Home --serial 12-34-BF-FB --code K7Q2-M9XD-4TVB \\\n" +
					"    --title 'Back Door'",
				run: send(lockColumns, newLock, func(ctx context.Context, c *call, body tapkey.LockBinding) (tapkey.BoundLock, error) {
					return c.BindLock(ctx, c.owner, body)
				}),
			}, {
				use: "log ID", operation: "listBoundLockLogEntries", about: "List the log entries of a lock",
				example: "  tapkey locks log c2a85d13-0000-4000-8000-000000000000 --owner Home --limit 5",
				run: search(logColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.LogEntry, error] {
					return c.AllBoundLockLogEntries(ctx, c.owner, c.id, (*tapkey.ListBoundLockLogEntriesParams)(&c.query))
				}),
			},
		}},
		{name: "cards", about: "NFC transponders", verbs: []verb{
			{
				use: "list", operation: "listBoundCards", about: "List the transponders of an owner account",
				example: "  tapkey cards list --owner Home",
				run: search(cardColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.BoundCard, error] {
					return c.AllBoundCards(ctx, c.owner, (*tapkey.ListBoundCardsParams)(&c.query))
				}),
			}, {
				use: "get ID", operation: "getBoundCard", about: "Show a transponder",
				example: "  tapkey cards get 5e3d9b70-0000-4000-8000-000000000001 --owner Home",
				run: one(cardColumns, func(ctx context.Context, c *call) (tapkey.BoundCard, error) {
					return c.GetBoundCard(ctx, c.owner, c.id)
				}),
			}, {
				use: "update ID", operation: "updateBoundCard", about: "Change the title of a transponder",
				example: "  tapkey cards update 5e3d9b70-0000-4000-8000-000000000001 --owner Home \\\n" +
					"    --title 'Guest Card'",
				done: "Card %s is updated.",
				run: send(nil, changedCard, func(ctx context.Context, c *call, body tapkey.BoundCardUpdate) (api.Object, error) {
					return api.Object{}, c.UpdateBoundCard(ctx, c.owner, c.id, body)
				}),
			}, {
				use: "grants ID", operation: "listBoundCardGrants", about: "List the grants of a transponder",
				example: "  tapkey cards grants 5e3d9b70-0000-4000-8000-000000000001 --owner Home",
				run: search(grantColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Grant, error] {
					return c.AllBoundCardGrants(ctx, c.owner, c.id, (*tapkey.ListBoundCardGrantsParams)(&c.query))
				}),
			}, {
				use: "revoke-grants ID", operation: "revokeBoundCardGrants", about: "Revoke all grants of a transponder",
				example: "  tapkey cards revoke-grants 5e3d9b70-0000-4000-8000-000000000001 \\\n" +
					"    --owner Home --yes",
				ask: "Revoke all grants of card %s?", done: "The revocation of all grants of card %s has started.",
				run: act(func(ctx context.Context, c *call) (api.Object, error) {
					return c.RevokeBoundCardGrants(ctx, c.owner, c.id)
				}),
			},
		}},
		{name: "contacts", about: "Smartphone users", verbs: []verb{
			{
				use: "list", operation: "listContacts", about: "List the contacts of an owner account",
				example: "  tapkey contacts list --owner Home --select id,identifier",
				run: search(contactColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Contact, error] {
					return c.AllContacts(ctx, c.owner, (*tapkey.ListContactsParams)(&c.query))
				}),
			}, {
				use: "get ID", operation: "getContact", about: "Show a contact",
				example: "  tapkey contacts get 90d7c4e6-0000-4000-8000-000000000001 --owner Home",
				run: one(contactColumns, func(ctx context.Context, c *call) (tapkey.Contact, error) {
					return c.GetContact(ctx, c.owner, c.id)
				}),
			}, {
				use: "create", operation: "createContact", about: "Create a contact",
				example: "  tapkey contacts create --owner Home --identifier kim@example.com --title Kim",
				run: send(contactColumns, newContact, func(ctx context.Context, c *call, body tapkey.ContactCreate) (tapkey.Contact, error) {
					return c.CreateContact(ctx, c.owner, body)
				}),
			}, {
				use: "update ID", operation: "updateContact", about: "Change the title or comment of a contact",
				example: "  tapkey contacts update 90d7c4e6-0000-4000-8000-000000000001 --owner Home \\\n" +
					"    --comment 'Moved to the second floor'",
				run: send(contactColumns, changedContact, func(ctx context.Context, c *call, body tapkey.ContactUpdate) (tapkey.Contact, error) {
					return c.UpdateContact(ctx, c.owner, c.id, body)
				}),
			}, {
				use: "revoke-grants ID", operation: "revokeContactGrants", about: "Revoke all grants of a contact",
				example: "  tapkey contacts revoke-grants 90d7c4e6-0000-4000-8000-000000000001 \\\n" +
					"    --owner Home --yes",
				ask: "Revoke all grants of contact %s?", done: "The revocation of all grants of contact %s has started.",
				run: act(func(ctx context.Context, c *call) (api.Object, error) {
					return c.RevokeContactGrants(ctx, c.owner, c.id)
				}),
			},
		}},
		{name: "grants", about: "Rights of contacts and transponders to open a lock", verbs: []verb{
			{
				use: "list", operation: "listGrants", about: "List the grants of an owner account",
				example: "  tapkey grants list --owner Home --filter 'active eq true'",
				run: search(grantColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Grant, error] {
					return c.AllGrants(ctx, c.owner, (*tapkey.ListGrantsParams)(&c.query))
				}),
			}, {
				use: "create", operation: "createGrant", about: "Let a contact or a transponder open a lock",
				example: "  tapkey grants create --owner Home --from 2026-12-01T08:00 --until 2026-12-24 \\\n" +
					"    --lock c2a85d13-0000-4000-8000-000000000001 --identifier sam@example.com",
				run: send(grantColumns, newGrant, func(ctx context.Context, c *call, body tapkey.GrantCreate) (tapkey.Grant, error) {
					return c.CreateGrant(ctx, c.owner, body)
				}),
			}, {
				use: "revoke ID", operation: "revokeGrant", about: "Start the revocation of a grant",
				example: "  tapkey grants revoke 3a6f18c9-0000-4000-8000-000000000000 --owner Home --yes",
				ask:     "Revoke grant %s?", done: "The revocation of grant %s has started.",
				run: with(dryRun, act(func(ctx context.Context, c *call) (api.Object, error) {
					return c.RevokeGrant(ctx, c.owner, c.id, &tapkey.RevokeGrantParams{DryRun: c.dryRun})
				})),
			}, {
				use: "delete-from-card ID", operation: "deleteGrantFromCard", about: "Delete a grant from its card with the next sync",
				example: "  tapkey grants delete-from-card 3a6f18c9-0000-4000-8000-000000000003 \\\n" +
					"    --owner Home --yes",
				ask: "Delete grant %s from its card?", done: "Grant %s will be deleted from its card with the next sync.",
				run: act(func(ctx context.Context, c *call) (api.Object, error) {
					return c.DeleteGrantFromCard(ctx, c.owner, c.id)
				}),
			},
		}},
		{name: "groups", about: "Groups of locks", verbs: []verb{
			{
				use: "list", operation: "listLockGroups", about: "List the lock groups of an owner account",
				example: "  tapkey groups list --owner Home",
				run: with(expand, search(groupColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.LockGroup, error] {
					return c.AllLockGroups(ctx, c.owner, &tapkey.ListLockGroupsParams{
						Filter: c.query.Filter, Select: c.query.Select, Top: c.query.Top, Expand: c.expand,
					})
				})),
			}, {
				use: "get ID", operation: "getLockGroup", about: "Show a lock group",
				example: "  tapkey groups get e41b7d5c-0000-4000-8000-000000000000 --owner Home",
				run: with(expand, one(groupColumns, func(ctx context.Context, c *call) (tapkey.LockGroup, error) {
					return c.GetLockGroup(ctx, c.owner, c.id, &tapkey.GetLockGroupParams{Expand: c.expand})
				})),
			},
		}},
		{name: "logs", about: "What the locks have recorded", more: (*app).export, verbs: []verb{
			{
				use: "list", operation: "listLogEntries", about: "List the log entries of an owner account",
				example: "  tapkey logs list --owner Home --limit 5",
				run: search(logColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.LogEntry, error] {
					return c.AllLogEntries(ctx, c.owner, (*tapkey.ListLogEntriesParams)(&c.query))
				}),
			},
		}},
		{name: "users", about: "Users of an identity provider of your own", verbs: []verb{
			{
				use: "list", operation: "listIdentityProviderUsers", about: "List the users of an identity provider",
				example: "  tapkey users list --owner 'Coworking Space' \\\n" +
					"    --provider b75c2e91-0000-4001-8000-000000000000",
				run: with(ipUserID, all(userColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.IdentityProviderUser, error] {
					return c.AllIdentityProviderUsers(ctx, c.owner, c.provider, &tapkey.ListIdentityProviderUsersParams{IPUserID: c.ipUserID})
				})),
			}, {
				use: "get ID", operation: "getIdentityProviderUser", about: "Show a user of an identity provider",
				example: "  tapkey users get f6082b4d-0000-4001-8000-000000000000 \\\n" +
					"    --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000",
				run: one(userColumns, func(ctx context.Context, c *call) (tapkey.IdentityProviderUser, error) {
					return c.GetIdentityProviderUser(ctx, c.owner, c.provider, c.id)
				}),
			}, {
				use: "create", operation: "createIdentityProviderUser", about: "Register a user of an identity provider",
				example: "  tapkey users create --ip-user-id employee-4713 \\\n" +
					"    --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000",
				run: send(userColumns, newUser, func(ctx context.Context, c *call, body tapkey.IdentityProviderUserCreate) (tapkey.IdentityProviderUser, error) {
					body.IPID = &c.provider
					return c.CreateIdentityProviderUser(ctx, c.owner, c.provider, body)
				}),
			},
		}},
	}
}

const noOwners = "no owner accounts: the service account is administrator of none yet"
