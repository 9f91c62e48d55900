package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ICalendar returns the schedule as the smallest calendar that RFC 5545 allows: windows with
// equal times are one event, and each time zone has a VTIMEZONE. Equal schedules have equal
// texts.
func (s Schedule) ICalendar() (string, error) { return s.write("\r\n", true) }

// Compact returns the schedule in the form that is known from Tapkey's responses: like
// ICalendar, but without VTIMEZONE, and lines end with LF. Readers must know the names of the
// time zone database. It is for a schedule that Tapkey refuses as too complex.
func (s Schedule) Compact() (string, error) { return s.write("\n", false) }

func (s Schedule) write(lineEnd string, withZones bool) (string, error) {
	if err := s.Err(); err != nil {
		return "", err
	}
	events := merge(s.events)
	lines := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tapkey-go//EN"}
	written := map[string]bool{"UTC": true}
	for _, e := range events {
		if e.zone == time.UTC || written[e.zone.String()] {
			continue
		}
		if err := checkZone(e.zone); err != nil {
			return "", fmt.Errorf("schedule: %w", err)
		}
		written[e.zone.String()] = true
		if withZones {
			lines = append(lines, writeZone(e.zone, earliest(events, e.zone))...)
		} else if databaseZone(e.zone.String()) == nil {
			return "", fmt.Errorf("schedule: the time zone %q is not in the time zone database and needs a VTIMEZONE", e.zone)
		}
	}
	for i := range events {
		lines = append(lines, events[i].write(i+1)...)
	}
	lines = append(lines, "END:VCALENDAR")
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(fold(line, lineEnd))
		text.WriteString(lineEnd)
	}
	return text.String(), nil
}

