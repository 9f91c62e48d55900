package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var (
	timesPattern = regexp.MustCompile(`^(\d{1,2}:\d{2})-(\d{1,2}:\d{2})$`)
	datePattern  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	betweenDates = regexp.MustCompile(`(\d{4}-\d{2}-\d{2})\s+(\d{1,2}:\d{2})\s*-\s*(\d{4}-\d{2}-\d{2})\s+(\d{1,2}:\d{2})`)
	aroundHyphen = regexp.MustCompile(`\s*-\s*`)
)

// Parse parses windows such as
//
//	Mo-Fr 08:00-18:00, Sa 10:00-14:00
//	Mon,Wed 08:00-12:00,13:00-17:00 from 2026-02-01 until 2026-06-30; Fri 22:00-06:00
//	2026-05-01 10:00-12:00
//	2026-05-01 18:00 - 2026-05-03 09:00
//	daily 08:00-20:00; 24/7
//
// The times are those of clocks in the zone. Days are English names of at least two letters,
// ranges of them, "daily", "weekdays" or "weekends". Times without days repeat those before
// them, and at first mean every day. A window that ends at or before its start ends on the
// next day. "from" and "until" set the first and the last day of the weekly windows up to the
// next semicolon or line break.
func Parse(text string, zone *time.Location) (Schedule, error) {
	if len(text) > maxText {
		return Schedule{}, limitError{fmt.Sprintf("the text has %d bytes, want at most %d", len(text), maxText)}
	}
	if err := checkZone(zone); err != nil {
		return Schedule{}, fmt.Errorf("schedule: %w", err)
	}
	text = strings.NewReplacer("–", "-", "—", "-", "‑", "-", "−", "-", "\n", ";", "\r", ";").Replace(text)
	var all []Schedule
	for group := range strings.SplitSeq(text, ";") {
		if strings.Trim(group, ", \t") == "" {
			continue
		}
		s, err := parseGroup(group, zone)
		if err != nil {
			return Schedule{}, err
		}
		if all = append(all, s); len(all) > maxEvents {
			break
		}
	}
	s := Join(all...)
	return s, s.Err()
}

// parseGroup parses windows with a common first and last day.
func parseGroup(group string, zone *time.Location) (Schedule, error) {
	p := textParser{zone: zone, days: EveryDay, used: true}
	group = betweenDates.ReplaceAllStringFunc(group, func(match string) string {
		parts := betweenDates.FindStringSubmatch(match)
		return fmt.Sprintf("%s/%s/%s/%s", parts[1], parts[2], parts[3], parts[4])
	})
	words := strings.FieldsFunc(hyphens(group), func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
	for i := 0; i < len(words); i++ {
		word := strings.ToLower(words[i])
		var err error
		switch word {
		case "from", "until":
			if i++; i == len(words) {
				return Schedule{}, fmt.Errorf("schedule: %q without a date", word)
			}
			err = p.limit(word, words[i])
		default:
			err = p.word(word)
		}
		if err == nil && len(p.windows) > maxEvents {
			err = limitError{fmt.Sprintf("more than %d windows", maxEvents)}
		}
		if err != nil {
			return Schedule{}, err
		}
	}
	return p.finish()
}

// hyphens removes spaces around hyphens between days and times.
func hyphens(text string) string { return aroundHyphen.ReplaceAllString(text, "-") }

// A textParser reads the text of a group.
type textParser struct {
	zone        *time.Location
	days        Days
	date        time.Time // of windows that do not recur; zero if they recur
	used        bool      // whether days or date have times
	windows     []Schedule
	from, until time.Time
}

// limit reads the date after from or until.
func (p *textParser) limit(word, text string) error {
	date, err := parseDate(text)
	if err != nil {
		return err
	}
	target := &p.from
	if word == "until" {
		target = &p.until
	}
	if !target.IsZero() {
		return fmt.Errorf("schedule: second %q: separate windows with different days by a semicolon", word)
	}
	*target = date
	return nil
}

func parseDate(text string) (time.Time, error) {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return date, fmt.Errorf("schedule: invalid date %q, want a date such as 2026-12-31", shorten(text))
	}
	return date, nil
}

