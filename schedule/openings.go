package schedule

import (
	"iter"
	"slices"
	"time"
)

// An Opening is a period in which the door may be opened: from Start, and before End.
type Opening struct {
	// Start is the first instant of the opening.
	Start time.Time
	// End is the first instant after the opening.
	End time.Time
}

// occurrences passes the occurrences of an event that start from a to b to yield. They are
// in no order, and empty ones are left out.
func (e *event) occurrences(a, b time.Time, yield func(Opening) bool) {
	emit := func(start, end time.Time) bool {
		if start.Before(a) || start.After(b) || !start.Before(end) || e.skips(start) {
			return true
		}
		return yield(Opening{start, end})
	}
	more := true
	if e.rule == nil {
		more = emit(resolve(e.start, e.zone), e.end(e.start))
	} else {
		e.rule.starts(e.start, a.UTC().Add(-slack), b.UTC().Add(slack), func(wall time.Time) bool {
			start := resolve(wall, e.zone)
			if !e.rule.until.IsZero() && start.After(e.rule.until) {
				return false
			}
			more = emit(start, e.end(wall))
			return more
		})
	}
	for _, extra := range e.added {
		if !more {
			return
		}
		end := extra.start.Add(extra.length)
		if extra.length == 0 {
			end = e.end(toWall(extra.start, e.zone))
		}
		more = emit(extra.start.In(e.zone), end.In(e.zone))
	}
}

// skips reports whether an occurrence is excluded.
func (e *event) skips(start time.Time) bool {
	if len(e.days) > 0 && slices.ContainsFunc(e.days, midnight(toWall(start, e.zone)).Equal) {
		return true
	}
	_, found := slices.BinarySearchFunc(e.skipped, start, time.Time.Compare)
	return found
}

// first returns the first occurrence that is not empty.
func (e *event) first() (found Opening, ok bool) {
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	e.occurrences(year(minYear-1), year(maxYear+2), func(o Opening) bool {
		found, ok = o, true
		return false
	})
	return found, ok
}

// Opens reports whether the door may be opened at an instant.
func (s Schedule) Opens(t time.Time) bool {
	for i := range s.events {
		open := false
		s.events[i].occurrences(t.Add(-s.events[i].length()), t, func(o Opening) bool {
			open = t.Before(o.End)
			return !open
		})
		if open {
			return true
		}
	}
	return false
}

// Openings iterates over the openings from an instant on, in order. Windows that overlap or
// touch are one opening. An opening that has begun before starts at from. The openings end
// ten years after from, and there are at most 10,000 of them. The times are in the zone of
// the schedule's first window.
func (s Schedule) Openings(from time.Time) iter.Seq[Opening] {
	return func(yield func(Opening) bool) {
		if len(s.events) == 0 {
			return
		}
		limit := from.AddDate(horizonYears, 0, 0)
		zone := s.events[0].zone
		n := 0
		emit := func(o Opening) bool {
			o.Start, o.End = later(o.Start, from).In(zone), o.End.In(zone)
			if o.End.After(limit) {
				o.End = limit.In(zone)
			}
			n++
			return yield(o) && n < maxOpenings
		}
		var length time.Duration
		for i := range s.events {
			length = max(length, s.events[i].length())
		}
		var open Opening // not yet emitted
		for a, step := from.Add(-length), chunk; a.Before(limit); step = min(2*step, maxChunk) {
			b := a.Add(step)
			if b.After(limit) {
				b = limit
			}
			for _, o := range s.between(a, b.Add(-1)) {
				switch {
				case !o.End.After(from):
				case open.End.IsZero():
					open = o
				case o.Start.After(open.End):
					if !emit(open) {
						return
					}
					open = o
				default:
					open.End = later(open.End, o.End)
				}
			}
			if !open.End.IsZero() && open.End.Before(b) {
				if !emit(open) {
					return
				}
				open = Opening{}
			}
			a = b
		}
		if !open.End.IsZero() {
			emit(open)
		}
	}
}

// between returns the occurrences of all events that start from a to b, in order.
func (s Schedule) between(a, b time.Time) (openings []Opening) {
	for i := range s.events {
		s.events[i].occurrences(a, b, func(o Opening) bool {
			openings = append(openings, o)
			return true
		})
	}
	slices.SortFunc(openings, func(x, y Opening) int { return x.Start.Compare(y.Start) })
	return openings
}
