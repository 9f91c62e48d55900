package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseICalendar reads a time restriction that Tapkey returns, or another calendar: the
// VEVENTs of one VCALENDAR (RFC 5545). Times without a zone, and days, are those of clocks in
// zone; if zone is nil, they are an error. A zone that the time zone database does not have is
// read from its VTIMEZONE. Cancelled events are left out. What cannot be evaluated is an
// error, so that no part of a restriction is ignored.
func ParseICalendar(text string, zone *time.Location) (Schedule, error) {
	calendar, err := parseComponents(text)
	if err != nil {
		return Schedule{}, err
	}
	r := reader{calendar: calendar, zone: zone, zones: map[string]*time.Location{}}
	var s Schedule
	masters := map[string]int{} // by UID
	var overrides []*component
	for _, c := range calendar.children {
		if c.name != "VEVENT" {
			continue
		}
		if p, err := c.find("RECURRENCE-ID"); err != nil {
			return Schedule{}, err
		} else if p != nil {
			overrides = append(overrides, c)
			continue
		}
		if c.text("STATUS") == "CANCELLED" {
			continue
		}
		e, err := r.event(c)
		if err != nil {
			return Schedule{}, err
		}
		masters[c.text("UID")] = len(s.events)
		if s.events = append(s.events, e); len(s.events)+len(overrides) > maxEvents {
			return Schedule{}, limitError{fmt.Sprintf("more than %d events", maxEvents)}
		}
	}
	for _, c := range overrides {
		if err := r.override(&s, masters, c); err != nil {
			return Schedule{}, err
		}
	}
	if len(s.events) == 0 {
		return Schedule{}, errors.New("schedule: the calendar has no events")
	}
	return s, nil
}

// text returns the value of a property in upper case.
func (c *component) text(name string) string {
	for i := range c.properties {
		if c.properties[i].name == name {
			return strings.ToUpper(c.properties[i].value)
		}
	}
	return ""
}

// A reader reads the events of a calendar.
type reader struct {
	calendar *component
	zone     *time.Location            // of times without a zone
	zones    map[string]*time.Location // by TZID
	dates    int
}

// override replaces one occurrence of an event.
func (r *reader) override(s *Schedule, masters map[string]int, c *component) error {
	p, _ := c.find("RECURRENCE-ID")
	if p.parameters["RANGE"] != "" {
		return p.errorf("RANGE of RECURRENCE-ID is not supported")
	}
	start, err := r.time(p, p.value)
	if err != nil {
		return err
	}
	if index, ok := masters[c.text("UID")]; ok {
		s.events[index].skip(start)
	}
	if c.text("STATUS") == "CANCELLED" {
		return nil
	}
	e, err := r.event(c)
	if err != nil {
		return err
	}
	if s.events = append(s.events, e); len(s.events) > maxEvents {
		return limitError{fmt.Sprintf("more than %d events", maxEvents)}
	}
	return nil
}

// event reads a VEVENT.
func (r *reader) event(c *component) (e event, err error) {
	var start, end, duration, recurrence *property
	for name, p := range map[string]**property{"DTSTART": &start, "DTEND": &end, "DURATION": &duration, "RRULE": &recurrence} {
		if *p, err = c.find(name); err != nil {
			return e, err
		}
	}
	if start == nil {
		return e, fmt.Errorf("schedule: line %d: VEVENT without DTSTART", c.line)
	}
	from, err := r.time(start, start.value)
	if err != nil {
		return e, err
	}
	e = event{zone: from.zone, start: from.wall}
	switch {
	case end != nil && duration != nil:
		return e, duration.errorf("VEVENT with DTEND and DURATION")
	case end != nil:
		to, err := r.time(end, end.value)
		if err != nil {
			return e, err
		}
		// RFC 5545, section 3.8.5.3: all occurrences have the exact duration of the first.
		if from.date && to.date && from.zone == to.zone {
			e.span.wall = to.wall.Sub(from.wall)
		} else {
			e.span.exact = to.instant().Sub(from.instant())
		}
	case duration != nil:
		if e.span, err = parseDuration(duration, duration.value); err != nil {
			return e, err
		}
	case from.date:
		e.span.wall = day
	}
	if length := e.span.wall + e.span.exact; length < 0 {
		return e, start.errorf("VEVENT ends before it starts")
	} else if length > maxLength {
		return e, start.limit("VEVENT is longer than 366 days")
	}
	if recurrence != nil {
		if err := r.recurrence(&e, recurrence); err != nil {
			return e, err
		}
	}
	for i := range c.properties {
		if err := r.dateList(&e, &c.properties[i]); err != nil {
			return e, err
		}
	}
	return e, nil
}

// recurrence reads RRULE.
func (r *reader) recurrence(e *event, p *property) (err error) {
	var until string
	if e.rule, until, err = parseRule(p); err != nil {
		return err
	}
	if until != "" {
		limit, err := r.timeIn(p, until, e.zone)
		if err != nil {
			return err
		}
		if limit.date {
			limit.wall = limit.wall.Add(day - resolution)
		}
		e.rule.until = limit.instant()
	}
	e.rule.finish(e.start)
	return nil
}

