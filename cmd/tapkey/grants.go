package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var grantsNoun = noun{
	name:  "grants",
	short: "Rights of contacts and transponders to open a lock",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the grants of an owner account",
			operation: "listGrants",
			example:   `tapkey grants list --owner Home --filter 'active eq true'`,
			flags:     opensNowFlag,
			run: runQuery(grantColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.Grant, error] {
				if c.opensNow {
					return grantsThatOpen(ctx, c, time.Now())
				}
				return c.AllGrants(ctx, c.ownerID, (*tapkey.ListGrantsParams)(&c.query))
			}),
		},
		{
			use:       "explain ID",
			short:     "Explain when a grant opens its lock, and why it does not",
			operation: "listGrants",
			argument:  grantKind,
			example: `tapkey grants explain 3a6f18c9-0000-4000-8000-000000000001 --owner Home \
  --at 2026-11-30T10:00 --zone Europe/Vienna`,
			run: explainGrant,
		},
		{
			use:       "create",
			short:     "Let a contact or a transponder open a lock",
			operation: "createGrant",
			example: `tapkey grants create --owner Home --from 2026-12-01T08:00 --until 2026-12-24 \
  --lock c2a85d13-0000-4000-8000-000000000001 --identifier sam@example.com \
  --schedule 'Mo-Fr 08:00-18:00, Sa 10:00-14:00' --zone Europe/Vienna`,
			run: createGrant,
		},
		{
			use:       "update ID",
			short:     "Change the validity or the time restriction of a grant",
			operation: "updateGrant",
			example: `tapkey grants update 3a6f18c9-0000-4000-8000-000000000001 --owner Home \
  --until 2099-12-24T18:00`,
			done: "Grant %s was changed.",
			run:  updateGrant,
		},
		{
			use:       "revoke ID...",
			short:     "Start the revocation of a grant",
			operation: "revokeGrant",
			example:   `tapkey grants revoke 3a6f18c9-0000-4000-8000-000000000000 --owner Home --yes`,
			confirm:   "Revoke grant %s?",
			confirmN:  "Revoke these %d grants?",
			done:      "The revocation of grant %s has started.",
			run: runAction(func(ctx context.Context, c *call) (api.Object, error) {
				return c.RevokeGrant(ctx, c.ownerID, c.id, nil)
			}),
		},
		{
			use:       "delete-from-card ID...",
			short:     "Delete a grant from its card at the next sync",
			operation: "deleteGrantFromCard",
			example: `tapkey grants delete-from-card 3a6f18c9-0000-4000-8000-000000000003 \
  --owner Home --yes`,
			confirm:  "Delete grant %s from its card?",
			confirmN: "Delete these %d grants from their cards?",
			done:     "Grant %s will be deleted from its card at the next sync.",
			run: runAction(func(ctx context.Context, c *call) (api.Object, error) {
				return c.DeleteGrantFromCard(ctx, c.ownerID, c.id)
			}),
		},
	},
}

var grantColumns = []column[tapkey.Grant]{
	{"ID", "id", func(g tapkey.Grant) any { return g.ID }},
	{"STATE", "state", func(g tapkey.Grant) any { return g.State }},
	{"LOCK", "", grantedLock},
	{"FOR", "", grantedTo},
	{"FROM", "validFrom", func(g tapkey.Grant) any { return g.ValidFrom }},
	{"UNTIL", "validBefore", func(g tapkey.Grant) any { return g.ValidBefore }},
}

// grantedLock returns the title of the lock, or its ID if the title is not known.
func grantedLock(g tapkey.Grant) any {
	if g.BoundLock != nil && g.BoundLock.Title != "" {
		return g.BoundLock.Title
	}
	return g.BoundLockID
}

// grantedTo returns the name of the contact or card, or its ID if the name is not known.
func grantedTo(g tapkey.Grant) any {
	switch {
	case g.Contact != nil:
		return cmp.Or(g.Contact.Identifier, g.Contact.IPUserID, g.ContactID)
	case g.BoundCard != nil:
		return cmp.Or(g.BoundCard.Title, g.BoundCardID)
	}
	return cmp.Or(g.ContactID, g.BoundCardID)
}

