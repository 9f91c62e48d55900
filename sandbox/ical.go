package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/schedule"
)

// Limits of a time restriction. Reported: that seven weekly events with long UIDs are
// refused. Inferred: both numbers.
const (
	maxEvents      = 6
	maxRestriction = 2 << 10 // bytes
)

// checkRestriction checks the timeRestrictionIcal of a request, which may be nil. Reported:
// that TZID with VALUE=DATE is refused, and the code TimeRestrictionIcalTooComplex.
// Inferred: that everything else that RFC 5545 forbids or that package schedule does not
// evaluate is refused as well, the code BadRequest, and the limits.
func checkRestriction(text *string) error {
	if text == nil {
		return nil
	}
	events, err := readCalendar(*text)
	switch {
	case err != nil:
		return badRequest("timeRestrictionIcal: %v", err)
	case events > maxEvents:
		return fail(http.StatusBadRequest, "TimeRestrictionIcalTooComplex", "the time restriction has %d events, more than %d", events, maxEvents)
	case len(*text) > maxRestriction:
		return fail(http.StatusBadRequest, "TimeRestrictionIcalTooComplex", "the time restriction has %d bytes, more than %d", len(*text), maxRestriction)
	}
	// A lock must be able to evaluate it.
	switch _, err := schedule.ParseICalendar(withoutUnknownZones(unfold(*text)), time.UTC); {
	case errors.Is(err, schedule.ErrLimit):
		return fail(http.StatusBadRequest, "TimeRestrictionIcalTooComplex", "the time restriction is too complex: %s", strings.TrimPrefix(err.Error(), "schedule: "))
	case err != nil:
		return badRequest("timeRestrictionIcal: %s", strings.TrimPrefix(err.Error(), "schedule: "))
	}
	return nil
}

// unfold joins folded lines, and ends each with a line feed.
func unfold(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.NewReplacer("\n ", "", "\n\t", "").Replace(text)
}

// icalLine is a line of a calendar: a property, or the begin or end of a component.
type icalLine struct {
	name   string // in capitals
	params map[string]string
	value  string
}

// icalPattern matches a line. A parameter may be quoted, and then contain any of :;,
var icalPattern = regexp.MustCompile(`^([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)$`)

var icalParam = regexp.MustCompile(`;([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)`)

func parseLine(text string) (icalLine, error) {
	m := icalPattern.FindStringSubmatch(text)
	if m == nil {
		return icalLine{}, fmt.Errorf("invalid line %q", text)
	}
	line := icalLine{strings.ToUpper(m[1]), map[string]string{}, m[3]}
	for _, param := range icalParam.FindAllStringSubmatch(m[2], -1) {
		line.params[strings.ToUpper(param[1])] = strings.Trim(param[2], `"`)
	}
	return line, nil
}

// readCalendar checks that text is one VCALENDAR with at least one VEVENT, and returns the
// number of its events.
func readCalendar(text string) (events int, err error) {
	text = unfold(text)
	var open []*component
	closed := false
	for row := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line, err := parseLine(row)
		switch {
		case err != nil:
			return 0, err
		case closed:
			return 0, fmt.Errorf("line %q after the end of the calendar", row)
		case len(open) == 0 && (line.name != "BEGIN" || !strings.EqualFold(line.value, "VCALENDAR")):
			return 0, fmt.Errorf("got line %q, want BEGIN:VCALENDAR", row)
		case line.name == "BEGIN":
			name := strings.ToUpper(line.value)
			if len(open) > 0 && (name == "VCALENDAR" || name == "VEVENT" && len(open) > 1) {
				return 0, fmt.Errorf("%s in %s", name, open[len(open)-1].name)
			}
			open = append(open, &component{name: name, properties: map[string][]icalLine{}})
		case line.name == "END":
			c := open[len(open)-1]
			if !strings.EqualFold(line.value, c.name) {
				return 0, fmt.Errorf("got line %q, want END:%s", row, c.name)
			}
			if err := c.check(); err != nil {
				return 0, fmt.Errorf("%s: %w", c.name, err)
			}
			if c.name == "VEVENT" {
				events++
			}
			open = open[:len(open)-1]
			closed = len(open) == 0
		default:
			c := open[len(open)-1]
			c.properties[line.name] = append(c.properties[line.name], line)
		}
	}
	switch {
	case !closed:
		return 0, fmt.Errorf("END:%s is missing", open[len(open)-1].name)
	case events == 0:
		return 0, fmt.Errorf("the calendar has no VEVENT")
	}
	return events, nil
}