// word reads days, a date or times.
func (p *textParser) word(word string) error {
	if word == "24/7" {
		p.windows = append(p.windows, Weekly(p.zone, EveryDay, "00:00", "24:00"))
		return nil
	}
	if parts := strings.Split(word, "/"); len(parts) == 4 {
		return p.period(parts)
	}
	if times := timesPattern.FindStringSubmatch(word); times != nil {
		return p.times(times[1], times[2])
	}
	if datePattern.MatchString(word) {
		date, err := parseDate(word)
		if !p.used {
			return fmt.Errorf("schedule: no times before %s, want times such as 08:00-18:00", word)
		}
		p.date, p.days, p.used = date, 0, false
		return err
	}
	days, err := parseDays(word)
	if err != nil {
		return err
	}
	if !p.used && !p.date.IsZero() {
		return fmt.Errorf("schedule: no times before %q, want times such as 08:00-18:00", word)
	}
	if p.used {
		p.days, p.date, p.used = 0, time.Time{}, false
	}
	p.days |= days
	return nil
}

// times adds the window from one time of day to another.
func (p *textParser) times(from, to string) error {
	p.used = true
	if p.date.IsZero() {
		s := Weekly(p.zone, p.days, from, to)
		p.windows = append(p.windows, s)
		return s.err
	}
	start, err := parseClock(from)
	end, err2 := parseClock(to)
	if err = firstError(err, err2); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	if end <= start {
		end += day
	}
	return p.once(p.date.Add(start), p.date.Add(end))
}

// period adds a window from a time on one date to a time on another.
func (p *textParser) period(parts []string) error {
	if !p.used {
		return fmt.Errorf("schedule: no times before %s, want times such as 08:00-18:00", parts[0])
	}
	from, err := parseDate(parts[0])
	start, err2 := parseClock(parts[1])
	to, err3 := parseDate(parts[2])
	end, err4 := parseClock(parts[3])
	if err = firstError(err, err3); err != nil {
		return err
	}
	if err = firstError(err2, err4); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return p.once(from.Add(start), to.Add(end))
}

func (p *textParser) once(from, to time.Time) error {
	s := Once(resolve(from, p.zone), resolve(to, p.zone))
	p.windows = append(p.windows, s)
	return s.err
}

// finish returns the windows with their first and last day.
func (p *textParser) finish() (Schedule, error) {
	if !p.used || len(p.windows) == 0 {
		return Schedule{}, errors.New("schedule: days without times, want times such as 08:00-18:00")
	}
	s := Join(p.windows...)
	if !p.from.IsZero() {
		s = s.From(p.from)
	}
	if !p.until.IsZero() {
		s = s.Until(p.until)
	}
	return s, s.err
}

// parseDays parses a name of a day, a range of days or a name of a set.
func parseDays(word string) (Days, error) {
	switch word {
	case "daily", "everyday":
		return EveryDay, nil
	case "weekdays":
		return Weekdays, nil
	case "weekends", "weekend":
		return Weekend, nil
	}
	from, to, isRange := strings.Cut(word, "-")
	first := dayIndex(from)
	last := first
	if isRange {
		last = dayIndex(to)
	}
	if first < 0 || last < 0 {
		return 0, fmt.Errorf("schedule: %q is neither days nor times, want text such as Mo-Fr 08:00-18:00", shorten(word))
	}
	days := Days(1 << last)
	for i := first; i != last; i = (i + 1) % 7 {
		days |= 1 << i
	}
	return days, nil
}

// dayIndex returns the index of a day from Monday on, or -1. Two letters of its name are
// enough.
func dayIndex(name string) int {
	name = strings.TrimSuffix(name, ".")
	for i, full := range dayNames {
		full = strings.ToLower(full)
		if len(name) >= 2 && (strings.HasPrefix(full, name) || name == full+"s") {
			return i
		}
	}
	return -1
}
