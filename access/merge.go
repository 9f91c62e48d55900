package access

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tapkey-go/tapkey-go/schedule"
)

// A period is a period without gaps. A zero start or end means no limit.
type period struct{ from, until time.Time }

// covers reports whether p contains all of q.
func (p period) covers(q period) bool {
	return !p.from.After(q.from) && (p.until.IsZero() || !q.until.IsZero() && !q.until.After(p.until))
}

// A part is the access of wants with equal schedules in a period.
type part struct {
	period
	schedule *schedule.Schedule // nil for at all times
}

// maxWindows is the number of windows into which a schedule is resolved that begins or ends
// during a day.
const maxWindows = 10

// merge returns the limits of one grant that opens when one of the wants does, from now on. It
// reports false if all wants have ended. An error means that one grant cannot do it.
func merge(wants []Want, now time.Time) (limits Limits, ok bool, err error) {
	parts, err := partsOf(wants, now)
	if err != nil || len(parts) == 0 {
		return Limits{}, false, err
	}
	all := parts[0].period
	for _, p := range parts[1:] {
		if p.from.Before(all.from) {
			all.from = p.from
		}
		if p.until.IsZero() || !all.until.IsZero() && p.until.After(all.until) {
			all.until = p.until
		}
	}
	limits = Limits{From: all.from, Until: all.until}
	if len(parts) == 1 && parts[0].schedule == nil {
		return limits, true, nil
	}
	joined := make([]schedule.Schedule, len(parts))
	for i, p := range parts {
		if joined[i], err = p.windows(all, now); err != nil {
			return Limits{}, true, err
		}
	}
	limits.Schedule, err = schedule.Join(joined...).ICalendar()
	return limits, true, err
}

// opens reports whether a part with a schedule opens from now on.
func (p part) opens(now time.Time) bool {
	for start := later(p.from, now); start.Before(never) && (p.until.IsZero() || start.Before(p.until)); {
		for range clip(p.schedule, p.from, p.until, start) {
			return true
		}
		start = start.AddDate(horizonYears, 0, 0)
	}
	return false
}

// partsOf returns the parts of the wants that have not ended, without those that others cover.
func partsOf(wants []Want, now time.Time) ([]part, error) {
	type group struct {
		schedule *schedule.Schedule
		periods  []period
	}
	groups := map[string]*group{}
	for _, w := range wants {
		p := period{seconds(w.From), seconds(w.Until)}
		if !p.until.IsZero() && !p.until.After(now) {
			continue
		}
		text := ""
		if w.Schedule != nil {
			var err error
			if text, err = w.Schedule.ICalendar(); err != nil {
				return nil, err
			}
		}
		g := groups[text]
		if g == nil {
			g = &group{schedule: w.Schedule}
			groups[text] = g
		}
		g.periods = append(g.periods, p)
	}
	var parts []part
	var open []period // at all times
	if g := groups[""]; g != nil {
		open = unite(g.periods)
		for _, p := range open {
			parts = append(parts, part{p, nil})
		}
		delete(groups, "")
	}
	for _, text := range slices.Sorted(maps.Keys(groups)) {
		for _, p := range unite(groups[text].periods) {
			covered := slices.ContainsFunc(open, func(o period) bool { return o.covers(p) })
			if part := (part{p, groups[text].schedule}); !covered && part.opens(now) {
				parts = append(parts, part)
			}
		}
	}
	return parts, nil
}

// unite returns the periods in order. Periods that overlap or touch are one.
func unite(periods []period) (united []period) {
	periods = slices.Clone(periods)
	slices.SortFunc(periods, func(a, b period) int { return a.from.Compare(b.from) })
	for _, p := range periods {
		if n := len(united); n > 0 && (united[n-1].until.IsZero() || !p.from.After(united[n-1].until)) {
			if last := &united[n-1]; !last.until.IsZero() && (p.until.IsZero() || p.until.After(last.until)) {
				last.until = p.until
			}
			continue
		}
		united = append(united, p)
	}
	return united
}

// windows returns a schedule that, during the period all, opens when the part does from now on.
func (p part) windows(all period, now time.Time) (schedule.Schedule, error) {
	if p.schedule == nil {
		return p.allDay(now), nil
	}
	started := !p.from.After(now) || p.from.Equal(all.from)
	if started && p.until.Equal(all.until) {
		return *p.schedule, nil
	}
	limited := *p.schedule
	zone := time.UTC
	for o := range p.schedule.Openings(later(p.from, now)) {
		zone = o.Start.Location()
		break
	}
	if !started {
		limited = limited.From(p.from.In(zone))
	}
	if !p.until.Equal(all.until) {
		limited = limited.Until(p.until.Add(-time.Second).In(zone))
	}
	start := later(all.from, now)
	if limited.Err() == nil && p.opensLike(limited, all, start) {
		return limited, nil
	}
	var once []schedule.Schedule
	for o := range clip(p.schedule, p.from, p.until, start) {
		if len(once) == maxWindows {
			return schedule.Schedule{}, errors.New("the wants cannot be merged into one grant: a schedule begins or ends during a day, or does not recur weekly")
		}
		once = append(once, schedule.Once(o.Start, o.End))
	}
	return schedule.Join(once...), nil
}

// opensLike reports whether a schedule opens, during the period all, when the part does. They
// may differ only near the boundaries of the part.
func (p part) opensLike(s schedule.Schedule, all period, start time.Time) bool {
	const near = 8 * 24 * time.Hour
	for _, from := range []time.Time{start, later(start, p.from.Add(-near)), later(start, p.until.Add(-near))} {
		if !equalOpenings(clip(&s, all.from, all.until, from), clip(p.schedule, p.from, p.until, from)) {
			return false
		}
	}
	return true
}

// longest is the length of the longest window of a schedule that does not recur.
const longest = 366 * 24 * time.Hour

// allDay returns windows that open during the whole period, from now on.
func (p part) allDay(now time.Time) schedule.Schedule {
	from := p.from
	if from.IsZero() {
		from = midnight(now)
	}
	if !p.until.IsZero() && p.until.Sub(from) <= longest {
		return schedule.Once(from, p.until)
	}
	first := midnight(from)
	if first.Before(from) {
		first = first.AddDate(0, 0, 1)
	}
	days := schedule.Weekly(time.UTC, schedule.EveryDay, "00:00", "24:00").From(first)
	joined := []schedule.Schedule{}
	if from.Before(first) {
		joined = append(joined, schedule.Once(from, first))
	}
	if !p.until.IsZero() {
		last := midnight(p.until)
		days = days.Until(last.AddDate(0, 0, -1))
		if last.Before(p.until) {
			joined = append(joined, schedule.Once(last, p.until))
		}
	}
	return schedule.Join(append(joined, days)...)
}

// midnight returns the start of a day in UTC.
func midnight(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