// dateList reads EXDATE and RDATE, and reports what is not supported.
func (r *reader) dateList(e *event, p *property) error {
	switch p.name {
	case "EXRULE":
		return p.errorf("EXRULE is not supported")
	case "EXDATE", "RDATE":
	default:
		return nil
	}
	for value := range strings.SplitSeq(p.value, ",") {
		if r.dates++; r.dates > maxDates {
			return p.limit("more than %d dates in RDATE and EXDATE", maxDates)
		}
		value, period, isPeriod := strings.Cut(strings.TrimSpace(value), "/")
		t, err := r.timeIn(p, value, e.zone)
		if err != nil {
			return err
		}
		if p.name == "EXDATE" {
			e.skip(t)
			continue
		}
		a := addition{start: t.instant()}
		if isPeriod {
			if a.length, err = r.periodLength(p, period, t, e.zone); err != nil {
				return err
			}
		}
		e.added = append(e.added, a)
	}
	return nil
}

// skip excludes an occurrence.
func (e *event) skip(t moment) {
	if t.date {
		e.days = append(e.days, t.wall)
		return
	}
	e.skipped = append(e.skipped, t.instant())
	slices.SortFunc(e.skipped, time.Time.Compare)
}

// periodLength returns the length of a period from its end or its duration.
func (r *reader) periodLength(p *property, text string, start moment, zone *time.Location) (time.Duration, error) {
	var length time.Duration
	if strings.HasPrefix(text, "P") {
		s, err := parseDuration(p, text)
		if err != nil {
			return 0, err
		}
		length = resolve(start.wall.Add(s.wall), start.zone).Add(s.exact).Sub(start.instant())
	} else {
		end, err := r.timeIn(p, text, zone)
		if err != nil {
			return 0, err
		}
		length = end.instant().Sub(start.instant())
	}
	if length <= 0 || length > maxLength {
		return 0, p.errorf("invalid period %s in RDATE, want a length of at most 366 days", shorten(text))
	}
	return length, nil
}

// A moment is a time of a calendar.
type moment struct {
	wall time.Time
	zone *time.Location
	date bool // a day without a time of day
}

func (m moment) instant() time.Time { return resolve(m.wall, m.zone) }

// time parses a time. Without a zone it is in the zone of the reader.
func (r *reader) time(p *property, value string) (moment, error) { return r.timeIn(p, value, r.zone) }

// timeIn parses a time that is in a zone unless it says otherwise.
func (r *reader) timeIn(p *property, value string, zone *time.Location) (m moment, err error) {
	layout := "20060102T150405"
	text, utc := strings.CutSuffix(strings.ToUpper(value), "Z")
	if len(text) == 8 && !utc {
		layout, m.date = "20060102", true
	}
	if m.wall, err = time.Parse(layout, text); err != nil || len(text) != len(layout) {
		return m, p.errorf("invalid time %q in %s", shorten(value), p.name)
	}
	if m.wall.Year() < minYear || m.wall.Year() > maxYear {
		return m, p.limit("%s has the year %d, want %d to %d", p.name, m.wall.Year(), minYear, maxYear)
	}
	id := p.parameters["TZID"]
	switch {
	case utc:
		m.zone = time.UTC
	case id != "":
		m.zone, err = r.findZone(p, id)
	case zone != nil:
		m.zone = zone
	default:
		err = p.errorf("%s has no time zone: pass the zone in which it is meant", p.name)
	}
	return m, err
}

// findZone returns the zone with a TZID: of the time zone database, where some programs put a
// prefix before the name, or of the calendar.
func (r *reader) findZone(p *property, id string) (*time.Location, error) {
	if zone := r.zones[id]; zone != nil {
		return zone, nil
	}
	zone := databaseZone(id)
	if zone == nil {
		for _, c := range r.calendar.children {
			if c.name != "VTIMEZONE" {
				continue
			}
			if name, err := c.find("TZID"); err != nil {
				return nil, err
			} else if name != nil && strings.Trim(name.value, `"`) == id {
				if zone, err = zoneFromComponent(id, c); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	if zone == nil {
		return nil, p.errorf("unknown time zone %q without VTIMEZONE", shorten(id))
	}
	r.zones[id] = zone
	return zone, nil
}

// databaseZone returns the zone with a name of the time zone database, or nil.
func databaseZone(id string) *time.Location {
	names := []string{id}
	if strings.HasPrefix(id, "/") {
		parts := strings.Split(id, "/")
		for n := min(3, len(parts)); n >= 2; n-- {
			names = append(names, strings.Join(parts[len(parts)-n:], "/"))
		}
	}
	for _, name := range names {
		if zone, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return zone
		}
	}
	return nil
}

// The numbers of digits keep the sum within a time.Duration.
var durationPattern = regexp.MustCompile(`^\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)

// parseDuration parses a duration that is not negative. Weeks and days are wall clock time.
func parseDuration(p *property, text string) (s span, err error) {
	parts := durationPattern.FindStringSubmatch(strings.ToUpper(text))
	if parts == nil || strings.Join(parts[1:], "") == "" {
		return s, p.errorf("invalid duration %q", shorten(text))
	}
	n := func(i int) time.Duration {
		value, _ := strconv.Atoi("0" + parts[i])
		return time.Duration(value)
	}
	s.wall = n(1)*7*day + n(2)*day
	s.exact = n(3)*time.Hour + n(4)*time.Minute + n(5)*time.Second
	return s, nil
}
