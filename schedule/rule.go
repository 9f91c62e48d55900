package schedule

import (
	"slices"
	"time"
)

type frequency int

const (
	yearly frequency = iota
	monthly
	weekly
	daily
)

var frequencyNames = [...]string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}

// An nthDay is a day of the week: each one, or the nth one of a month or a year, which is
// counted from the end if n is negative.
type nthDay struct {
	n   int
	day time.Weekday
}

// A rule is a recurrence rule of RFC 5545, section 3.3.10. It is evaluated in wall clock
// time. The zero until is no limit.
type rule struct {
	freq      frequency
	interval  int
	count     int
	until     time.Time // the last instant at which an occurrence may start
	weekStart time.Weekday

	byMonth, byWeekNo, byYearDay, byMonthDay, byHour, byMinute, bySecond, bySetPos []int

	byDay []nthDay

	last time.Time // with count: wall clock time of the last occurrence
}

// starts passes the wall clock times of the occurrences from a to b to yield, in order,
// until it returns false. The first occurrence is not before first. The limit until is left
// to the caller. The work depends on the time between a and b.
func (r *rule) starts(first, a, b time.Time, yield func(time.Time) bool) {
	a = later(a, first)
	if r.count > 0 && !r.last.IsZero() && b.After(r.last) {
		b = r.last
	}
	if limit := time.Date(maxYear+1, 1, 1, 0, 0, 0, 0, time.UTC); b.After(limit) {
		b = limit
	}
	// One period earlier: a week of a year may start in the year before.
	k := max(0, (r.periods(first, a)-1)/r.interval*r.interval-r.interval)
	for ; ; k += r.interval {
		start, end := r.period(first, k)
		if start.After(b) {
			return
		}
		for _, wall := range r.expand(first, start, end) {
			if wall.Before(a) || wall.After(b) {
				continue
			}
			if !yield(wall) {
				return
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// periods returns the number of years, months, weeks or days between two times.
func (r *rule) periods(first, t time.Time) int {
	switch r.freq {
	case yearly:
		return t.Year() - first.Year()
	case monthly:
		return (t.Year()-first.Year())*12 + int(t.Month()) - int(first.Month())
	case weekly:
		return int(midnight(t).Sub(r.week(first)) / (7 * day))
	default:
		return int(midnight(t).Sub(midnight(first)) / day)
	}
}

// week returns the start of the week.
func (r *rule) week(t time.Time) time.Time {
	return midnight(t).AddDate(0, 0, -int((t.Weekday()-r.weekStart+7)%7))
}

// period returns the days of the kth year, month, week or day from the first one on. The
// year of week numbers has whole weeks.
func (r *rule) period(first time.Time, k int) (start, end time.Time) {
	switch r.freq {
	case yearly:
		year := first.Year() + k
		if len(r.byWeekNo) > 0 {
			return r.firstWeek(year), r.firstWeek(year + 1)
		}
		return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
	case monthly:
		start = time.Date(first.Year(), first.Month()+time.Month(k), 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	case weekly:
		start = r.week(first).AddDate(0, 0, 7*k)
		return start, start.AddDate(0, 0, 7)
	default:
		start = midnight(first).AddDate(0, 0, k)
		return start, start.AddDate(0, 0, 1)
	}
}

// firstWeek returns the start of the first week with at least four days in the year.
func (r *rule) firstWeek(year int) time.Time {
	return r.week(time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC))
}

// expand returns the occurrences in a period, in order.
func (r *rule) expand(first, start, end time.Time) (walls []time.Time) {
	var times []time.Duration
	for date := start; date.Before(end); date = date.AddDate(0, 0, 1) {
		if r.matches(first, date, start, end) {
			if times == nil {
				times = r.times(first)
			}
			for _, clock := range times {
				walls = append(walls, date.Add(clock))
			}
		}
	}
	if len(r.bySetPos) == 0 {
		return walls
	}
	var chosen []time.Time
	for i, wall := range walls {
		if slices.Contains(r.bySetPos, i+1) || slices.Contains(r.bySetPos, i-len(walls)) {
			chosen = append(chosen, wall)
		}
	}
	return chosen
}

// times returns the times of day of a day with occurrences, in order.
func (r *rule) times(first time.Time) (times []time.Duration) {
	or := func(values []int, value int) []int {
		if len(values) > 0 {
			return values
		}
		return []int{value}
	}
	hour, minute, second := first.Clock()
	for _, h := range or(r.byHour, hour) {
		for _, m := range or(r.byMinute, minute) {
			for _, s := range or(r.bySecond, second) {
				times = append(times, time.Duration(h)*time.Hour+time.Duration(m)*time.Minute+time.Duration(s)*time.Second)
			}
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// matches reports whether a day of a period has occurrences. What the rule does not say
// about the day is taken from the first occurrence.
func (r *rule) matches(first, date, start, end time.Time) bool {
	noDay := len(r.byYearDay) == 0 && len(r.byMonthDay) == 0 && len(r.byDay) == 0
	switch {
	case len(r.byMonth) > 0 && !slices.Contains(r.byMonth, int(date.Month())):
		return false
	case len(r.byWeekNo) > 0:
		week, weeks := int(date.Sub(start)/(7*day)), int(end.Sub(start)/(7*day))
		if !slices.Contains(r.byWeekNo, week+1) && !slices.Contains(r.byWeekNo, week-weeks) {
			return false
		}
		if noDay && date.Weekday() != first.Weekday() {
			return false
		}
	case noDay && r.freq == yearly && (date.Day() != first.Day() || len(r.byMonth) == 0 && date.Month() != first.Month()),
		noDay && r.freq == monthly && date.Day() != first.Day(),
		noDay && r.freq == weekly && date.Weekday() != first.Weekday():
		return false
	}
	if len(r.byYearDay) > 0 {
		length := time.Date(date.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
		if !slices.Contains(r.byYearDay, date.YearDay()) && !slices.Contains(r.byYearDay, date.YearDay()-length-1) {
			return false
		}
	}
	if len(r.byMonthDay) > 0 && !slices.Contains(r.byMonthDay, date.Day()) &&
		!slices.Contains(r.byMonthDay, date.Day()-daysIn(date)-1) {
		return false
	}
	return len(r.byDay) == 0 || slices.ContainsFunc(r.byDay, func(d nthDay) bool {
		if d.day != date.Weekday() || d.n == 0 {
			return d.day == date.Weekday()
		}
		index, length := date.Day()-1, daysIn(date)
		if r.freq == yearly && len(r.byMonth) == 0 {
			index, length = date.YearDay()-1, time.Date(date.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
		}
		return index/7+1 == d.n || (length-1-index)/7+1 == -d.n
	})
}

// daysIn returns the number of days in the month of a date.
func daysIn(date time.Time) int {
	return time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// finish computes the last occurrence of a rule with a count.
func (r *rule) finish(first time.Time) {
	if r.count == 0 {
		return
	}
	r.last = time.Time{}
	end, n := first, 0
	r.starts(first, first, time.Date(maxYear+1, 1, 1, 0, 0, 0, 0, time.UTC), func(wall time.Time) bool {
		end = wall
		n++
		return n < r.count
	})
	r.last = end
}

// days returns the days of a rule that only says on which days of each week it recurs.
func (r *rule) days(first time.Time) (days Days, simple bool) {
	if r.freq != weekly || r.interval != 1 || r.count > 0 ||
		len(r.byMonth)+len(r.byHour)+len(r.byMinute)+len(r.bySecond)+len(r.bySetPos) > 0 {
		return 0, false
	}
	if len(r.byDay) == 0 {
		return dayOf(first.Weekday()), true
	}
	for _, d := range r.byDay {
		days |= dayOf(d.day)
	}
	return days, true
}

// nthDays returns the days of a set.
func nthDays(days Days) (list []nthDay) {
	for i := range 7 {
		if days&(1<<i) != 0 {
			list = append(list, nthDay{0, weekday(i)})
		}
	}
	return list
}
