package schedule

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Schedule is a set of windows in which a door may be opened. Its methods return changed
// copies. A builder that fails returns a schedule that never opens and whose Err and
// ICalendar return the error. The zero Schedule has no windows.
type Schedule struct {
	events []event
	err    error
}

// An event is a window, or a window that recurs.
type event struct {
	zone  *time.Location
	start time.Time // wall clock time of the first occurrence, or a time before it
	span  span
	rule  *rule // nil if the window does not recur

	added   []addition  // RDATE
	skipped []time.Time // EXDATE: instants, in order
	days    []time.Time // EXDATE;VALUE=DATE: midnights in wall clock time
}

// A span is the length of a window. Wall clock time is added first.
type span struct {
	wall  time.Duration // whole days
	exact time.Duration
}

// An addition is an additional occurrence. The length of the event applies unless length is
// set.
type addition struct {
	start  time.Time
	length time.Duration
}

// end returns the end of an occurrence that starts at a wall clock time.
func (e *event) end(wall time.Time) time.Time {
	return resolve(wall.Add(e.span.wall), e.zone).Add(e.span.exact)
}

// length returns an upper bound of the length of occurrences.
func (e *event) length() time.Duration {
	length := e.span.wall + e.span.exact
	for _, a := range e.added {
		length = max(length, a.length)
	}
	return length + slack
}

// Weekly returns a window on some days of each week, from a time of day to another, such as
// "08:00" and "18:00". The times are those of clocks in the zone, which must have a name of
// the time zone database. If to is not after from, the window ends on the next day. If clocks
// are changed during the window, its end moves with them, so that it keeps its number of
// hours, unless it is from 00:00 to 24:00. The window has no last day unless Until sets one.
// Without From, its first day is in the first week of 2026.
func Weekly(zone *time.Location, days Days, from, to string) Schedule {
	start, err := parseClock(from)
	end, err2 := parseClock(to)
	switch err = firstError(checkZone(zone), err, err2); {
	case err != nil:
	case days == 0 || days&^EveryDay != 0:
		err = errors.New("no days of the week")
	case start == day:
		err = fmt.Errorf("invalid start %s of a window", from)
	case start == end:
		err = fmt.Errorf("a window from %s to %s: use 00:00 and 24:00 for a whole day", from, to)
	}
	if err != nil {
		return Schedule{err: fmt.Errorf("schedule: %w", err)}
	}
	if end <= start {
		end += day
	}
	length := span{exact: end - start}
	if end-start == day {
		length = span{wall: day}
	}
	return Schedule{events: []event{{
		zone:  zone,
		start: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).Add(start),
		span:  length,
		rule:  &rule{freq: weekly, interval: 1, weekStart: time.Monday, byDay: nthDays(days)},
	}}}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Once returns a window that does not recur. Fractions of seconds are cut off.
func Once(from, to time.Time) Schedule {
	from, to = from.UTC().Truncate(resolution), to.UTC().Truncate(resolution)
	e := event{zone: time.UTC, start: from, span: span{exact: to.Sub(from)}}
	if err := e.check(); err != nil {
		return Schedule{err: err}
	}
	return Schedule{events: []event{e}}
}

// check checks the times of an event against the limits.
func (e *event) check() error {
	length := e.span.wall + e.span.exact
	switch {
	case e.start.Year() < minYear || e.start.Year() > maxYear:
		return limitError{fmt.Sprintf("a window starts in the year %d, want %d to %d", e.start.Year(), minYear, maxYear)}
	case length < 0 || length == 0 && e.rule == nil && len(e.added) == 0:
		return errors.New("schedule: a window ends before it starts or when it starts")
	case length > maxLength:
		return limitError{"a window is longer than 366 days"}
	}
	return nil
}

// Join returns the windows of all schedules.
func Join(schedules ...Schedule) Schedule {
	var joined Schedule
	for _, s := range schedules {
		joined.err = firstError(joined.err, s.err)
		joined.events = append(joined.events, s.events...)
	}
	if joined.err == nil && len(joined.events) > maxEvents {
		joined.err = limitError{fmt.Sprintf("%d windows, want at most %d", len(joined.events), maxEvents)}
	}
	if joined.err != nil {
		joined.events = nil
	}
	return joined
}

// From returns the schedule with a first day of its weekly windows. Only the date counts, in
// the location of the time. Windows that do not recur are not changed.
func (s Schedule) From(date time.Time) Schedule {
	return s.changeRules(func(e *event) error {
		if _, simple := e.rule.days(e.start); !simple {
			return errors.New("schedule: a first day needs windows that recur every week")
		}
		days, _ := e.rule.days(e.start)
		e.rule.byDay = nthDays(days)
		year, month, dayOfMonth := date.Date()
		e.start = time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC).Add(e.start.Sub(midnight(e.start)))
		return e.check()
	})
}

// Until returns the schedule with a last day of its recurring windows. A window that starts
// on this day is included. Only the date counts, in the location of the time. Windows that do
// not recur are not changed.
func (s Schedule) Until(date time.Time) Schedule {
	return s.changeRules(func(e *event) error {
		year, month, dayOfMonth := date.Date()
		if year < minYear || year > maxYear {
			return limitError{fmt.Sprintf("a window ends in the year %d, want %d to %d", year, minYear, maxYear)}
		}
		e.rule.until = resolve(time.Date(year, month, dayOfMonth, 23, 59, 59, 0, time.UTC), e.zone)
		return nil
	})
}

// changeRules changes copies of the events that recur.
func (s Schedule) changeRules(change func(e *event) error) Schedule {
	events := slices.Clone(s.events)
	for i := range events {
		if events[i].rule == nil {
			continue
		}
		changed := *events[i].rule
		events[i].rule = &changed
		if err := change(&events[i]); err != nil {
			return Schedule{err: err}
		}
	}
	return Schedule{events: events, err: s.err}
}

// Err returns the error of the builder that failed first, or the error of a window that
// never opens.
func (s Schedule) Err() error {
	if s.err != nil {
		return s.err
	}
	if len(s.events) == 0 {
		return errors.New("schedule: no windows")
	}
	for i := range s.events {
		if _, ok := s.events[i].first(); !ok {
			return errors.New("schedule: a window never opens: its last day is before its first, or no day matches its rule")
		}
	}
	return nil
}

// checkZone checks that a zone can be named in a calendar.
func checkZone(zone *time.Location) error {
	switch {
	case zone == nil:
		return errors.New("no time zone")
	case zone.String() == "Local" || zone.String() == "":
		return errors.New("the time zone has no name: use time.LoadLocation with a name such as Europe/Vienna")
	case len(zone.String()) > 100 || invalidZoneName(zone.String()):
		return errors.New("invalid name of the time zone")
	}
	if known, err := time.LoadLocation(zone.String()); err == nil && !sameZone(known, zone) {
		return fmt.Errorf("the time zone %s has other times than in the time zone database: use time.LoadLocation", zone)
	}
	return nil
}

func invalidZoneName(name string) bool {
	for _, c := range name {
		if c < ' ' || c == '"' || c == 0x7f {
			return true
		}
	}
	return false
}

// sameZone reports whether zones have the same offsets at the starts of the months of some
// years.
func sameZone(a, b *time.Location) bool {
	if a == b {
		return true
	}
	for month := range 12 * 12 {
		t := time.Date(2025, time.January+time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		_, one := t.In(a).Zone()
		_, other := t.In(b).Zone()
		if one != other {
			return false
		}
	}
	return true
}
