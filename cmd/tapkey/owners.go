package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var ownersNoun = noun{
	name:  "owners",
	short: "Owner accounts",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the owner accounts that the service account administers",
			operation: "listOwners",
			example:   `tapkey owners list`,
			empty:     noOwners,
			run: runAll(ownerColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.OwnerAccount, error] {
				return c.AllOwners(ctx)
			}),
		},
		{
			use:       "get ID...",
			short:     "Show an owner account",
			operation: "getOwner",
			example:   `tapkey owners get 7f9c1e52-0000-4000-8000-000000000000`,
			run: runOne(ownerColumns, func(ctx context.Context, c *call) (tapkey.OwnerAccount, error) {
				return c.GetOwner(ctx, c.id)
			}),
		},
		{
			use:       "create",
			short:     "Create an owner account (not with client credentials)",
			operation: "createOwner",
			example:   `tapkey owners create --name 'Summer House'`,
			run: runBody(ownerColumns, createOwnerFlags, func(ctx context.Context, c *call, body tapkey.OwnerAccountCreate) (tapkey.OwnerAccount, error) {
				return c.CreateOwner(ctx, body)
			}),
		},
		{
			use:       "update ID",
			short:     "Rename an owner account",
			operation: "updateOwner",
			example:   `tapkey owners update 7f9c1e52-0000-4000-8000-000000000000 --name 'Head Office'`,
			run: runBody(ownerColumns, updateOwnerFlags, func(ctx context.Context, c *call, body tapkey.OwnerAccountUpdate) (tapkey.OwnerAccount, error) {
				return c.UpdateOwner(ctx, c.id, body)
			}),
		},
	},
}

const noOwners = "no owner accounts: the service account does not administer any yet"

var ownerColumns = []column[tapkey.OwnerAccount]{
	{"ID", "id", func(o tapkey.OwnerAccount) any { return o.ID }},
	{"NAME", "name", func(o tapkey.OwnerAccount) any { return o.Name }},
	{"ACTIVE", "active", func(o tapkey.OwnerAccount) any { return o.Active }},
}

func createOwnerFlags(cmd *cobra.Command, body *tapkey.OwnerAccountCreate) {
	required(cmd, "name", "`NAME` of the owner account", &body.Name)
}

func updateOwnerFlags(cmd *cobra.Command, body *tapkey.OwnerAccountUpdate) {
	optional(cmd, "name", "new `NAME`", &body.Name)
	mustBeSet(cmd, "name")
}
