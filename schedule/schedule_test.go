package schedule

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests do not depend on the zones of the system

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// openings returns the openings from a time on, at most n, in UTC.
func openings(s Schedule, from time.Time, n int) (texts []string) {
	for o := range s.Openings(from) {
		texts = append(texts, o.Start.UTC().Format("0102T1504")+"-"+o.End.UTC().Format("0102T1504"))
		if len(texts) == n {
			break
		}
	}
	return texts
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestChangesOfClocks(t *testing.T) {
	for _, test := range []struct {
		zone, text, from string
		want             []string
	}{
		{"Europe/Vienna", "Su 08:00-18:00", "2026-03-22", []string{"0322T0700-0322T1700", "0329T0600-0329T1600"}},
		{"Europe/Vienna", "Sa-Su 22:00-06:00", "2026-03-28", []string{"0328T2100-0329T0500", "0329T2000-0330T0400"}},
		{"Europe/Vienna", "Sa 22:00-06:00", "2026-10-24", []string{"1024T2000-1025T0400"}},
		{"Europe/Vienna", "Su 02:30-05:00", "2026-03-29", []string{"0329T0130-0329T0400"}}, // skipped: 03:30
		{"Europe/Vienna", "Su 02:30-05:00", "2026-10-25", []string{"1025T0030-1025T0300"}}, // twice: the first
		{"Europe/Vienna", "Su 01:00-02:30", "2026-10-25", []string{"1024T2300-1025T0030"}},
		{"Europe/Vienna", "Su 02:30-02:45", "2026-03-29", []string{"0329T0130-0329T0145"}},
		{"Europe/Vienna", "Su 02:30-03:00", "2026-03-29", []string{"0329T0130-0329T0200"}},
		{"America/New_York", "Su 02:30-05:00", "2026-03-08", []string{"0308T0730-0308T1000"}},
		{"America/New_York", "Su 01:30-03:00", "2026-11-01", []string{"1101T0530-1101T0700"}},
		{"America/New_York", "Sa 22:00-06:00", "2026-10-31", []string{"1101T0200-1101T1000"}},
		{"Australia/Lord_Howe", "Su 01:45-03:00", "2026-04-05", []string{"0404T1445-0404T1600"}}, // twice
		{"Australia/Lord_Howe", "Su 02:15-03:00", "2026-10-04", []string{"1003T1545-1003T1630"}}, // skipped: 02:45
		{"Europe/Vienna", "Su 00:00-24:00", "2026-10-25", []string{"1024T2200-1025T2300"}},       // 25 hours
		{"Europe/Vienna", "Su 00:00-24:00", "2026-03-29", []string{"0328T2300-0329T2200"}},       // 23 hours
		{"Asia/Kolkata", "Mo 00:00-24:00", "2026-01-05", []string{"0104T1830-0105T1830"}},
	} {
		z := zone(t, test.zone)
		s, err := Parse(test.text, z)
		if err != nil {
			t.Fatal(err)
		}
		from, err := time.ParseInLocation(time.DateOnly, test.from, z)
		if err != nil {
			t.Fatal(err)
		}
		same(t, test.zone+" "+test.text+" from "+test.from, openings(s, from, len(test.want)), test.want)
		again(t, s)
	}
}

// again writes and reads a schedule in both forms and compares its openings.
func again(t testing.TB, s Schedule) {
	t.Helper()
	for name, write := range map[string]func() (string, error){"ICalendar": s.ICalendar, "Compact": s.Compact} {
		text, err := write()
		if err != nil {
			if name == "Compact" && strings.Contains(err.Error(), "needs a VTIMEZONE") {
				continue
			}
			t.Fatalf("%s of %s: %v", name, s, err)
		}
		read, err := ParseICalendar(text, nil)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		for _, year := range []int{2025, 2026, 2031} {
			from := time.Date(year, 2, 20, 3, 0, 0, 0, time.UTC)
			if got, want := openings(read, from, 300), openings(s, from, 300); !slices.Equal(got, want) {
				t.Fatalf("%s: got openings %v, want %v\n%s", name, got, want, text)
			}
		}
		if second, err := read.write(map[string]string{"ICalendar": "\r\n", "Compact": "\n"}[name], name == "ICalendar"); err != nil || second != text {
			t.Fatalf("%s of what was read: got %q (error %v), want %q", name, second, err, text)
		}
	}
}

var testZones = []string{"Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Casablanca", "America/Sao_Paulo", "Europe/Dublin", "Pacific/Apia"}

// random returns a schedule of one to four windows.
func random(t testing.TB, r *rand.Rand) Schedule {
	z := zone(t, testZones[r.IntN(len(testZones))])
	var windows []Schedule
	for range 1 + r.IntN(4) {
		if r.IntN(5) == 0 {
			from := time.Unix(1767225600+int64(r.IntN(2*365*86400)), 0)
			windows = append(windows, Once(from, from.Add(time.Duration(1+r.IntN(3*1440))*time.Minute)))
			continue
		}
		from := r.IntN(48)
		to := (from + 1 + r.IntN(47)) % 48
		w := Weekly(z, Days(1+r.IntN(127)), fmt.Sprintf("%02d:%02d", from/2, from%2*30), fmt.Sprintf("%02d:%02d", to/2, to%2*30))
		if r.IntN(2) == 0 {
			w = w.From(time.Date(2026, 1, 1+r.IntN(365), 0, 0, 0, 0, time.UTC))
		}
		if r.IntN(2) == 0 {
			w = w.Until(time.Date(2027, 1, 1+r.IntN(1000), 0, 0, 0, 0, time.UTC))
		}
		windows = append(windows, w)
	}
	return Join(windows...)
}

func TestBuildWriteReadOpensAtTheSameTimes(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 20
	}
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		s := random(t, r)
		again(t, s)
		// Opens and Openings agree, at the edges too.
		from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		previous := from
		for o := range s.Openings(from) {
			for at, want := range map[time.Time]bool{o.Start: true, o.End.Add(-time.Second): true, o.End: false} {
				if got := s.Opens(at); got != want && at.Before(from.AddDate(9, 0, 0)) {
					t.Fatalf("seed %d: Opens(%s) = %t, want %t\n%s", seed, at, got, want, s)
				}
			}
			if middle := previous.Add(o.Start.Sub(previous) / 2); middle.After(previous) && middle.Before(o.Start) && s.Opens(middle) {
				t.Fatalf("seed %d: Opens(%s) = true between openings, want false\n%s", seed, middle, s)
			}
			if previous = o.End; previous.After(from.AddDate(0, 3, 0)) {
				break
			}
		}
	}
}

