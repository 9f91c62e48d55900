package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/schedule"
)

const calendars = 10_000

var calendarZones = []string{
	"Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
	"America/Sao_Paulo", "Africa/Casablanca", "Europe/Dublin", "America/St_Johns", "UTC",
}

// vtimezones returns a calendar with the VTIMEZONE of each zone, as package schedule writes
// it.
func vtimezones(t *testing.T, from time.Time) string {
	t.Helper()
	var all []schedule.Schedule
	for _, name := range calendarZones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, schedule.Weekly(zone, schedule.Mon, "08:00", "09:00").From(from))
	}
	text, err := schedule.Join(all...).ICalendar()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// randomEvent returns a VEVENT that starts in the year or in the next one.
func randomEvent(t *testing.T, r *rand.Rand, id, year int, zone string) string {
	t.Helper()
	days := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	start := time.Date(year, 1, 1+r.IntN(500), 0, 30*r.IntN(48), 0, 0, time.UTC)
	moment := func(name string, t time.Time) string {
		if zone == "UTC" {
			return name + ":" + t.Format("20060102T150405Z")
		}
		return name + ";TZID=" + zone + ":" + t.Format("20060102T150405")
	}
	length := time.Duration(1+r.IntN(28)) * 30 * time.Minute
	if r.IntN(10) == 0 {
		length = time.Duration(1+r.IntN(200)) * 30 * time.Minute
	}
	lines := []string{"BEGIN:VEVENT", fmt.Sprintf("UID:%d", id), "DTSTAMP:20260101T000000Z", moment("DTSTART", start)}
	switch r.IntN(10) {
	case 0:
		lines = append(lines, fmt.Sprintf("DURATION:P%dDT%dM", 1+r.IntN(2), 30*r.IntN(20)))
	case 1:
		lines = append(lines, fmt.Sprintf("DURATION:PT%dM", length/time.Minute))
	default:
		lines = append(lines, moment("DTEND", start.Add(length)))
	}
	day := days[(start.Weekday()+6)%7]
	var rule string
	switch r.IntN(10) {
	case 0: // once
	case 1, 2:
		rule = "FREQ=DAILY"
		if r.IntN(3) == 0 {
			rule += ";BYDAY=MO,TU,WE,TH,FR"
		}
	case 3:
		rule = "FREQ=MONTHLY;BYMONTHDAY=" + fmt.Sprint([]int{start.Day(), -1, 31}[r.IntN(3)])
	case 4:
		rule = fmt.Sprintf("FREQ=MONTHLY;BYDAY=%d%s", []int{-2, -1, 1, 2, 3, 4, 5}[r.IntN(7)], day)
	case 5:
		rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=" + fmt.Sprint([]int{-1, 1, 2}[r.IntN(3)])
	case 6:
		rule = []string{"FREQ=YEARLY", fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", 1+r.IntN(12), []int{-1, 1, 2}[r.IntN(3)], day)}[r.IntN(2)]
	default:
		rule = "FREQ=WEEKLY"
		if chosen := slices.DeleteFunc(slices.Clone(days), func(string) bool { return r.IntN(2) == 0 }); len(chosen) > 0 {
			rule += ";BYDAY=" + strings.Join(chosen, ",")
		}
		if r.IntN(4) == 0 {
			rule += ";WKST=" + days[r.IntN(7)]
		}
	}
	if rule != "" {
		if r.IntN(4) == 0 {
			rule += fmt.Sprintf(";INTERVAL=%d", 2+r.IntN(3))
		}
		rare := strings.Contains(rule, "LY;BY") && !strings.Contains(rule, "DAILY")
		switch limit := r.IntN(5); {
		case limit < 2:
			rule += fmt.Sprintf(";COUNT=%d", 1+r.IntN(60))
		case limit < 4 || !rare:
			rule += ";UNTIL=" + start.AddDate(0, 0, r.IntN(200)).Format("20060102T150405Z")
		}
		if start = firstOccurrence(t, start, rule); start.IsZero() {
			return randomEvent(t, r, id, year, zone)
		}
		lines[3] = moment("DTSTART", start)
		if strings.HasPrefix(lines[4], "DTEND") {
			lines[4] = moment("DTEND", start.Add(length))
		}
		lines = append(lines, "RRULE:"+rule)
		for range max(0, r.IntN(8)-5) {
			lines = append(lines, moment("EXDATE", start.AddDate(0, 0, r.IntN(60))))
		}
		for range max(0, r.IntN(6)-3) {
			lines = append(lines, moment("RDATE", start.AddDate(0, 0, r.IntN(300)).Add(time.Duration(r.IntN(20))*30*time.Minute)))
		}
	}
	return strings.Join(append(lines, "END:VEVENT"), "\r\n") + "\r\n"
}

// firstOccurrence returns the first occurrence of a rule from a wall clock time on, or the
// zero time.
func firstOccurrence(t *testing.T, from time.Time, rule string) time.Time {
	t.Helper()
	s, err := schedule.ParseICalendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:"+from.Format("20060102T150405Z")+
		"\nDURATION:PT1M\nRRULE:"+rule+"\nEND:VEVENT\nEND:VCALENDAR", nil)
	if err != nil {
		t.Fatal(err)
	}
	for o := range s.Openings(from) {
		return o.Start
	}
	return time.Time{}
}

