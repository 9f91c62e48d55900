package interop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/schedule"
	"github.com/teambition/rrule-go"
)

const rules = 10_000

// The period that is compared.
var (
	compareFrom = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	compareTo   = time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
)

// randomRule returns a recurrence rule whose start, compareFrom, it matches or not.
func randomRule(r *rand.Rand) string {
	numbers := func(name string, n, most int) string {
		var list []string
		for range 1 + r.IntN(n) {
			list = append(list, fmt.Sprint(1+r.IntN(most)))
		}
		return ";" + name + "=" + strings.Join(list, ",")
	}
	days := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	freq := []string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}[r.IntN(4)]
	rule := fmt.Sprintf("FREQ=%s;INTERVAL=%d", freq, 1+r.IntN(3))
	if r.IntN(3) == 0 {
		rule += fmt.Sprintf(";COUNT=%d", 1+r.IntN(50))
	}
	if r.IntN(4) == 0 {
		rule += numbers("BYMONTH", 3, 12)
	}
	switch day := days[r.IntN(7)]; {
	case freq == "MONTHLY" && r.IntN(3) == 0:
		rule += numbers("BYMONTHDAY", 3, 28)
	case freq == "MONTHLY" && r.IntN(2) == 0:
		rule += fmt.Sprintf(";BYDAY=%d%s", []int{-2, -1, 1, 2, 3, 4}[r.IntN(6)], day)
	case freq == "MONTHLY":
		rule += ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=" + fmt.Sprint([]int{-1, 1, 2}[r.IntN(3)])
	case freq == "WEEKLY" || freq == "DAILY" && r.IntN(2) == 0:
		rule += ";BYDAY=" + day + "," + days[r.IntN(7)] + ";WKST=" + days[r.IntN(7)]
	}
	return rule
}

// merged returns periods in order, with those that overlap or touch as one, cut to the
// compared period.
func merged(periods [][2]int64) (result [][2]int64) {
	slices.SortFunc(periods, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	for _, p := range periods {
		p[0], p[1] = max(p[0], compareFrom.Unix()), min(p[1], compareTo.Unix())
		if p[0] >= p[1] {
			continue
		}
		if n := len(result); n > 0 && p[0] <= result[n-1][1] {
			result[n-1][1] = max(result[n-1][1], p[1])
			continue
		}
		result = append(result, p)
	}
	return result
}

// ours returns the openings in the compared period.
func ours(s schedule.Schedule) (periods [][2]int64) {
	for o := range s.Openings(compareFrom) {
		if !o.Start.Before(compareTo) {
			break
		}
		periods = append(periods, [2]int64{o.Start.Unix(), o.End.Unix()})
	}
	return merged(periods)
}

// Recurrence rules have the occurrences that rrule-go finds, in UTC.
func TestRRuleGoFindsTheSameOccurrences(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	r := rand.New(rand.NewPCG(3, 4))
	equal := 0
	for range rules {
		text := randomRule(r)
		s, err := schedule.ParseICalendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101T080000Z\nDURATION:PT1H\nRRULE:"+text+"\nEND:VEVENT\nEND:VCALENDAR", nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rule, err := rrule.StrToRRule("DTSTART:20260101T080000Z\nRRULE:" + text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var theirs [][2]int64
		for _, start := range rule.Between(compareFrom, compareTo, true) {
			theirs = append(theirs, [2]int64{start.Unix(), start.Unix() + 3600})
		}
		if got, want := ours(s), merged(theirs); slices.Equal(got, want) {
			equal++
		} else {
			t.Errorf("%s: got %d openings %v, rrule-go %d: %v", text, len(got), got[:min(3, len(got))], len(want), want[:min(3, len(want))])
		}
	}
	t.Logf("%d of %d rules have equal occurrences", equal, rules)
}