// Tapkey refused seven weekly events, one for each weekday, with long UIDs.
func TestSevenEventsBecomeOne(t *testing.T) {
	var text strings.Builder
	text.WriteString("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y\n")
	for i, code := range []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"} {
		fmt.Fprintf(&text, "BEGIN:VEVENT\nUID:%s\nDTSTAMP:20240305T100000Z\nSEQUENCE:0\n"+
			"DTSTART;TZID=Europe/Berlin:202403%02dT080000\nDTEND;TZID=Europe/Berlin:202403%02dT160000\n"+
			"RRULE:FREQ=WEEKLY;UNTIL=20240401T140000Z;BYDAY=%s\nEND:VEVENT\n", strings.Repeat("long", 15), 4+i, 4+i, code)
	}
	text.WriteString("END:VCALENDAR\n")
	s, err := ParseICalendar(text.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Compact()
	if err != nil {
		t.Fatal(err)
	}
	want := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tapkey-go//EN\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n" +
		"DTSTART;TZID=Europe/Berlin:20240304T080000\nDTEND;TZID=Europe/Berlin:20240304T160000\n" +
		"RRULE:FREQ=WEEKLY;UNTIL=20240401T140000Z;BYDAY=MO,TU,WE,TH,FR,SA,SU\nEND:VEVENT\nEND:VCALENDAR\n"
	if got != want {
		t.Errorf("got %s, want %s (from %d bytes)", got, want, text.Len())
	}
	again(t, s)
}

