package schedule

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A change is a change of the offset of a zone.
type change struct {
	at       time.Time
	from, to int // seconds east of UTC
	daylight bool
}

// zoneFromComponent reads a VTIMEZONE.
func zoneFromComponent(id string, c *component) (*time.Location, error) {
	var changes []change
	for i, o := range c.children {
		if o.name != "STANDARD" && o.name != "DAYLIGHT" {
			continue
		}
		if i >= maxObservance {
			return nil, limitError{fmt.Sprintf("line %d: VTIMEZONE with more than %d parts", o.line, maxObservance)}
		}
		more, err := observanceChanges(o)
		if err != nil {
			return nil, err
		}
		if changes = append(changes, more...); len(changes) > maxTransition {
			return nil, limitError{fmt.Sprintf("line %d: VTIMEZONE with more than %d changes", c.line, maxTransition)}
		}
	}
	if len(changes) == 0 {
		return nil, fmt.Errorf("schedule: line %d: VTIMEZONE without STANDARD and DAYLIGHT", c.line)
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	zone, err := time.LoadLocationFromTZData(id, zoneData(changes))
	if err != nil {
		return nil, fmt.Errorf("schedule: line %d: VTIMEZONE: %w", c.line, err)
	}
	return zone, nil
}

// observanceChanges returns the changes of STANDARD or DAYLIGHT until the year 2100.
func observanceChanges(o *component) (changes []change, err error) {
	var start, from, to, recurrence *property
	for name, p := range map[string]**property{"DTSTART": &start, "TZOFFSETFROM": &from, "TZOFFSETTO": &to, "RRULE": &recurrence} {
		if *p, err = o.find(name); err != nil {
			return nil, err
		}
		if *p == nil && name != "RRULE" {
			return nil, fmt.Errorf("schedule: line %d: %s without %s", o.line, o.name, name)
		}
	}
	c := change{daylight: o.name == "DAYLIGHT"}
	if c.from, err = parseOffset(from); err != nil {
		return nil, err
	}
	if c.to, err = parseOffset(to); err != nil {
		return nil, err
	}
	first, err := time.Parse("20060102T150405", start.value)
	if err != nil {
		return nil, start.errorf("invalid time %q in DTSTART", shorten(start.value))
	}
	add := func(wall time.Time) bool {
		c.at = wall.Add(-time.Duration(c.from) * time.Second)
		changes = append(changes, c)
		return len(changes) <= maxTransition
	}
	for i := range o.properties {
		if p := &o.properties[i]; p.name == "RDATE" {
			for value := range strings.SplitSeq(p.value, ",") {
				wall, err := time.Parse("20060102T150405", value)
				if err != nil {
					return nil, p.errorf("invalid time %q in RDATE", shorten(value))
				}
				if !add(wall) {
					break
				}
			}
		}
	}
	if recurrence == nil {
		add(first)
		return changes, nil
	}
	r, until, err := parseRule(recurrence)
	if err != nil {
		return nil, err
	}
	end := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if until != "" {
		layout := "20060102T150405Z"[:min(len(until), 16)]
		limit, err := time.Parse(layout, until)
		if err != nil {
			return nil, recurrence.errorf("invalid UNTIL=%s", shorten(until))
		}
		if strings.HasSuffix(until, "Z") {
			limit = limit.Add(time.Duration(c.from) * time.Second)
		}
		end = limit
	}
	// Rules of Windows start in 1601.
	if first.Year() < minYear {
		first = time.Date(minYear, first.Month(), first.Day(), first.Hour(), first.Minute(), first.Second(), 0, time.UTC)
	}
	r.finish(first)
	r.starts(first, first, end, add)
	return changes, nil
}

// parseOffset parses an offset such as +0100 or -103045.
func parseOffset(p *property) (int, error) {
	var hour, minute, second int
	text := p.value
	valid := (len(text) == 5 || len(text) == 7) && (text[0] == '+' || text[0] == '-') && strings.Trim(text[1:], "0123456789") == ""
	if valid {
		_, _ = fmt.Sscanf(text[1:]+"00", "%2d%2d%2d", &hour, &minute, &second)
	}
	if !valid || hour > 23 || minute > 59 || second > 59 {
		return 0, p.errorf("invalid offset %q in %s", shorten(text), p.name)
	}
	offset := hour*3600 + minute*60 + second
	if text[0] == '-' {
		offset = -offset
	}
	return offset, nil
}

// zoneData writes changes in the format of the time zone database (RFC 8536).
func zoneData(changes []change) []byte {
	type kind struct {
		offset   int
		daylight bool
	}
	kinds := []kind{{changes[0].from, false}} // before the first change
	var times, indexes, types []byte
	for _, c := range changes {
		k := kind{c.to, c.daylight}
		index := slices.Index(kinds[1:], k) + 1
		if index == 0 {
			index = len(kinds)
			kinds = append(kinds, k)
		}
		times = binary.BigEndian.AppendUint64(times, uint64(c.at.Unix()))
		indexes = append(indexes, byte(index))
	}
	for _, k := range kinds {
		types = binary.BigEndian.AppendUint32(types, uint32(int32(k.offset)))
		types = append(types, 0, 0)
		if k.daylight {
			types[len(types)-2] = 1
		}
	}
	const names = "-00\x00"
	header := func(times, kinds, names int) []byte {
		data := append([]byte("TZif2"), make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, times, kinds, names} {
			data = binary.BigEndian.AppendUint32(data, uint32(n))
		}
		return data
	}
	data := append(header(0, 1, 1), 0, 0, 0, 0, 0, 0, 0)
	return slices.Concat(data, header(len(changes), len(kinds), len(names)), times, indexes, types, []byte(names+"\n\n"))
}

// writeZone returns the lines of a VTIMEZONE that is valid from an instant on.
func writeZone(zone *time.Location, from time.Time) []string {
	lines := []string{"BEGIN:VTIMEZONE", "TZID:" + zone.String()}
	part := func(c change, properties ...string) {
		name := "STANDARD"
		if c.daylight {
			name = "DAYLIGHT"
		}
		lines = append(lines, "BEGIN:"+name, "DTSTART:"+c.wall().Format("20060102T150405"),
			"TZOFFSETFROM:"+offsetText(c.from), "TZOFFSETTO:"+offsetText(c.to))
		lines = append(append(lines, properties...), "END:"+name)
	}
	changes := zoneChanges(zone, from)
	groups := groupChanges(changes)
	recurrences := make([]string, len(groups))
	for i, group := range groups {
		recurrences[i] = recurrenceOf(group)
	}
	recurring := len(groups) == 2 && recurrences[0] != "" && recurrences[1] != ""
	for i, group := range groups {
		if recurring {
			part(group[0], "RRULE:"+recurrences[i])
			continue
		}
		// One date a line, the first as well: ical.js reads only the first date of a line, and
		// libical and ical.js ignore DTSTART next to RDATE.
		var dates []string
		if len(group) > 1 {
			for _, c := range group {
				dates = append(dates, "RDATE:"+c.wall().Format("20060102T150405"))
			}
		}
		part(group[0], dates...)
	}
	return append(lines, "END:VTIMEZONE")
}

// wall returns the wall clock time of a change, in the offset before it.
func (c change) wall() time.Time { return c.at.UTC().Add(time.Duration(c.from) * time.Second) }

// zoneChanges returns the last change before an instant and those of the years after it.
// Without any, it returns one that changes nothing.
func zoneChanges(zone *time.Location, from time.Time) (changes []change) {
	t := from.In(zone)
	for {
		start, end := t.ZoneBounds()
		_, to := t.Zone()
		c := change{at: start, from: to, to: to, daylight: t.IsDST()}
		if start.IsZero() {
			c.at = time.Date(minYear, 1, 1, 0, 0, 0, 0, time.UTC)
		} else {
			_, c.from = start.Add(-time.Second).In(zone).Zone()
		}
		if n := len(changes); n == 0 || c.at.After(changes[n-1].at) && c.from != c.to {
			changes = append(changes, c)
		}
		if end.IsZero() || end.After(from.AddDate(zoneYears, 0, 0)) {
			return changes
		}
		// ZoneBounds may return an end that is not after the time, or one that changes nothing.
		if end = end.In(zone); !end.After(t) {
			end = t.Add(day)
		}
		t = end
	}
}

// groupChanges groups changes by their offsets.
func groupChanges(changes []change) (groups [][]change) {
	for _, c := range changes {
		index := slices.IndexFunc(groups, func(group []change) bool {
			return group[0].from == c.from && group[0].to == c.to && group[0].daylight == c.daylight
		})
		if index < 0 {
			groups = append(groups, []change{c})
			continue
		}
		groups[index] = append(groups[index], c)
	}
	return groups
}

// recurrenceOf returns the yearly rule of changes, or "".
func recurrenceOf(group []change) string {
	first := group[0].wall()
	nth, last := (first.Day()-1)/7+1, true
	low, high := first.Day(), first.Day()
	for i, c := range group {
		wall := c.wall()
		if wall.Year() != first.Year()+i || wall.Month() != first.Month() || wall.Weekday() != first.Weekday() ||
			wall.Sub(midnight(wall)) != first.Sub(midnight(first)) {
			return ""
		}
		if (wall.Day()-1)/7+1 != nth {
			nth = 0
		}
		last = last && wall.Day()+7 > daysIn(wall)
		low, high = min(low, wall.Day()), max(high, wall.Day())
	}
	code := dayCodes[(first.Weekday()+6)%7]
	text := fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=", first.Month())
	switch {
	case len(group) < zoneYears-1:
		return ""
	case last:
		return text + "-1" + code
	case nth > 0:
		return fmt.Sprintf("%s%d%s", text, nth, code)
	case high-low == 6:
		var days []string
		for d := low; d <= high; d++ {
			days = append(days, fmt.Sprint(d))
		}
		return text + code + ";BYMONTHDAY=" + strings.Join(days, ",")
	}
	return ""
}

// offsetText returns an offset such as +0100.
func offsetText(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	text := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
