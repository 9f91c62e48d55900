package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// A grantExplanation reports when a grant opens its lock.
type grantExplanation struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"at"`
	Opens    bool           `json:"opens"`
	Reasons  []string       `json:"reasons"`  // why it does not open
	Schedule []string       `json:"schedule"` // the time restriction in words
	Next     []grantOpening `json:"next"`
}

// A grantOpening is a period in which the lock opens. End is nil if it has no end.
type grantOpening struct {
	Start time.Time  `json:"start"`
	End   *time.Time `json:"end"`
}

// explain explains at most n openings of a grant from a time on. An error means that the time
// restriction cannot be evaluated. Times without a zone are in the zone of the time.
func explain(g tapkey.Grant, at time.Time, n int) (x grantExplanation, err error) {
	x = grantExplanation{ID: g.ID, At: at, Reasons: []string{}, Schedule: []string{}, Next: []grantOpening{}}
	never := func(format string, args ...any) { x.Reasons = append(x.Reasons, fmt.Sprintf(format, args...)) }
	ended := g.State != tapkey.GrantStateOk
	if ended {
		never("the state is %s", g.State)
	}
	from := at
	if g.ValidFrom != nil && at.Before(*g.ValidFrom) {
		never("the validity starts on %s", clock(*g.ValidFrom, at))
		from = g.ValidFrom.In(at.Location())
	}
	if g.ValidBefore != nil && !at.Before(*g.ValidBefore) {
		never("the validity ended on %s", clock(*g.ValidBefore, at))
		ended = true
	}
	if len(x.Reasons) == 0 && !g.Active {
		never("it is not active")
	}
	if g.TimeRestrictionIcal != "" {
		s, err := schedule.ParseICalendar(g.TimeRestrictionIcal, at.Location())
		if err != nil {
			return x, fmt.Errorf("grant %s: the time restriction cannot be evaluated: %w", g.ID, err)
		}
		x.Schedule = strings.Split(s.String(), "\n")
		if !s.Opens(at) {
			never("the time is outside of the time restriction")
		}
		for o := range s.Openings(from) {
			if ended || len(x.Next) == n || g.ValidBefore != nil && !o.Start.Before(*g.ValidBefore) {
				break
			}
			if g.ValidBefore != nil && o.End.After(*g.ValidBefore) {
				o.End = *g.ValidBefore
			}
			x.Next = append(x.Next, grantOpening{o.Start.In(at.Location()), new(o.End.In(at.Location()))})
		}
	} else if !ended && n > 0 {
		x.Next = append(x.Next, grantOpening{from, g.ValidBefore})
	}
	x.Opens = len(x.Reasons) == 0
	return x, nil
}

// clock returns a time in the zone of another.
func clock(t, like time.Time) string { return t.In(like.Location()).Format("Mon 2006-01-02 15:04") }

// explainGrant runs listGrants for one grant, and explains it.
func explainGrant(cmd *cobra.Command, c *call) func(context.Context, output) error {
	var at *string
	optional(cmd, "at", "`TIME` to explain, in the time zone or RFC 3339 (default: now)", &at)
	zone := zoneFlag(cmd, "time `ZONE` in which times are printed, and of calendars without one (default: the local one)")
	next := cmd.Flags().Int("next", 5, "maximum `NUMBER` of openings to print")
	when := time.Now()
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *next < 0 {
			return fmt.Errorf("--next %d is less than 0", *next)
		}
		location, err := zone()
		switch {
		case err != nil && !cmd.Flags().Changed("zone"):
			location = time.Local // its name is not needed here
		case err != nil:
			return err
		}
		if at != nil {
			if when, err = parseTimeIn(*at, location); err != nil {
				return fmt.Errorf("--at: %w", err)
			}
		}
		when = when.In(location)
		return nil
	}
	return func(ctx context.Context, out output) error {
		grant, err := findGrant(ctx, c)
		if err != nil {
			return err
		}
		x, err := explain(grant, when, *next)
		if err != nil {
			return asFailure(err)
		}
		if !out.hasColumns() {
			return printValue(out, x)
		}
		return buffered(out.w, x.print)
	}
}

// print writes the explanation in words.
func (x grantExplanation) print(w io.Writer) error {
	verdict := "does not open"
	if x.Opens {
		verdict = "opens"
	}
	lines := []string{fmt.Sprintf("Grant %s %s the lock on %s (%s).", x.ID, verdict, clock(x.At, x.At), x.At.Location())}
	section := func(title string, items []string) {
		if len(items) > 0 {
			lines = append(lines, title)
		}
		for _, item := range items {
			lines = append(lines, "  "+item)
		}
	}
	var next []string
	for _, o := range x.Next {
		if o.End == nil {
			next = append(next, clock(o.Start, x.At)+", without an end")
		} else {
			next = append(next, clock(o.Start, x.At)+" to "+clock(*o.End, x.At))
		}
	}
	section("Reasons:", x.Reasons)
	section("Time restriction:", x.Schedule)
	section("Next openings:", next)
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, oneLine(line)); err != nil {
			return asFailure(err)
		}
	}
	return nil
}

// opensNowFlag adds --opens-now.
func opensNowFlag(cmd *cobra.Command, c *call) {
	cmd.Flags().BoolVar(&c.opensNow, "opens-now", false,
		"return only grants that open the lock now; all grants are read and evaluated on this machine")
}

// grantsThatOpen lists the grants that open their lock at a time. One whose time restriction
// cannot be evaluated is an error.
func grantsThatOpen(ctx context.Context, c *call, at time.Time) iter.Seq2[tapkey.Grant, error] {
	query := c.query
	query.Top = nil // counts grants that do not open as well
	if query.Select != nil {
		query.Select = new(*query.Select + ",id,active,state,validFrom,validBefore,timeRestrictionIcal")
	}
	return func(yield func(tapkey.Grant, error) bool) {
		for grant, err := range c.AllGrants(ctx, c.ownerID, (*tapkey.ListGrantsParams)(&query)) {
			var x grantExplanation
			if err == nil {
				x, err = explain(grant, at, 0)
			}
			if (err != nil || x.Opens) && !yield(grant, err) {
				return
			}
		}
	}
}