// Events that are not equal on the days of both stay apart.
func TestOnlyEqualEventsAreMerged(t *testing.T) {
	z := zone(t, "Europe/Vienna")
	for text, want := range map[string]int{
		"Mo 08:00-10:00; Tu 08:00-10:00":                                         1,
		"Mo 08:00-10:00, Mo 08:00-10:00":                                         1,
		"Mo 08:00-10:00; Tu 08:00-10:01":                                         2,
		"Mo 08:00-10:00; Tu 08:00-10:00 until 2026-12-31":                        2,
		"Mo 08:00-10:00 until 2026-12-31; Tu 08:00-10:00 until 2026-12-30":       1, // 31 December is a Thursday
		"Mo 08:00-10:00 until 2026-12-21; Tu 08:00-10:00 until 2026-12-31":       2,
		"Mo 08:00-10:00 from 2026-01-05; Tu 08:00-10:00 from 2026-01-06":         1,
		"Mo 08:00-10:00 from 2026-01-05; Tu 08:00-10:00 from 2026-02-01":         2,
		"2026-05-01 10:00-12:00; 2026-05-01 10:00-12:00; 2026-05-02 10:00-12:00": 2,
	} {
		s, err := Parse(text, z)
		if err != nil {
			t.Fatal(err)
		}
		written, err := s.ICalendar()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(written, "BEGIN:VEVENT"); got != want {
			t.Errorf("%s: got %d events, want %d\n%s", text, got, want, written)
		}
		again(t, s)
	}
}