// component is a component of a calendar, such as a VEVENT.
type component struct {
	name       string
	properties map[string][]icalLine
}

func (c *component) check() error {
	switch c.name {
	case "VCALENDAR":
		if err := c.once("VERSION", "PRODID"); err != nil {
			return err
		}
		if version := c.properties["VERSION"][0].value; version != "2.0" {
			return fmt.Errorf("VERSION is %q, want 2.0", version)
		}
	case "VEVENT":
		return c.checkEvent()
	}
	return nil
}

// once checks that each property exists once and has a value.
func (c *component) once(names ...string) error {
	for _, name := range names {
		if got := c.properties[name]; len(got) != 1 || got[0].value == "" {
			return fmt.Errorf("got %d %s, want one with a value", len(got), name)
		}
	}
	return nil
}

func (c *component) checkEvent() error {
	if err := c.once("UID", "DTSTAMP", "DTSTART"); err != nil {
		return err
	}
	for name := range c.properties {
		if slices.Contains([]string{"DTEND", "DURATION", "RRULE"}, name) {
			if err := c.once(name); err != nil {
				return err
			}
		}
	}
	if stamp := c.properties["DTSTAMP"][0].value; !icalTime(stamp) || !strings.HasSuffix(stamp, "Z") {
		return fmt.Errorf("DTSTAMP %q is not a time in UTC", stamp)
	}
	start := c.properties["DTSTART"][0]
	if err := start.checkMoment(); err != nil {
		return err
	}
	if end := c.properties["DTEND"]; end != nil {
		if err := end[0].checkMoment(); err != nil {
			return err
		}
		switch {
		case len(c.properties["DURATION"]) > 0:
			return fmt.Errorf("both DTEND and DURATION")
		case strings.Contains(end[0].value, "T") != strings.Contains(start.value, "T"):
			return fmt.Errorf("DTSTART %q and DTEND %q have different forms", start.value, end[0].value)
		case len(end[0].value) == len(start.value) && end[0].params["TZID"] == start.params["TZID"] && end[0].value <= start.value:
			return fmt.Errorf("DTEND %q is not after DTSTART %q", end[0].value, start.value)
		}
	}
	for _, rule := range c.properties["RRULE"] {
		if err := checkRule(rule.value); err != nil {
			return fmt.Errorf("RRULE: %w", err)
		}
	}
	return nil
}

// checkMoment checks the value of a DTSTART or DTEND.
func (l icalLine) checkMoment() error {
	zone, zoned := l.params["TZID"]
	kind := strings.ToUpper(l.params["VALUE"])
	switch {
	case zoned && kind == "DATE":
		return fmt.Errorf("%s has TZID with VALUE=DATE", l.name)
	case zoned && zone == "":
		return fmt.Errorf("%s has an empty TZID", l.name)
	case zoned && strings.HasSuffix(l.value, "Z"):
		return fmt.Errorf("%s has a TZID and is in UTC", l.name)
	case kind == "DATE" && icalDate(l.value), (kind == "" || kind == "DATE-TIME") && icalTime(l.value):
		return nil
	}
	return fmt.Errorf("%s %q is not a valid time", l.name, l.value)
}

func icalDate(text string) bool {
	_, err := time.Parse("20060102", text)
	return err == nil
}

// icalTime reports whether text is a local time, or one in UTC.
func icalTime(text string) bool {
	_, err := time.Parse("20060102T150405", strings.TrimSuffix(text, "Z"))
	return err == nil
}

// checkRule checks what package schedule tolerates in an RRULE.
func checkRule(rule string) error {
	if rule = strings.ToUpper(rule); strings.Contains(rule, "UNTIL=") && strings.Contains(rule, "COUNT=") {
		return fmt.Errorf("both UNTIL and COUNT")
	}
	return nil
}

// withoutUnknownZones removes the names of time zones that are not in the time zone database
// from a calendar: Tapkey may know others, and a system may have no database.
func withoutUnknownZones(text string) string {
	return icalZone.ReplaceAllStringFunc(text, func(param string) string {
		name := strings.Trim(icalZone.FindStringSubmatch(param)[1], `"`)
		if _, err := time.LoadLocation(name); err != nil {
			return ""
		}
		return param
	})
}

var icalZone = regexp.MustCompile(`(?i);TZID=("[^"]*"|[^";:]*)`)