// earliest returns an instant before all occurrences of the events in a zone.
func earliest(events []event, zone *time.Location) time.Time {
	first := time.Date(maxYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, e := range events {
		if e.zone.String() != zone.String() {
			continue
		}
		if e.start.Before(first) {
			first = e.start
		}
		for _, a := range e.added {
			if a.start.Before(first) {
				first = a.start
			}
		}
	}
	return first.Add(-slack)
}

// fold folds a line after 75 bytes, between characters.
func fold(line, lineEnd string) string {
	var folded strings.Builder
	for limit := 75; len(line) > limit; limit = 74 {
		cut := limit
		for !utf8.RuneStart(line[cut]) && cut > 1 {
			cut--
		}
		folded.WriteString(line[:cut] + lineEnd + " ")
		line = line[cut:]
	}
	return folded.String() + line
}

const (
	dateTime = "20060102T150405"
	utcTime  = "20060102T150405Z"
)

// write returns the lines of an event.
func (e *event) write(id int) []string {
	parameter, layout := "", utcTime
	if e.zone != time.UTC {
		name := e.zone.String()
		if strings.ContainsAny(name, ":;,") {
			name = `"` + name + `"`
		}
		parameter, layout = ";TZID="+name, dateTime
	}
	lines := []string{"BEGIN:VEVENT", fmt.Sprintf("UID:%d", id), "DTSTAMP:" + stamp,
		"DTSTART" + parameter + ":" + e.start.Format(layout)}
	if end := toWall(e.end(e.start), e.zone); e.span.wall == 0 && resolve(end, e.zone).Equal(e.end(e.start)) {
		lines = append(lines, "DTEND"+parameter+":"+end.Format(layout))
	} else {
		lines = append(lines, "DURATION:"+e.span.String())
	}
	if e.rule != nil {
		lines = append(lines, "RRULE:"+e.rule.String())
	}
	skipped := slices.Clone(e.skipped)
	for _, date := range e.days {
		// A date alone does not name the zone: exclude the occurrences of the day.
		e.occurrencesOf(date, func(start time.Time) { skipped = append(skipped, start) })
	}
	slices.SortFunc(skipped, time.Time.Compare)
	for _, t := range slices.CompactFunc(skipped, time.Time.Equal) {
		lines = append(lines, "EXDATE:"+t.UTC().Format(utcTime))
	}
	for _, a := range e.added {
		if a.length == 0 {
			lines = append(lines, "RDATE:"+a.start.UTC().Format(utcTime))
		} else {
			lines = append(lines, fmt.Sprintf("RDATE;VALUE=PERIOD:%s/PT%dS", a.start.UTC().Format(utcTime), a.length/time.Second))
		}
	}
	return append(lines, "END:VEVENT")
}

// String returns the length as the value of DURATION.
func (s span) String() string {
	switch {
	case s.exact == 0:
		return fmt.Sprintf("P%dD", s.wall/day)
	case s.wall == 0:
		return fmt.Sprintf("PT%dS", s.exact/time.Second)
	}
	return fmt.Sprintf("P%dDT%dS", s.wall/day, s.exact/time.Second)
}

// occurrencesOf passes the starts of the occurrences on a day to yield, including excluded
// ones.
func (e *event) occurrencesOf(date time.Time, yield func(time.Time)) {
	all := *e
	all.days, all.skipped = nil, nil
	all.occurrences(date.Add(-slack), date.Add(2*slack), func(o Opening) bool {
		if midnight(toWall(o.Start, e.zone)).Equal(date) {
			yield(o.Start)
		}
		return true
	})
}

// String returns the rule as the value of RRULE.
func (r *rule) String() string {
	parts := []string{"FREQ=" + frequencyNames[r.freq]}
	if !r.until.IsZero() {
		parts = append(parts, "UNTIL="+r.until.UTC().Format(utcTime))
	}
	if r.count > 0 {
		parts = append(parts, fmt.Sprintf("COUNT=%d", r.count))
	}
	if r.interval > 1 {
		parts = append(parts, fmt.Sprintf("INTERVAL=%d", r.interval))
	}
	for _, list := range []struct {
		name   string
		values []int
	}{
		{"BYMONTH", r.byMonth}, {"BYWEEKNO", r.byWeekNo}, {"BYYEARDAY", r.byYearDay}, {"BYMONTHDAY", r.byMonthDay},
		{"BYHOUR", r.byHour}, {"BYMINUTE", r.byMinute}, {"BYSECOND", r.bySecond}, {"BYSETPOS", r.bySetPos},
	} {
		if len(list.values) > 0 {
			parts = append(parts, list.name+"="+strings.ReplaceAll(strings.Trim(fmt.Sprint(list.values), "[]"), " ", ","))
		}
	}
	var days []string
	for _, d := range r.byDay {
		code := dayCodes[(d.day+6)%7]
		if d.n != 0 {
			code = fmt.Sprint(d.n) + code
		}
		days = append(days, code)
	}
	if len(days) > 0 {
		parts = append(parts, "BYDAY="+strings.Join(days, ","))
	}
	if r.weekStart != time.Monday {
		parts = append(parts, "WKST="+dayCodes[(r.weekStart+6)%7])
	}
	return strings.Join(parts, ";")
}

// merge returns the events with their first occurrences as starts. Events that recur weekly
// at equal times are one event.
func merge(events []event) (merged []event) {
	for _, e := range events {
		weekly := false
		if e.rule == nil && len(e.added) == 0 {
			e.span = span{exact: e.end(e.start).Sub(resolve(e.start, e.zone))}
		}
		if e.rule != nil {
			if days, simple := e.rule.days(e.start); simple {
				r := *e.rule
				r.byDay = nthDays(days)
				e.rule, weekly = &r, len(e.added)+len(e.skipped)+len(e.days) == 0
			}
			if e.rule.count == 0 && (len(e.rule.byWeekNo) == 0 || e.rule.interval == 1) {
				e.start = e.next(e.start)
			}
		}
		index := slices.IndexFunc(merged, func(m event) bool {
			return e.zone.String() == m.zone.String() && e.span == m.span && (e.equal(m) || weekly && e.joins(m))
		})
		switch {
		case index < 0:
			merged = append(merged, e)
		case e.equal(merged[index]):
		default:
			m := &merged[index]
			if e.start.Before(m.start) {
				m.start = e.start
			}
			r := *m.rule
			mine, _ := e.rule.days(e.start)
			theirs, _ := m.rule.days(m.start)
			r.byDay = nthDays(mine | theirs)
			if r.until = later(r.until, e.rule.until); e.rule.until.IsZero() {
				r.until = time.Time{}
			}
			m.rule = &r
		}
	}
	return merged
}

// equal reports whether events without added and excluded occurrences have the same times.
func (e *event) equal(other event) bool {
	plain := len(e.added)+len(e.skipped)+len(e.days)+len(other.added)+len(other.skipped)+len(other.days) == 0
	if !plain || !e.start.Equal(other.start) || e.span != other.span || (e.rule == nil) != (other.rule == nil) {
		return false
	}
	return e.rule == nil || e.rule.String() == other.rule.String()
}

// joins reports whether two weekly events are one event on the days of both.
func (e *event) joins(other event) bool {
	if other.rule == nil || len(other.added)+len(other.skipped)+len(other.days) > 0 {
		return false
	}
	if _, simple := other.rule.days(other.start); !simple || e.rule.until.IsZero() != other.rule.until.IsZero() ||
		e.start.Sub(midnight(e.start)) != other.start.Sub(midnight(other.start)) {
		return false
	}
	first := e.start
	if other.start.Before(first) {
		first = other.start
	}
	until := later(e.rule.until, other.rule.until)
	for _, x := range []*event{e, &other} {
		if !x.next(first).Equal(x.start) || !until.IsZero() && x.opensAfterItsEnd(until) {
			return false
		}
	}
	return true
}

// next returns the wall clock time of the first occurrence of a weekly event from a time on,
// whatever its start.
func (e *event) next(from time.Time) time.Time {
	r := *e.rule
	next := e.start
	start := from
	if len(r.byDay) == 0 || r.interval > 1 || r.freq != weekly {
		start = e.start // the rule depends on it
	}
	r.starts(start, from, from.AddDate(maxYear-minYear, 0, 0), func(wall time.Time) bool {
		next = wall
		return false
	})
	return next
}

// opensAfterItsEnd reports whether a weekly event would have more occurrences with a later
// limit.
func (e *event) opensAfterItsEnd(until time.Time) bool {
	more := false
	r := *e.rule
	r.starts(e.start, e.rule.until.UTC().Add(-slack), until.UTC().Add(slack), func(wall time.Time) bool {
		start := resolve(wall, e.zone)
		more = start.After(e.rule.until) && !start.After(until)
		return !more
	})
	return more
}