// createGrant runs createGrant.
func createGrant(cmd *cobra.Command, c *call) func(context.Context, output) error {
	var body tapkey.GrantCreate
	referenceFlag(cmd, "lock", lockKind, "title, serial number or ID of the `LOCK`", func(id string) { body.BoundLockID = id })
	mustBeSet(cmd, "lock")
	referenceFlag(cmd, "contact", contactKind, "e-mail address, title or ID of the `CONTACT`", func(id string) { body.ContactID = &id })
	cmd.Flags().Func("identifier", "`E-MAIL` of a Tapkey user, instead of --contact", func(text string) error {
		body.Contact = &tapkey.GrantContact{Identifier: text}
		return nil
	})
	referenceFlag(cmd, "card", cardKind, "title or ID of the `CARD`, instead of --contact", func(id string) { body.BoundCardID = &id })
	limitFlags(cmd, c, &body.ValidFrom, &body.ValidBefore, &body.TimeRestrictionIcal)
	cmd.MarkFlagsOneRequired("contact", "identifier", "card")
	cmd.MarkFlagsMutuallyExclusive("contact", "identifier", "card")
	return func(ctx context.Context, out output) error {
		if body.TimeRestrictionIcal != nil {
			if err := checkRestriction(ctx, c, out, body.BoundLockID); err != nil {
				return err
			}
		}
		grant, err := c.CreateGrant(ctx, c.ownerID, body)
		if err != nil {
			return asFailure(err)
		}
		return printOne(out, grantColumns, grant)
	}
}

// limitFlags adds the flags for the times when a grant allows a lock to be opened.
func limitFlags(cmd *cobra.Command, c *call, from, until **time.Time, ical **string) {
	optionalTime(cmd, "from", "`TIME` when validity starts, local or RFC 3339", from)
	optionalTime(cmd, "until", "`TIME` when validity ends, local or RFC 3339", until)
	icalFlag(cmd, "`FILE` with iCalendar events, or - to read them", ical)
	schedule := scheduleFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("schedule", "ical")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if err := checkWindow(*from, *until); err != nil {
			return err
		}
		text, err := schedule()
		if text != nil {
			*ical = text
		}
		if *ical != nil {
			c.operations = append(c.operations, "listGrants", "getBoundLock") // of checkRestriction
		}
		return err
	}
}

// updateGrant runs updateGrant. The contract allows a response without the grant.
func updateGrant(cmd *cobra.Command, c *call) func(context.Context, output) error {
	var body tapkey.GrantUpdate
	limitFlags(cmd, c, &body.ValidFrom, &body.ValidBefore, &body.TimeRestrictionIcal)
	null := clearFlag(cmd,
		clearable{"from", "validFrom", []string{"from"}},
		clearable{"until", "validBefore", []string{"until"}},
		clearable{"schedule", "timeRestrictionIcal", []string{"schedule", "ical"}})
	cmd.MarkFlagsOneRequired("from", "until", "ical", "schedule", "clear")
	return func(ctx context.Context, out output) error {
		if body.TimeRestrictionIcal != nil {
			grant, err := findGrant(ctx, c)
			if err == nil {
				err = checkRestriction(ctx, c, out, grant.BoundLockID)
			}
			if err != nil {
				return err
			}
		}
		grant, err := c.UpdateGrant(ctx, c.ownerID, c.id, body, null)
		switch {
		case err != nil:
			return asFailure(err)
		case grant.ID == "":
			return printOne(out, nil, api.Object{})
		}
		return printOne(out, grantColumns, grant)
	}
}

// checkWindow reports an error if a grant would end before it starts.
func checkWindow(from, until *time.Time) error {
	if from != nil && until != nil && !from.Before(*until) {
		return errors.New("--until is not after --from")
	}
	return nil
}