// calendar returns a calendar with one event.
func calendar(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

const outlookZone = "BEGIN:VTIMEZONE\nTZID:Our Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n" +
	"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\n" +
	"TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"

func TestCalendarsOfOthers(t *testing.T) {
	vienna := zone(t, "Europe/Vienna")
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"folded":          {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTST\n ART:2026010\n\t5T080000Z\nX-A;B=\"c:d;e\":f\nDTEND:20260105T090000Z\n\nEND:VEVENT\nEND:VCALENDAR", []string{"0105T0800-0105T0900"}},
		"lower case, BOM": {"\ufeff" + strings.ToLower(calendar("DTSTART:20260105T080000Z", "DURATION:PT90M")), []string{"0105T0800-0105T0930"}},
		"alarm":           {calendar("DTSTART:20260105T080000Z", "BEGIN:VALARM", "DURATION:PT5M", "END:VALARM", "DURATION:PT1H"), []string{"0105T0800-0105T0900"}},
		"floating":        {calendar("DTSTART:20260105T080000", "DTEND:20260105T090000"), []string{"0105T0700-0105T0800"}},
		"all day":         {calendar("DTSTART;VALUE=DATE:20260105"), []string{"0104T2300-0105T2300"}},
		"days":            {calendar("DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330"), []string{"0327T2300-0329T2200"}},
		"day with a zone": {calendar("DTSTART;TZID=Asia/Kolkata;VALUE=DATE:20260105"), []string{"0104T1830-0105T1830"}},
		"exact duration":  {calendar("DTSTART;TZID=Europe/Vienna:20260328T220000", "DURATION:PT8H"), []string{"0328T2100-0329T0500"}},
		"nominal days":    {calendar("DTSTART;TZID=Europe/Vienna:20260328T220000", "DURATION:P1D"), []string{"0328T2100-0329T2000"}},
		"two zones":       {calendar("DTSTART;TZID=Europe/Vienna:20260105T080000", "DTEND;TZID=America/New_York:20260105T080000"), []string{"0105T0700-0105T1300"}},
		"EXDATE":          {calendar("DTSTART:20260105T080000Z", "DTEND:20260105T090000Z", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE:20260106T080000Z,20260107T080000Z", "EXDATE;VALUE=DATE:20260108"), []string{"0105T0800-0105T0900", "0109T0800-0109T0900"}},
		"RDATE":           {calendar("DTSTART:20260105T080000Z", "DTEND:20260105T090000Z", "RDATE:20260107T100000Z", "RDATE;VALUE=PERIOD:20260108T100000Z/PT2H,20260109T100000Z/20260109T110000Z"), []string{"0105T0800-0105T0900", "0107T1000-0107T1100", "0108T1000-0108T1200", "0109T1000-0109T1100"}},
		"UNTIL a day":     {calendar("DTSTART;TZID=Europe/Vienna:20260105T080000", "DTEND;TZID=Europe/Vienna:20260105T090000", "RRULE:FREQ=DAILY;UNTIL=20260106"), []string{"0105T0700-0105T0800", "0106T0700-0106T0800"}},
		"own zone":        {"BEGIN:VCALENDAR\n" + outlookZone + "BEGIN:VEVENT\nDTSTART;TZID=\"Our Time\":20260328T080000\nDTEND;TZID=Our Time:20260328T090000\nRRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT\nEND:VCALENDAR", []string{"0328T0700-0328T0800", "0329T0600-0329T0700"}},
		"prefixed zone":   {calendar("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Vienna:20260105T080000", "DURATION:PT1H"), []string{"0105T0700-0105T0800"}},
		"last Friday":     {calendar("DTSTART:20260130T080000Z", "DTEND:20260130T090000Z", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"), []string{"0130T0800-0130T0900", "0227T0800-0227T0900", "0327T0800-0327T0900"}},
		"every 2 weeks":   {calendar("DTSTART:20260105T080000Z", "DTEND:20260105T090000Z", "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=MO,SU;WKST=SU"), []string{"0105T0800-0105T0900", "0118T0800-0118T0900", "0119T0800-0119T0900"}},
		"set position":    {calendar("DTSTART:20260130T080000Z", "DTEND:20260130T090000Z", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2"), []string{"0130T0800-0130T0900", "0227T0800-0227T0900"}},
		"leap day":        {calendar("DTSTART:20240229T080000Z", "DTEND:20240229T090000Z", "RRULE:FREQ=YEARLY"), []string{"0229T0800-0229T0900"}},
		"override": {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260105T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n" +
			"BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260106T080000Z\nDTSTART:20260106T120000Z\nDURATION:PT1H\nEND:VEVENT\n" +
			"BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260107T080000Z\nSTATUS:CANCELLED\nDTSTART:20260107T080000Z\nEND:VEVENT\nEND:VCALENDAR", []string{"0105T0800-0105T0900", "0106T1200-0106T1300"}},
		"overlapping": {calendar("DTSTART:20260105T080000Z", "DURATION:PT30H", "RRULE:FREQ=DAILY;COUNT=3"), []string{"0105T0800-0108T1400"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ParseICalendar(test.text, vienna)
			if err != nil {
				t.Fatal(err)
			}
			got := openings(s, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), len(test.want)+1)
			if name == "leap day" {
				got = got[:1]
			}
			same(t, "openings", got, test.want)
			again(t, s)
			if text := s.String(); text == "" || strings.HasPrefix(text, "Never") {
				t.Errorf("got the explanation %q, want words", text)
			}
		})
	}
}

// Input that cannot be evaluated is one error in one line; input beyond a limit matches
// ErrLimit.
func TestInvalidCalendars(t *testing.T) {
	event := func(rule string) string {
		return calendar("DTSTART:20260105T080000Z", "DTEND:20260105T090000Z", rule)
	}
	for text, want := range map[string]string{
		"":                                  "not an iCalendar text",
		"<html>":                            "not a line of an iCalendar text",
		"Mo-Fr 08:00-18:00":                 "outside of BEGIN:VCALENDAR",
		"BEGIN:VCALENDAR":                   "no END",
		"END:VCALENDAR":                     "no BEGIN",
		":":                                 "not a line",
		"BEGIN:VCALENDAR\nEND:VEVENT":       "no BEGIN",
		"BEGIN:VCALENDAR\nEND:VCALENDAR":    "no events",
		calendar("SUMMARY:x"):               "without DTSTART",
		calendar("DTSTART:2026-01-05"):      "invalid time",
		calendar("DTSTART:20260105T080000"): "no time zone",
		calendar("DTSTART;TZID=Nowhere:20260105T080000"):                                "unknown time zone",
		calendar("DTSTART:20260105T080000Z", "DTSTART:20260105T080000Z"):                "second DTSTART",
		calendar("DTSTART:20260105T080000Z", "DTEND:20260104T080000Z"):                  "ends before it starts",
		calendar("DTSTART:20260105T080000Z", "DTEND:20260105T090000Z", "DURATION:PT1H"): "DTEND and DURATION",
		calendar("DTSTART:20260105T080000Z", "DURATION:-PT1H"):                          "invalid duration",
		event("RRULE:COUNT=3"):                                                               "FREQ",
		event("RRULE:FREQ=WEEKLY;BYDAY=1MO"):                                                 "not allowed",
		event("RRULE:FREQ=WEEKLY;BYDAY="):                                                    "invalid day",
		event("RRULE:FREQ=WEEKLY;INTERVAL=0"):                                                "INTERVAL=0",
		event("RRULE:FREQ=WEEKLY;COUNT=-1"):                                                  "COUNT=-1",
		event("RRULE:FREQ=WEEKLY;UNTIL=soon"):                                                "invalid time",
		event("RRULE:FREQ=WEEKLY;BYMOON=1"):                                                  "unknown part",
		event("EXRULE:FREQ=WEEKLY"):                                                          "EXRULE",
		event("RRULE:FREQ=DAILY;COUNT=1000000000"):                                           "!COUNT=1000000000",
		event("RRULE:FREQ=DAILY;COUNT=99999999999999999999"):                                 "!COUNT",
		event("RRULE:FREQ=SECONDLY"):                                                         "!FREQ=SECONDLY",
		event("RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4;BYMINUTE=0,1,2,3,4"):                        "!occurrences on a day",
		event("RRULE:FREQ=DAILY;INTERVAL=1001"):                                              "!INTERVAL=1001",
		event("RDATE:" + strings.TrimSuffix(strings.Repeat("20260105T080000Z,", 1001), ",")): "!dates",
		strings.Repeat("x", 1<<20):                                                           "!bytes",
		strings.Repeat("BEGIN:VCALENDAR\n", 1000):                                            "!nested",
		calendar("DTSTART:20260105T080000Z", "DTEND:20280105T080000Z"):                       "!366 days",
		calendar("DTSTART:99990105T080000Z"):                                                 "!year 9999",
		"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20260105T080000Z\nEND:VEVENT\n", 101) + "END:VCALENDAR":                                                                          "!events",
		"BEGIN:VCALENDAR\n" + strings.Replace(outlookZone, "YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "DAILY", 1) + "BEGIN:VEVENT\nDTSTART;TZID=Our Time:20260105T080000\nEND:VEVENT\nEND:VCALENDAR": "!changes",
	} {
		_, err := ParseICalendar(text, nil)
		checkError(t, text, err, want)
	}
}

func checkError(t *testing.T, text string, err error, want string) {
	t.Helper()
	want, limit := strings.CutPrefix(want, "!")
	text = text[:min(len(text), 200)]
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 {
		t.Errorf("%q: got error %v, want one line with %q", text, err, want)
	} else if errors.Is(err, ErrLimit) != limit {
		t.Errorf("%q: errors.Is(%v, ErrLimit) = %t, want %t", text, err, !limit, limit)
	}
}

func TestInvalidTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "no windows",
		"Mo":                                   "days without times",
		"Mo-Fr 8-18":                           "neither days nor times",
		"Xx 08:00-18:00":                       "neither days nor times",
		"Mo 08:00":                             "neither days nor times",
		"Mo 25:00-26:00":                       "invalid time of day",
		"Mo 08:60-09:00":                       "invalid time of day",
		"Mo 24:30-09:00":                       "invalid time of day",
		"Mo 08:00-08:00":                       "use 00:00 and 24:00",
		"Mo 24:00-08:00":                       "invalid start",
		"Mo 08:00-18:00 until":                 "without a date",
		"Mo 08:00-18:00 until x":               "invalid date",
		"Mo 08:00-18:00 until 2026-02-30":      "invalid date",
		"Mo 08:00-18:00 until 2020-01-01":      "never opens",
		"2026-02-30 08:00-18:00":               "invalid date",
		"2026-02-01":                           "days without times",
		"2026-05-03 18:00 - 2026-05-01 09:00":  "ends before",
		"2026-05-01 18:00 - 2028-05-01 09:00":  "!366 days",
		strings.Repeat("Mo 08:00-18:00,", 101): "!windows",
		strings.Repeat("Mo 08:00-18:00;", 101): "!windows",
		strings.Repeat("x", 1<<20):             "!bytes",
	} {
		_, err := Parse(text, time.UTC)
		checkError(t, text, err, want)
	}
	_, err := Parse("Mo 08:00-18:00", nil)
	checkError(t, "no zone", err, "no time zone")
	checkError(t, "local", Weekly(time.Local, Mon, "08:00", "18:00").Err(), "use time.LoadLocation")
	checkError(t, "other zone", Weekly(time.FixedZone("Europe/Vienna", 0), Mon, "08:00", "18:00").Err(), "other times")
	checkError(t, "no days", Weekly(time.UTC, 0, "08:00", "18:00").Until(time.Now()).Err(), "no days")
	if _, err := (Schedule{}).ICalendar(); err == nil {
		t.Error("ICalendar of no windows: got no error, want one")
	}
}

func TestTexts(t *testing.T) {
	z := zone(t, "Europe/Vienna")
	for text, want := range map[string]string{
		"Mo-Fr 08:00-18:00, Sa 10:00-14:00":                   "Every Monday to Friday from 08:00 to 18:00 (Europe/Vienna), from 1 January 2026\nEvery Saturday from 10:00 to 14:00 (Europe/Vienna), from 3 January 2026",
		"mon,WEDNESDAY 8:00 – 12:00":                          "Every Monday and Wednesday from 08:00 to 12:00 (Europe/Vienna), from 5 January 2026",
		"Fr-Mo 22:00-06:00":                                   "Every Monday and Friday to Sunday from 22:00 to 06:00 on the next day (Europe/Vienna), from 2 January 2026",
		"08:00-20:00":                                         "Every day from 08:00 to 20:00 (Europe/Vienna), from 1 January 2026",
		"24/7 until 2026-02-01":                               "Every day, all day (Europe/Vienna), from 1 January 2026 until 1 February 2026",
		"weekdays 20:00-24:00":                                "Every Monday to Friday from 20:00 to 24:00 (Europe/Vienna), from 1 January 2026",
		"2026-05-01 10:00-12:00":                              "Once, from Friday 1 May 2026 08:00 to 10:00 (UTC)",
		"2026-05-01 18:00 - 2026-05-03 09:00; Su 08:00-09:00": "Once, from Friday 1 May 2026 18:00 to Sunday 3 May 2026 09:00 (Europe/Vienna)\nEvery Sunday from 08:00 to 09:00 (Europe/Vienna), from 4 January 2026",
	} {
		s, err := Parse(text, z)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := s.String(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestAlwaysOpen(t *testing.T) {
	s, err := Parse("24/7", zone(t, "Europe/Vienna"))
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	got := slices.Collect(s.Openings(from))
	if len(got) != 1 || !got[0].Start.Equal(from) || !got[0].End.Equal(from.AddDate(10, 0, 0)) {
		t.Errorf("got openings %v, want one of ten years from %s", got, from)
	}
}

func TestCheckLock(t *testing.T) {
	for support, want := range map[tapkey.FeatureSupport]error{"Supported": nil, "NotSupported": ErrNotSupported, "": ErrSupportUnknown} {
		lock := tapkey.BoundLock{SupportedFeatures: &tapkey.SupportedFeatures{TimeRestrictionIcalSupport: support}}
		if err := CheckLock(lock); !errors.Is(err, want) {
			t.Errorf("CheckLock with %q = %v, want %v", support, err, want)
		}
	}
	if err := CheckLock(tapkey.BoundLock{}); !errors.Is(err, ErrSupportUnknown) {
		t.Errorf("CheckLock without features = %v, want ErrSupportUnknown", err)
	}
}

func FuzzParseICalendar(f *testing.F) {
	f.Add(calendar("DTSTART:20260105T080000Z", "DTEND:20260105T090000Z", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "EXDATE:20260130T080000Z"))
	f.Add("BEGIN:VCALENDAR\n" + outlookZone + "BEGIN:VEVENT\nDTSTART;TZID=Our Time:20260328T080000\nDURATION:P1DT2H\nRDATE:20260401T080000\nEND:VEVENT\nEND:VCALENDAR")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseICalendar(text, time.UTC)
		if err == nil && s.Err() == nil {
			if _, err := s.ICalendar(); err == nil {
				again(t, s)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("Mo-Fr 08:00-18:00, Sa 10:00-14:00 until 2026-12-31; 2026-05-01 10:00-12:00")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Parse(text, time.UTC); err == nil {
			again(t, s)
		}
	})
}
