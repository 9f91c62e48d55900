package access

import (
	"iter"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// Limits are the times at which a grant opens a lock.
type Limits struct {
	From     time.Time `json:"from,omitzero"`      // start; zero means no limit
	Until    time.Time `json:"until,omitzero"`     // end, exclusive; zero means no limit
	Schedule string    `json:"schedule,omitempty"` // time restriction as iCalendar text; empty means at all times
}

// limitsOf returns the limits of a grant.
func limitsOf(g tapkey.Grant) Limits {
	l := Limits{Schedule: g.TimeRestrictionIcal}
	if g.ValidFrom != nil {
		l.From = g.ValidFrom.UTC()
	}
	if g.ValidBefore != nil {
		l.Until = g.ValidBefore.UTC()
	}
	return l
}

// What is sent in place of a limit that is not wanted any more, because it is not known how a
// limit is removed.
var (
	ever  = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	never = time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
)

// always returns the time restriction that has no effect.
func always() (string, error) {
	return schedule.Weekly(time.UTC, schedule.EveryDay, "00:00", "24:00").ICalendar()
}

// horizonYears is the number of years for which limits are compared. It is less than that of
// [schedule.Schedule.Openings].
const horizonYears = 9

// A comparer compares limits by the times at which they open a lock from now on.
type comparer struct {
	now time.Time

	mu     sync.Mutex
	parsed map[string]parsedSchedule // by text
}

type parsedSchedule struct {
	schedule.Schedule
	canonical string // text that equal schedules share
	err       error
}

func newComparer(now time.Time) *comparer {
	return &comparer{now: now, parsed: make(map[string]parsedSchedule)}
}

// parse reads a time restriction. A text that cannot be read is its own canonical text.
func (c *comparer) parse(text string) parsedSchedule {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.parsed[text]
	if !ok {
		p.Schedule, p.err = schedule.ParseICalendar(text, nil)
		if p.err == nil {
			p.canonical, p.err = p.ICalendar()
		}
		if p.err != nil {
			p.canonical = text
		}
		c.parsed[text] = p
	}
	return p
}

// from returns the start of limits, or zero if it has passed.
func (c *comparer) from(l Limits) time.Time {
	if !l.From.After(c.now) {
		return time.Time{}
	}
	return l.From
}

// until returns the end of limits, or zero if it is too far off to matter.
func until(l Limits) time.Time {
	if !l.Until.Before(never) {
		return time.Time{}
	}
	return l.Until
}

// sameSchedule reports whether time restrictions are equal apart from their notation.
func (c *comparer) sameSchedule(a, b string) bool {
	return a == b || a != "" && b != "" && c.parse(a).canonical == c.parse(b).canonical
}

// same reports whether limits are equal apart from the notation of the time restriction.
func (c *comparer) same(a, b Limits) bool {
	return a.From.Equal(b.From) && a.Until.Equal(b.Until) && c.sameSchedule(a.Schedule, b.Schedule)
}

// equal reports whether limits open a lock at the same times from now on.
func (c *comparer) equal(a, b Limits) bool {
	switch sameFrom := c.from(a).Equal(c.from(b)); {
	case !until(a).Equal(until(b)):
		return false
	case sameFrom && c.sameSchedule(a.Schedule, b.Schedule):
		return true
	case a.Schedule == "" && b.Schedule == "":
		return false
	}
	start := c.now
	if a.From.After(start) && b.From.After(start) {
		start = earlier(a.From, b.From)
	}
	return equalOpenings(c.openings(a, start), c.openings(b, start))
}

// openings iterates over the times at which limits open a lock from start on. A time
// restriction that cannot be read opens at no time that another one has.
func (c *comparer) openings(l Limits, start time.Time) iter.Seq[schedule.Opening] {
	if l.Schedule == "" {
		return clip(nil, l.From, until(l), start)
	}
	p := c.parse(l.Schedule)
	if p.err != nil {
		return func(yield func(schedule.Opening) bool) { yield(schedule.Opening{}) }
	}
	return clip(&p.Schedule, l.From, until(l), start)
}

// clip iterates over the openings of a schedule in a period, for horizonYears from start on. A
// nil schedule is always open.
func clip(s *schedule.Schedule, from, until, start time.Time) iter.Seq[schedule.Opening] {
	from, end := later(from, start), start.AddDate(horizonYears, 0, 0)
	if !until.IsZero() && until.Before(end) {
		end = until
	}
	return func(yield func(schedule.Opening) bool) {
		all := func(yield func(schedule.Opening) bool) { yield(schedule.Opening{Start: from, End: end}) }
		if s != nil {
			all = s.Openings(start)
		}
		for o := range all {
			if !o.Start.Before(end) {
				return
			}
			o.Start = later(o.Start, from)
			if o.End.After(end) {
				o.End = end
			}
			if o.Start.Before(o.End) && !yield(o) {
				return
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func equalOpenings(a, b iter.Seq[schedule.Opening]) bool {
	next, stop := iter.Pull(b)
	defer stop()
	for x := range a {
		y, ok := next()
		if !ok || !x.Start.Equal(y.Start) || !x.End.Equal(y.End) {
			return false
		}
	}
	_, more := next()
	return !more
}

// create returns the body of a request that creates a grant with these limits.
func (l Limits) create(lock, receiver string, card bool) tapkey.GrantCreate {
	body := tapkey.GrantCreate{BoundLockID: lock}
	if card {
		body.BoundCardID = &receiver
	} else {
		body.ContactID = &receiver
	}
	if !l.From.IsZero() {
		body.ValidFrom = &l.From
	}
	if !l.Until.IsZero() {
		body.ValidBefore = &l.Until
	}
	if l.Schedule != "" {
		body.TimeRestrictionIcal = &l.Schedule
	}
	return body
}

// update returns the body of a request that changes limits from old to l.
func (c *comparer) update(old, l Limits) (body tapkey.GrantUpdate, err error) {
	if !c.from(old).Equal(c.from(l)) {
		body.ValidFrom = new(l.From)
		if l.From.IsZero() {
			body.ValidFrom = new(ever)
		}
	}
	if !until(old).Equal(until(l)) {
		body.ValidBefore = new(l.Until)
		if l.Until.IsZero() {
			body.ValidBefore = new(never)
		}
	}
	if !c.sameSchedule(old.Schedule, l.Schedule) {
		text := l.Schedule
		if text == "" {
			text, err = always()
		}
		body.TimeRestrictionIcal = &text
	}
	return body, err
}
