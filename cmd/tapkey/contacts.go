package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var contactsNoun = noun{
	name:  "contacts",
	short: "Smartphone users",
	extra: []func(*app) *cobra.Command{(*app).suspendCommand, (*app).restoreCommand},
	verbs: []verb{
		{
			use:       "list",
			short:     "List the contacts of an owner account",
			operation: "listContacts",
			example:   `tapkey contacts list --owner Home --select id,identifier`,
			run: runQuery(contactColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Contact, error] {
				return c.AllContacts(ctx, c.ownerID, (*tapkey.ListContactsParams)(&c.query))
			}),
		},
		{
			use:       "get ID...",
			short:     "Show a contact",
			operation: "getContact",
			example:   `tapkey contacts get 90d7c4e6-0000-4000-8000-000000000001 --owner Home`,
			run: runOne(contactColumns, func(ctx context.Context, c *call) (tapkey.Contact, error) {
				return c.GetContact(ctx, c.ownerID, c.id)
			}),
		},
		{
			use:       "create",
			short:     "Create a contact",
			operation: "createContact",
			example:   `tapkey contacts create --owner Home --identifier kim@example.com --title Kim`,
			run: runBody(contactColumns, createContactFlags, func(ctx context.Context, c *call, body tapkey.ContactCreate) (tapkey.Contact, error) {
				return c.CreateContact(ctx, c.ownerID, body)
			}),
		},
		{
			use:       "update ID",
			short:     "Change the title or comment of a contact",
			operation: "updateContact",
			example: `tapkey contacts update 90d7c4e6-0000-4000-8000-000000000001 --owner Home \
  --comment 'Moved to the second floor'`,
			run: updateContact,
		},
		{
			use:       "revoke-grants ID...",
			short:     "Revoke all grants of a contact",
			operation: "revokeContactGrants",
			example: `tapkey contacts revoke-grants 90d7c4e6-0000-4000-8000-000000000001 \
  --owner Home --yes`,
			confirm:  "Revoke all grants of contact %s?",
			confirmN: "Revoke all grants of these %d contacts?",
			done:     "The revocation of all grants of contact %s has started.",
			run: runAction(func(ctx context.Context, c *call) (api.Object, error) {
				return c.RevokeContactGrants(ctx, c.ownerID, c.id)
			}),
		},
	},
}

var contactColumns = []column[tapkey.Contact]{
	{"ID", "id", func(c tapkey.Contact) any { return c.ID }},
	{"IDENTIFIER", "identifier", func(c tapkey.Contact) any { return c.Identifier }},
	{"TITLE", "title", func(c tapkey.Contact) any { return c.Title }},
	{"PROVIDER", "ipId", func(c tapkey.Contact) any { return c.IPID }},
	{"PROVIDER'S ID", "ipUserId", func(c tapkey.Contact) any { return c.IPUserID }},
}

func createContactFlags(cmd *cobra.Command, body *tapkey.ContactCreate) {
	optional(cmd, "identifier", "`E-MAIL` address of a Tapkey user", &body.Identifier)
	optional(cmd, "provider", "`ID` of the identity provider (default tapkey)", &body.IPID)
	optional(cmd, "ip-user-id", "`ID` of the user at another identity provider", &body.IPUserID)
	optional(cmd, "title", "`TITLE` of the contact", &body.Title)
	optional(cmd, "comment", "free `TEXT`", &body.Comment)
	cmd.MarkFlagsOneRequired("identifier", "ip-user-id")
}

// updateContact runs updateContact.
func updateContact(cmd *cobra.Command, c *call) func(context.Context, output) error {
	var body tapkey.ContactUpdate
	optional(cmd, "title", "new `TITLE`", &body.Title)
	optional(cmd, "comment", "new `TEXT`", &body.Comment)
	null := clearFlag(cmd, clearable{"title", "title", []string{"title"}})
	cmd.MarkFlagsOneRequired("title", "comment", "clear")
	return runOne(contactColumns, func(ctx context.Context, c *call) (tapkey.Contact, error) {
		return c.UpdateContact(ctx, c.ownerID, c.id, body, null)
	})(cmd, c)
}
