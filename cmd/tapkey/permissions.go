package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var permissionsNoun = noun{
	name:  "permissions",
	short: "Administrators of an owner account",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the administrators of an owner account",
			operation: "listPermissions",
			example:   `tapkey permissions list --owner Home`,
			run: runAll(permissionColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Permission, error] {
				return c.AllPermissions(ctx, c.ownerID)
			}),
		},
		{
			use:       "get ID...",
			short:     "Show a permission",
			operation: "getPermission",
			example:   `tapkey permissions get 1b64f0a7-0000-4000-8000-000000000000 --owner Home`,
			run: runOne(permissionColumns, func(ctx context.Context, c *call) (tapkey.Permission, error) {
				return c.GetPermission(ctx, c.ownerID, c.id)
			}),
		},
		{
			use:       "create",
			short:     "Make a contact an administrator",
			operation: "createPermission",
			example: `tapkey permissions create --owner Home --role Admin \
  --contact 90d7c4e6-0000-4000-8000-000000000001`,
			run: runBody(permissionColumns, createPermissionFlags, func(ctx context.Context, c *call, body tapkey.PermissionCreate) (tapkey.Permission, error) {
				return c.CreatePermission(ctx, c.ownerID, body)
			}),
		},
		{
			use:       "delete ID...",
			short:     "Remove an administrator",
			operation: "deletePermission",
			example: `tapkey permissions delete 1b64f0a7-0000-4000-8000-000000000000 \
  --owner Home --yes`,
			confirm:  "Delete permission %s?",
			confirmN: "Delete these %d permissions?",
			done:     "Permission %s was deleted.",
			run: runAction(func(ctx context.Context, c *call) (api.Object, error) {
				return api.Object{}, c.DeletePermission(ctx, c.ownerID, c.id)
			}),
		},
	},
}

var permissionColumns = []column[tapkey.Permission]{
	{"ID", "id", func(p tapkey.Permission) any { return p.ID }},
	{"CONTACT", "contactId", func(p tapkey.Permission) any { return p.ContactID }},
	{"ROLE", "role", func(p tapkey.Permission) any { return p.Role }},
}

func createPermissionFlags(cmd *cobra.Command, body *tapkey.PermissionCreate) {
	referenceFlag(cmd, "contact", contactKind, "e-mail address, title or ID of the `CONTACT`", func(id string) { body.ContactID = id })
	mustBeSet(cmd, "contact")
	required(cmd, "role", "`ROLE`: Owner or Admin", &body.Role)
}