// An occurrence is what ical.js finds.
type occurrence struct {
	Start, End     int64  // Unix seconds
	Wall           string // wall clock time of the start
	Zone           string
	Dtstart, Dtend string // of the event; no Dtend with DURATION
	Days, Seconds  int64  // of DURATION
}

// instant returns the instant of a wall clock time as in RFC 5545, section 3.3.5: the first of
// two, and one that clocks skip with the offset before the change.
func instant(t *testing.T, wall string, days int64, zone string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	clock, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(wall, "Z"))
	if err != nil {
		t.Fatal(err)
	}
	clock = clock.AddDate(0, 0, int(days))
	shown := func(at time.Time) time.Duration {
		_, offset := at.In(location).Zone()
		return time.Duration(offset) * time.Second
	}
	before := shown(clock.Add(-26 * time.Hour))
	for _, offset := range []time.Duration{before, shown(clock.Add(26 * time.Hour))} {
		if at := clock.Add(-offset); shown(at) == offset {
			return at
		}
	}
	return clock.Add(-before)
}

// resolved returns an occurrence with times that clocks skip or show twice as in RFC 5545.
// ical.js takes the second of two, and the offset after the change.
func (o occurrence) resolved(t *testing.T) [2]int64 {
	t.Helper()
	start := instant(t, o.Wall, 0, o.Zone)
	if o.Dtend != "" {
		return [2]int64{start.Unix(), start.Add(instant(t, o.Dtend, 0, o.Zone).Sub(instant(t, o.Dtstart, 0, o.Zone))).Unix()}
	}
	return [2]int64{start.Unix(), instant(t, o.Wall, o.Days, o.Zone).Unix() + o.Seconds}
}

// icalJS returns the occurrences that ical.js finds in calendars, in one process. Their
// zones are in another calendar.
func icalJS(t *testing.T, zones string, samples []sample) [][]occurrence {
	t.Helper()
	dir := nodePackages(t)
	var input bytes.Buffer
	write := func(text string, before int64) {
		line, err := json.Marshal(map[string]any{"text": text, "before": before})
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	write(zones, 0)
	for _, s := range samples {
		write(s.text, s.to().Unix())
	}
	cmd := exec.CommandContext(t.Context(), "node", "icaljs.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, &input, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("icaljs.mjs: %v", err)
	}
	var all [][]occurrence
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Buffer(nil, 1<<24); lines.Scan(); {
		var result struct {
			Error       string
			Occurrences []occurrence
		}
		if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
			t.Fatalf("icaljs.mjs: %v", err)
		}
		if result.Error != "" {
			t.Errorf("ical.js: calendar %d: %s", len(all), result.Error)
		}
		all = append(all, result.Occurrences)
	}
	if len(all) != len(samples)+1 {
		t.Fatalf("got the occurrences of %d calendars from ical.js, want %d", len(all), len(samples)+1)
	}
	return all[1:]
}

// A sample is a random calendar and the year from which its openings are compared.
type sample struct {
	text string
	from time.Time
}

func (s sample) to() time.Time { return s.from.AddDate(2, 0, 0) }

