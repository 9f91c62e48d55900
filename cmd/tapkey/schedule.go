package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// scheduleFlags adds --schedule and --zone. After the flags have been parsed, text returns
// the schedule as iCalendar text, or nil if --schedule is not used.
func scheduleFlags(cmd *cobra.Command) (text func() (*string, error)) {
	var words *string
	optional(cmd, "schedule", "`TEXT` with the times when the lock opens, such as 'Mo-Fr 08:00-18:00, Sa 10:00-14:00'", &words)
	zone := zoneFlag(cmd, "time `ZONE` of --schedule, such as Europe/Vienna (default: the local one)")
	return func() (*string, error) {
		if words == nil {
			if cmd.Flags().Changed("zone") {
				return nil, errors.New("--zone needs --schedule")
			}
			return nil, nil
		}
		location, err := zone()
		if err != nil {
			return nil, err
		}
		s, err := schedule.Parse(*words, location)
		if err != nil {
			return nil, fmt.Errorf("--schedule: %w", err)
		}
		ical, err := s.Compact()
		return &ical, err
	}
}

// shorten returns at most 40 bytes of a text for an error.
func shorten(text string) string { return text[:min(len(text), 40)] }

// checkRestriction returns an error if a lock does not support time restrictions. If that is
// unknown, it prints a warning.
func checkRestriction(ctx context.Context, c *call, out output, lockID string) error {
	lock, err := c.GetBoundLock(ctx, c.ownerID, lockID, &tapkey.GetBoundLockParams{Expand: []string{"supportedFeatures"}})
	if err != nil {
		return asFailure(fmt.Errorf("nothing was changed, because the lock could not be checked for support of time restrictions: %w", err))
	}
	switch err := schedule.CheckLock(lock); {
	case errors.Is(err, schedule.ErrSupportUnknown):
		fmt.Fprintln(out.stderr, "tapkey: lock", oneLine(lockID), "does not report whether it supports time restrictions")
	case err != nil:
		return asFailure(fmt.Errorf("nothing was changed: lock %s: %w", oneLine(lockID), err))
	}
	return nil
}

// findGrant returns the grant with the ID of the command. The API has no operation for it.
func findGrant(ctx context.Context, c *call) (tapkey.Grant, error) {
	filter := odata.Eq("id", c.id).String()
	for grant, err := range c.AllGrants(ctx, c.ownerID, &tapkey.ListGrantsParams{Filter: &filter}) {
		switch {
		case err != nil:
			return grant, asFailure(err)
		case grant.ID == c.id:
			return grant, nil
		}
	}
	return tapkey.Grant{}, asFailure(fmt.Errorf("the owner account has no grant %s", oneLine(c.id)))
}
