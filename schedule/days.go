package schedule

import (
	"math/bits"
	"strings"
	"time"
)

// Days is a set of days of the week. Combine days with |.
type Days uint8

// The days of the week, and common sets of them.
const (
	Mon Days = 1 << iota
	Tue
	Wed
	Thu
	Fri
	Sat
	Sun

	Weekdays = Mon | Tue | Wed | Thu | Fri
	Weekend  = Sat | Sun
	EveryDay = Weekdays | Weekend
)

// dayNames are the names of the days from Monday on.
var dayNames = [7]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// dayCodes are the names of the days in iCalendar, from Monday on.
var dayCodes = [7]string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// dayOf returns the set with the one day.
func dayOf(day time.Weekday) Days { return 1 << ((day + 6) % 7) }

// weekday returns the day with an index from Monday on.
func weekday(index int) time.Weekday { return time.Weekday((index + 1) % 7) }

// String returns the days in words, such as "Monday to Friday" or "Monday and Wednesday".
func (d Days) String() string {
	if d == EveryDay {
		return "every day"
	}
	var parts []string
	for i := 0; i < 7; i++ {
		if d&(1<<i) == 0 {
			continue
		}
		last := i + bits.TrailingZeros8(^uint8(d>>i)) - 1
		if last-i >= 2 {
			parts = append(parts, dayNames[i]+" to "+dayNames[last])
			i = last
			continue
		}
		parts = append(parts, dayNames[i])
	}
	return list(parts)
}

// list joins words with commas and "and".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