// randomCalendar returns a calendar of one or two events. DTSTART is the first occurrence of
// the rule: RFC 5545, section 3.8.5.3, does not define others.
func randomCalendar(t *testing.T, r *rand.Rand) sample {
	t.Helper()
	year := []int{2010, 2026}[r.IntN(2)]
	zone := calendarZones[r.IntN(len(calendarZones))]
	text := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//interop//EN\r\n"
	for id := range 1 + r.IntN(2) {
		text += randomEvent(t, r, id, year, zone)
	}
	return sample{text + "END:VCALENDAR\r\n", time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// skippedDay is when the day 30 December 2011 would have begun in Apia. Ical.js leaves out the
// occurrences on it, which have the instants of the day before there.
var skippedDay = time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC)

// compare returns the calendars whose openings differ from those of ical.js, and the kind of
// the difference of the others.
func compare(t *testing.T, zones string, samples []sample) (different []int, kinds map[string]int, details map[int]string) {
	t.Helper()
	kinds, details = map[string]int{}, map[int]string{}
	for i, theirs := range icalJS(t, zones, samples) {
		from, to := samples[i].from, samples[i].to()
		s, err := schedule.ParseICalendar(samples[i].text, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, samples[i].text)
		}
		var found, resolved [][2]int64
		for _, o := range theirs {
			found = append(found, [2]int64{o.Start, o.End})
		}
		got, want := ours(s, from, to), merged(found, from, to)
		if slices.Equal(got, want) {
			kinds["equal"]++
			continue
		}
		for _, o := range theirs {
			resolved = append(resolved, o.resolved(t))
		}
		switch {
		case slices.Equal(got, merged(resolved, from, to)):
			kinds["a time that clocks skip or show twice"]++
		case strings.Contains(samples[i].text, "Pacific/Apia") && slices.Equal(merged(got, from, skippedDay), merged(resolved, from, skippedDay)):
			kinds["a day that clocks skip"]++
		default:
			different = append(different, i)
			details[i] = fmt.Sprintf("got %d openings, ical.js %d\ngot     %s\nical.js %s", len(got), len(want), except(got, want), except(want, got))
		}
	}
	return different, kinds, details
}

// except returns the periods that others do not have, at most three.
func except(periods, others [][2]int64) (texts []string) {
	for _, p := range periods {
		if len(texts) < 3 && !slices.Contains(others, p) {
			texts = append(texts, time.Unix(p[0], 0).UTC().Format(time.RFC3339)+"/"+time.Unix(p[1], 0).UTC().Format(time.RFC3339))
		}
	}
	return texts
}

// withoutIdleDates returns a calendar without the EXDATEs that exclude nothing.
func (s sample) withoutIdleDates(t *testing.T) sample {
	t.Helper()
	lines := strings.SplitAfter(s.text, "\r\n")
	for i := 0; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "EXDATE") {
			continue
		}
		first, last := i, i
		for !strings.HasPrefix(lines[first], "BEGIN:VEVENT") {
			first--
		}
		for !strings.HasPrefix(lines[last], "END:VEVENT") {
			last++
		}
		event := func(lines ...string) [][2]int64 {
			parsed, err := schedule.ParseICalendar("BEGIN:VCALENDAR\r\n"+strings.Join(lines, "")+"END:VCALENDAR", nil)
			if err != nil {
				t.Fatal(err)
			}
			return ours(parsed, s.from, s.to())
		}
		without := slices.Concat(lines[first:i], lines[i+1:last+1])
		if slices.Equal(event(without...), event(lines[first:last+1]...)) {
			lines = slices.Delete(lines, i, i+1)
			i--
		}
	}
	return sample{strings.Join(lines, ""), s.from}
}

// Random calendars have the openings that ical.js finds, in zones with and without changes of
// clocks, except for two defects of ical.js: how it resolves times that clocks skip or show
// twice, and that an EXDATE that excludes nothing may hide the next one.
func TestICalJSFindsTheSameOpenings(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	zones := vtimezones(t, time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC))
	var samples []sample
	for range calendars {
		samples = append(samples, randomCalendar(t, r))
	}
	different, kinds, _ := compare(t, zones, samples)
	var reduced []sample
	for _, i := range different {
		reduced = append(reduced, samples[i].withoutIdleDates(t))
	}
	different, others, details := compare(t, zones, reduced)
	for _, n := range others {
		kinds["an EXDATE that excludes nothing"] += n
	}
	for _, i := range different[:min(10, len(different))] {
		t.Errorf("%s\n%s", details[i], reduced[i].text)
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%5d of %d calendars: %s", kinds[name], calendars, name)
	}
	t.Logf("%5d of %d calendars: not explained", len(different), calendars)
	if got, want := kinds["equal"], calendars*98/100; got < want {
		t.Errorf("got %d calendars with equal openings, want at least %d", got, want)
	}
}
