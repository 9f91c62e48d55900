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
	case freq == "YEARLY" && r.IntN(4) == 0:
		rule += numbers("BYYEARDAY", 3, 366)
	case freq == "YEARLY" && r.IntN(3) == 0:
		rule += numbers("BYWEEKNO", 3, 51) + ";BYDAY=" + day
	}
	return rule
}

// merged returns periods in order, with those that overlap or touch as one, cut to the time
// between from and to.
func merged(periods [][2]int64, from, to time.Time) (result [][2]int64) {
	slices.SortFunc(periods, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	for _, p := range periods {
		p[0], p[1] = max(p[0], from.Unix()), min(p[1], to.Unix())
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

// ours returns the openings between from and to.
func ours(s schedule.Schedule, from, to time.Time) (periods [][2]int64) {
	for o := range s.Openings(from) {
		if !o.Start.Before(to) {
			break
		}
		periods = append(periods, [2]int64{o.Start.Unix(), o.End.Unix()})
	}
	return merged(periods, from, to)
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
		if got, want := ours(s, compareFrom, compareTo), merged(theirs, compareFrom, compareTo); slices.Equal(got, want) {
			equal++
		} else {
			t.Errorf("%s: got %d openings %v, rrule-go %d: %v", text, len(got), got[:min(3, len(got))], len(want), want[:min(3, len(want))])
		}
	}
	t.Logf("%d of %d rules have equal occurrences", equal, rules)
}

// These rules are the reason why package schedule does not use rrule-go. If it finds the
// occurrences of RFC 5545, that may be decided again.
func TestWhatRRuleGoFindsInstead(t *testing.T) {
	for _, test := range []struct {
		start, rule  string
		want, theirs int // occurrences in the compared period
	}{
		{"20260102T080000Z", "FREQ=MONTHLY;BYDAY=SA,-4TH", 128, 0},
		{"20260223T080000Z", "FREQ=YEARLY;BYWEEKNO=9", 2, 14},
		{"20260404T080000Z", "FREQ=WEEKLY;COUNT=1;BYDAY=WE,SA;BYSETPOS=-1", 1, 1},
		{"20260404T080000Z", "FREQ=WEEKLY;UNTIL=20260411T080000Z;BYDAY=WE,SA;BYSETPOS=2", 2, 1},
	} {
		s, err := schedule.ParseICalendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:"+test.start+"\nDURATION:PT1H\nRRULE:"+test.rule+"\nEND:VEVENT\nEND:VCALENDAR", nil)
		if err != nil {
			t.Fatalf("%s: %v", test.rule, err)
		}
		rule, err := rrule.StrToRRule("DTSTART:" + test.start + "\nRRULE:" + test.rule)
		if err != nil {
			t.Fatalf("%s: %v", test.rule, err)
		}
		if got := len(ours(s, compareFrom, compareTo)); got != test.want {
			t.Errorf("%s: got %d occurrences, want %d", test.rule, got, test.want)
		}
		if got := len(rule.Between(compareFrom, compareTo, true)); got != test.theirs {
			t.Errorf("%s: got %d occurrences of rrule-go, want %d", test.rule, got, test.theirs)
		}
	}
}
