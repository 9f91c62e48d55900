package schedule

import (
	"fmt"
	"strings"
	"time"
)

const (
	dateWords = "2 January 2006"
	timeWords = "Monday 2 January 2006 15:04"
)

// String returns the schedule in English words, one line for each window.
func (s Schedule) String() string {
	if s.err != nil {
		return "Never: " + s.err.Error()
	}
	if len(s.events) == 0 {
		return "Never: no windows"
	}
	zone := time.UTC
	for _, e := range s.events {
		if e.zone != time.UTC {
			zone = e.zone
			break
		}
	}
	var lines []string
	for _, e := range merge(s.events) {
		lines = append(lines, e.explain(zone))
	}
	return strings.Join(lines, "\n")
}

// explain returns a window in words. Instants are shown in a zone.
func (e *event) explain(zone *time.Location) string {
	var b strings.Builder
	if e.rule == nil {
		start, end := resolve(e.start, e.zone).In(zone), e.end(e.start).In(zone)
		layout := timeWords
		if start.Format(time.DateOnly) == end.Format(time.DateOnly) {
			layout = "15:04"
		}
		fmt.Fprintf(&b, "Once, from %s to %s (%s)", start.Format(timeWords), end.Format(layout), zone)
	} else {
		text := e.rule.explain(e.start)
		b.WriteString(strings.ToUpper(text[:1]) + text[1:] + e.times())
		first, ok := e.first()
		if !ok {
			return b.String() + ", but never"
		}
		fmt.Fprintf(&b, " (%s), from %s", e.zone, toWall(first.Start, e.zone).Format(dateWords))
		if !e.rule.until.IsZero() {
			b.WriteString(" until " + toWall(e.rule.until, e.zone).Format(dateWords))
		}
		if e.rule.count > 0 {
			fmt.Fprintf(&b, ", %d times, the last on %s", e.rule.count, e.rule.last.Format(dateWords))
		}
	}
	var added, skipped []string
	for _, a := range e.added {
		added = append(added, a.start.In(zone).Format(timeWords))
	}
	for _, t := range e.days {
		skipped = append(skipped, t.Format(dateWords))
	}
	for _, t := range e.skipped {
		skipped = append(skipped, t.In(e.zone).Format(timeWords))
	}
	if len(added) > 0 {
		b.WriteString(", also from " + list(added))
	}
	if len(skipped) > 0 {
		b.WriteString(", except on " + list(skipped))
	}
	return b.String()
}

// times returns the time of day and the length of the occurrences of a rule.
func (e *event) times() string {
	var starts []string
	for _, t := range e.rule.times(e.start) {
		starts = append(starts, clock(t))
	}
	if length := e.span.wall + e.span.exact; len(starts) == 1 {
		t := e.rule.times(e.start)[0]
		switch days, end := (t+length)/day, (t+length)%day; {
		case t == 0 && length == day:
			return ", all day"
		case days == 1 && end == 0:
			return fmt.Sprintf(" from %s to 24:00", clock(t))
		case days == 0:
			return fmt.Sprintf(" from %s to %s", clock(t), clock(end))
		case days == 1:
			return fmt.Sprintf(" from %s to %s on the next day", clock(t), clock(end))
		default:
			return fmt.Sprintf(" from %s to %s, %d days later", clock(t), clock(end), days)
		}
	}
	return fmt.Sprintf(" at %s for %s", list(starts), e.span.wall+e.span.exact)
}

func clock(t time.Duration) string {
	text := fmt.Sprintf("%02d:%02d", t/time.Hour, t/time.Minute%60)
	if seconds := t / time.Second % 60; seconds > 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return text
}

// explain returns the days of a rule in words.
func (r *rule) explain(first time.Time) string {
	if days, simple := r.days(first); simple {
		if days == EveryDay {
			return "every day"
		}
		return "every " + days.String()
	}
	units := [...]string{"year", "month", "week", "day"}
	text := "every " + units[r.freq]
	if r.interval > 1 {
		text = fmt.Sprintf("every %d %ss", r.interval, units[r.freq])
	}
	add := func(words string, values []string) {
		if len(values) > 0 {
			text += words + list(values)
		}
	}
	var months, days []string
	for _, m := range r.byMonth {
		months = append(months, time.Month(m).String())
	}
	add(" in ", months)
	add(" in the ", ordinals(r.byWeekNo, " week"))
	for _, d := range r.byDay {
		if d.n == 0 {
			days = append(days, d.day.String())
		} else {
			days = append(days, "the "+ordinals([]int{d.n}, "")[0]+" "+d.day.String())
		}
	}
	add(" on the ", ordinals(r.byYearDay, " day of the year"))
	add(" on the ", ordinals(r.byMonthDay, " day of the month"))
	add(" on ", days)
	if len(r.byYearDay)+len(r.byMonthDay)+len(r.byDay) == 0 {
		switch {
		case len(r.byWeekNo) > 0 || r.freq == weekly:
			text += " on " + first.Weekday().String()
		case r.freq == monthly || r.freq == yearly && len(r.byMonth) > 0:
			text += " on the " + ordinals([]int{first.Day()}, " day of the month")[0]
		case r.freq == yearly:
			text += " on " + first.Format("2 January")
		}
	}
	add(", only the ", ordinals(r.bySetPos, " of these"))
	return text
}

// ordinals returns numbers such as "2nd" and "3rd last", each with a unit.
func ordinals(numbers []int, unit string) (words []string) {
	for _, n := range numbers {
		last := ""
		if n < 0 {
			n, last = -n, " last"
		}
		suffix := "th"
		if n%100 < 11 || n%100 > 13 {
			suffix = [10]string{"th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th"}[n%10]
		}
		word := fmt.Sprintf("%d%s%s", n, suffix, last)
		if last != "" && n == 1 {
			word = "last"
		}
		words = append(words, word+unit)
	}
	return words
}
