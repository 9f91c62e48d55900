package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var cardsNoun = noun{
	name:  "cards",
	short: "NFC transponders",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the transponders of an owner account",
			operation: "listBoundCards",
			example:   `tapkey cards list --owner Home`,
			run: runQuery(cardColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.BoundCard, error] {
				return c.AllBoundCards(ctx, c.ownerID, (*tapkey.ListBoundCardsParams)(&c.query))
			}),
		},
		{
			use:       "get ID...",
			short:     "Show a transponder",
			operation: "getBoundCard",
			example:   `tapkey cards get 5e3d9b70-0000-4000-8000-000000000001 --owner Home`,
			run: runOne(cardColumns, func(ctx context.Context, c *call) (tapkey.BoundCard, error) {
				return c.GetBoundCard(ctx, c.ownerID, c.id)
			}),
		},
		{
			use:       "update ID",
			short:     "Change the title of a transponder",
			operation: "updateBoundCard",
			example: `tapkey cards update 5e3d9b70-0000-4000-8000-000000000001 --owner Home \
  --title 'Guest Card'`,
			done: "Card %s was updated.",
			run: runBody(nil, updateCardFlags, func(ctx context.Context, c *call, body tapkey.BoundCardUpdate) (api.Object, error) {
				return api.Object{}, c.UpdateBoundCard(ctx, c.ownerID, c.id, body)
			}),
		},
		{
			use:       "grants ID",
			short:     "List the grants of a transponder",
			operation: "listBoundCardGrants",
			example:   `tapkey cards grants 5e3d9b70-0000-4000-8000-000000000001 --owner Home`,
			run: runQuery(grantColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Grant, error] {
				return c.AllBoundCardGrants(ctx, c.ownerID, c.id, (*tapkey.ListBoundCardGrantsParams)(&c.query))
			}),
		},
		{
			use:       "revoke-grants ID...",
			short:     "Revoke all grants of a transponder",
			operation: "revokeBoundCardGrants",
			example: `tapkey cards revoke-grants 5e3d9b70-0000-4000-8000-000000000001 \
  --owner Home --yes`,
			confirm:  "Revoke all grants of card %s?",
			confirmN: "Revoke all grants of these %d cards?",
			done:     "The revocation of all grants of card %s has started.",
			run: runAction(func(ctx context.Context, c *call) (api.Object, error) {
				return c.RevokeBoundCardGrants(ctx, c.ownerID, c.id)
			}),
		},
	},
}

var cardColumns = []column[tapkey.BoundCard]{
	{"ID", "id", func(c tapkey.BoundCard) any { return c.ID }},
	{"TITLE", "title", func(c tapkey.BoundCard) any { return c.Title }},
	{"LABEL", "label", func(c tapkey.BoundCard) any { return c.Label }},
	{"ACTIVE", "isActive", func(c tapkey.BoundCard) any { return c.IsActive }},
	{"BOUND", "bindDate", func(c tapkey.BoundCard) any { return c.BindDate }},
}

func updateCardFlags(cmd *cobra.Command, body *tapkey.BoundCardUpdate) {
	optional(cmd, "title", "new `TITLE`", &body.Title)
	mustBeSet(cmd, "title")
}
