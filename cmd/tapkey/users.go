package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var usersNoun = noun{
	name:  "users",
	short: "Users of your identity provider",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the users of an identity provider",
			operation: "listIdentityProviderUsers",
			example: `tapkey users list --owner 'Coworking Space' \
  --provider b75c2e91-0000-4001-8000-000000000000`,
			flags: ipUserIDFlag,
			run: runAll(userColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.IdentityProviderUser, error] {
				return c.AllIdentityProviderUsers(ctx, c.ownerID, c.providerID, &tapkey.ListIdentityProviderUsersParams{IPUserID: c.ipUserID})
			}),
		},
		{
			use:       "get ID...",
			short:     "Show a user of an identity provider",
			operation: "getIdentityProviderUser",
			example: `tapkey users get f6082b4d-0000-4001-8000-000000000000 \
  --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000`,
			run: runOne(userColumns, func(ctx context.Context, c *call) (tapkey.IdentityProviderUser, error) {
				return c.GetIdentityProviderUser(ctx, c.ownerID, c.providerID, c.id)
			}),
		},
		{
			use:       "create",
			short:     "Register a user of an identity provider",
			operation: "createIdentityProviderUser",
			example: `tapkey users create --ip-user-id employee-4713 \
  --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000`,
			run: runBody(userColumns, createUserFlags, func(ctx context.Context, c *call, body tapkey.IdentityProviderUserCreate) (tapkey.IdentityProviderUser, error) {
				body.IPID = &c.providerID
				return c.CreateIdentityProviderUser(ctx, c.ownerID, c.providerID, body)
			}),
		},
	},
}

var userColumns = []column[tapkey.IdentityProviderUser]{
	{"ID", "id", func(u tapkey.IdentityProviderUser) any { return u.ID }},
	{"PROVIDER'S ID", "ipUserId", func(u tapkey.IdentityProviderUser) any { return u.IPUserID }},
	{"IDENTIFIER", "identifier", func(u tapkey.IdentityProviderUser) any { return u.Identifier }},
	{"STATUS", "status", func(u tapkey.IdentityProviderUser) any { return u.Status }},
}

func ipUserIDFlag(cmd *cobra.Command, c *call) {
	optional(cmd, "ip-user-id", "return only the user with this `ID` at the identity provider", &c.ipUserID)
}

func createUserFlags(cmd *cobra.Command, body *tapkey.IdentityProviderUserCreate) {
	required(cmd, "ip-user-id", "`ID` of the user at the identity provider", &body.IPUserID)
}
