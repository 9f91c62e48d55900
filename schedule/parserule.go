package schedule

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseRule parses the value of RRULE without UNTIL, whose text it returns.
func parseRule(p *property) (r *rule, until string, err error) {
	r = &rule{freq: -1, interval: 1, weekStart: time.Monday}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.Trim(p.value, ";"), ";") {
		name, value, _ := strings.Cut(strings.ToUpper(part), "=")
		if seen[name] {
			return nil, "", p.errorf("second %s in RRULE", shorten(name))
		}
		seen[name] = true
		switch name {
		case "FREQ":
			r.freq = frequency(slices.Index(frequencyNames[:], value))
			if slices.Contains([]string{"SECONDLY", "MINUTELY", "HOURLY"}, value) {
				return nil, "", p.limit("FREQ=%s, want DAILY, WEEKLY, MONTHLY or YEARLY", value)
			}
		case "UNTIL":
			until = value
		case "COUNT":
			r.count, err = p.number(name, value, 1, maxCount)
		case "INTERVAL":
			r.interval, err = p.number(name, value, 1, maxInterval)
		case "WKST":
			if r.weekStart, err = p.weekday(value); err != nil {
				return nil, "", err
			}
		case "BYDAY":
			r.byDay, err = p.nthDays(value)
		default:
			err = p.numbers(r, name, value)
		}
		if err != nil {
			return nil, "", err
		}
	}
	return r, until, r.check(p)
}

// check checks which parts of a rule are together.
func (r *rule) check(p *property) error {
	nth := slices.ContainsFunc(r.byDay, func(d nthDay) bool { return d.n != 0 })
	name := ""
	switch {
	case r.freq < 0:
		return p.errorf("RRULE without a valid FREQ")
	case len(r.byWeekNo) > 0 && r.freq != yearly:
		name = "BYWEEKNO"
	case len(r.byYearDay) > 0 && r.freq != yearly:
		name = "BYYEARDAY"
	case len(r.byMonthDay) > 0 && r.freq == weekly:
		name = "BYMONTHDAY"
	case nth && (r.freq > monthly || len(r.byWeekNo) > 0):
		name = "BYDAY with a number"
	}
	if name != "" {
		return p.errorf("%s is not allowed in this RRULE with FREQ=%s", name, frequencyNames[r.freq])
	}
	if n := max(1, len(r.byHour)) * max(1, len(r.byMinute)) * max(1, len(r.bySecond)); n > maxTimesOfDay {
		return p.limit("RRULE with %d occurrences on a day, want at most %d", n, maxTimesOfDay)
	}
	if others := len(r.byMonth) + len(r.byWeekNo) + len(r.byYearDay) + len(r.byMonthDay) + len(r.byDay) +
		len(r.byHour) + len(r.byMinute) + len(r.bySecond); len(r.bySetPos) > 0 && others == 0 {
		return p.errorf("BYSETPOS without another BY part in RRULE")
	}
	return nil
}

// numbers parses the lists of numbers of a rule.
func (p *property) numbers(r *rule, name, value string) error {
	lists := map[string]struct {
		list     *[]int
		from, to int
		negative bool
	}{
		"BYMONTH":    {&r.byMonth, 1, 12, false},
		"BYWEEKNO":   {&r.byWeekNo, 1, 53, true},
		"BYYEARDAY":  {&r.byYearDay, 1, 366, true},
		"BYMONTHDAY": {&r.byMonthDay, 1, 31, true},
		"BYHOUR":     {&r.byHour, 0, 23, false},
		"BYMINUTE":   {&r.byMinute, 0, 59, false},
		"BYSECOND":   {&r.bySecond, 0, 59, false},
		"BYSETPOS":   {&r.bySetPos, 1, 366, true},
	}
	l, ok := lists[name]
	if !ok {
		return p.errorf("unknown part %q of RRULE", shorten(name))
	}
	for text := range strings.SplitSeq(value, ",") {
		digits, negative := strings.CutPrefix(text, "-")
		n, err := p.number(name, strings.TrimPrefix(digits, "+"), l.from, l.to)
		if err != nil || negative && !l.negative {
			return p.errorf("invalid %s=%s in RRULE", name, shorten(text))
		}
		if negative {
			n = -n
		}
		if !slices.Contains(*l.list, n) {
			*l.list = append(*l.list, n)
		}
	}
	return nil
}

// number parses a number of a rule.
func (p *property) number(name, value string, from, to int) (int, error) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0, p.errorf("invalid %s=%s in RRULE", name, shorten(value))
	}
	n, err := strconv.Atoi(value)
	switch {
	case err != nil || n > to:
		return 0, p.limit("%s=%s in RRULE, want at most %d", name, shorten(value), to)
	case n < from:
		return 0, p.errorf("invalid %s=%s in RRULE", name, value)
	}
	return n, nil
}

// nthDays parses the value of BYDAY.
func (p *property) nthDays(value string) (days []nthDay, err error) {
	for text := range strings.SplitSeq(value, ",") {
		code := text[max(0, len(text)-2):]
		d := nthDay{}
		if d.day, err = p.weekday(code); err != nil {
			return nil, err
		}
		if number := strings.TrimSuffix(text, code); number != "" {
			digits, negative := strings.CutPrefix(number, "-")
			if d.n, err = p.number("BYDAY", strings.TrimPrefix(digits, "+"), 1, 53); err != nil {
				return nil, err
			}
			if negative {
				d.n = -d.n
			}
		}
		if !slices.Contains(days, d) {
			days = append(days, d)
		}
	}
	return days, nil
}

func (p *property) weekday(code string) (time.Weekday, error) {
	index := slices.Index(dayCodes[:], code)
	if index < 0 {
		return 0, p.errorf("invalid day %q in RRULE", shorten(code))
	}
	return weekday(index), nil
}
