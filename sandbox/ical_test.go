package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// calendar returns a calendar with the given events.
func calendar(events ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.com//Bookings//EN\n" + strings.Join(events, "") + "END:VCALENDAR"
}

// event returns an event with the given lines after UID and DTSTAMP.
func event(uid string, lines ...string) string {
	return "BEGIN:VEVENT\nUID:" + uid + "\nDTSTAMP:20230228T230000Z\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
}

const (
	starts = "DTSTART;TZID=Europe/Amsterdam:20230306T090000"
	ends   = "DTEND;TZID=Europe/Amsterdam:20230306T170000"
)

// weekly returns an event on a day of the week.
func weekly(uid, day string) string {
	return event(uid, starts, ends, "RRULE:FREQ=WEEKLY;UNTIL=20990401T140000Z;BYDAY="+day)
}

// week returns an event for each of the first n days of the week.
func week(n int, uid string) string {
	var events []string
	for i, day := range strings.Split("MO,TU,WE,TH,FR,SA,SU", ",")[:n] {
		events = append(events, weekly(fmt.Sprint(uid, i), day))
	}
	return calendar(events...)
}

func TestTimeRestrictions(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	lock := c.id(home+"/BoundLocks", "title", "Garage")
	grant := c.put(home+"/Grants", fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":"g@example.com"}}`, lock))
	path := home + "/Grants/" + grant["id"].(string)
	longUID := "040000008200E00074C5B7101A82E0080000000010" + strings.Repeat("0", 70) + "@bookings.example.com"
	const refused, tooComplex = "BadRequest", "TimeRestrictionIcalTooComplex"
	one := func(lines ...string) string { return calendar(event("1", lines...)) }
	rule := func(rule string) string { return one(starts, ends, "RRULE:"+rule) }
	without := func(line string) string { return strings.Replace(calendar(weekly("1", "MO")), line, "", 1) }
	for name, test := range map[string]struct{ text, code string }{
		"one event":              {calendar(weekly("1", "MO")), ""},
		"three events":           {week(3, "1"), ""},
		"line end at the end":    {calendar(weekly("1", "MO")) + "\n", ""},
		"CRLF":                   {strings.ReplaceAll(calendar(weekly("1", "MO"))+"\n", "\n", "\r\n"), ""},
		"folded lines":           {strings.ReplaceAll(calendar(weekly("1", "MO")), "Europe/", "Eu\n rope\n\t/"), ""},
		"small letters":          {strings.NewReplacer("DTSTART", "dtstart", "VEVENT", "vevent", "FREQ=WEEKLY", "freq=weekly").Replace(calendar(weekly("1", "MO"))), ""},
		"quoted zone":            {one(`DTSTART;TZID="Europe/Amsterdam":20230306T090000`, ends), ""},
		"UTC":                    {one("DTSTART:20230306T080000Z", "DTEND:20230306T160000Z"), ""},
		"floating":               {one("DTSTART:20230306T080000", "DTEND:20230306T160000"), ""},
		"DATE without a zone":    {one("DTSTART;VALUE=DATE:20230306", "DTEND;VALUE=DATE:20230307"), ""},
		"DATE-TIME with a zone":  {one("DTSTART;VALUE=DATE-TIME;TZID=Europe/Amsterdam:20230306T090000", ends), ""},
		"end in UTC":             {one(starts, "DTEND:20230306T160000Z"), ""},
		"no end":                 {one(starts), ""},
		"duration":               {one(starts, "DURATION:PT8H"), ""},
		"SEQUENCE and CALSCALE":  {strings.Replace(one(starts, ends, "SEQUENCE:0"), "VERSION", "CALSCALE:GREGORIAN\nVERSION", 1), ""},
		"time zone":              {strings.Replace(one(starts, ends), "BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:Europe/Amsterdam\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT", 1), ""},
		"several days":           {rule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"), ""},
		"second Monday":          {rule("FREQ=MONTHLY;BYDAY=+2MO,-1FR;COUNT=3;INTERVAL=2;WKST=SU"), ""},
		"UNTIL as a date":        {rule("FREQ=DAILY;UNTIL=20240401"), ""},
		"text with colons":       {one(starts, ends, `SUMMARY;ALTREP="http://example.com/a;b":a: b; c`), ""},
		"six events":             {week(6, "1"), ""},
		"seven events":           {week(7, longUID), tooComplex},
		"seven events, short":    {week(7, ""), tooComplex},
		"six events, long UIDs":  {week(6, strings.Repeat(longUID, 2)), tooComplex},
		"many exceptions":        {one(starts, ends, "EXDATE:"+strings.Repeat("20230306T090000,", 150)+"20230306T090000"), tooComplex},
		"TZID with VALUE=DATE":   {one("DTSTART;TZID=Europe/Amsterdam;VALUE=DATE:20230306", "DTEND;VALUE=DATE:20230307"), refused},
		"VALUE=DATE, then TZID":  {one("DTSTART;VALUE=DATE;TZID=Europe/Amsterdam:20230306"), refused},
		"TZID, VALUE=DATE, time": {one("DTSTART;TZID=Europe/Amsterdam;VALUE=DATE:20230306T090000", ends), refused},
		"in the end":             {one(starts, "DTEND;TZID=Europe/Amsterdam;VALUE=DATE:20230307"), refused},
		"in the second event":    {calendar(weekly("1", "MO"), event("2", "DTSTART;tzid=Europe/Amsterdam;value=date:20230306")), refused},
		"other text":             {"Mondays from 9 to 5", refused},
		"empty":                  {"", refused},
		"line ends":              {"\n\n", refused},
		"only an event":          {weekly("1", "MO"), refused},
		"only a rule":            {"RRULE:FREQ=WEEKLY;BYDAY=MO", refused},
		"no event":               {calendar(), refused},
		"only a to-do":           {calendar("BEGIN:VTODO\nUID:1\nEND:VTODO\n"), refused},
		"no end of the calendar": {strings.TrimSuffix(week(1, "1"), "END:VCALENDAR"), refused},
		"no end of the event":    {without("END:VEVENT\n"), refused},
		"cut":                    {week(1, "1")[:120], refused},
		"two calendars":          {week(1, "1") + "\n" + week(1, "1"), refused},
		"nested calendars":       {calendar(week(1, "1") + "\n"), refused},
		"event in an event":      {calendar(event("1", starts, strings.TrimSuffix(weekly("2", "MO"), "\n"))), refused},
		"an END too many":        {week(1, "1") + "\nEND:VCALENDAR", refused},
		"END without BEGIN":      {"END:VCALENDAR", refused},
		"escaped line ends":      {strings.ReplaceAll(week(1, "1"), "\n", `\n`), refused},
		"CR":                     {strings.ReplaceAll(week(1, "1"), "\n", "\r"), refused},
		"empty line":             {strings.ReplaceAll(week(1, "1"), "BEGIN:VEVENT", "\nBEGIN:VEVENT"), refused},
		"line without a colon":   {one(starts, ends, "SUMMARY"), refused},
		"no VERSION":             {without("VERSION:2.0\n"), refused},
		"version 1.0":            {strings.Replace(week(1, "1"), "VERSION:2.0", "VERSION:1.0", 1), refused},
		"no PRODID":              {without("PRODID:-//example.com//Bookings//EN\n"), refused},
		"no UID":                 {without("UID:1\n"), refused},
		"empty UID":              {calendar(weekly("", "MO")), refused},
		"no DTSTAMP":             {without("DTSTAMP:20230228T230000Z\n"), refused},
		"local DTSTAMP":          {strings.Replace(week(1, "1"), "230000Z", "230000", 1), refused},
		"no DTSTART":             {without(starts + "\n"), refused},
		"two DTSTART":            {one(starts, starts, ends), refused},
		"two DTEND":              {one(starts, ends, ends), refused},
		"ISO 8601":               {one("DTSTART:2023-03-06T09:00:00Z"), refused},
		"a date as a time":       {one("DTSTART:20230306"), refused},
		"a time as a date":       {one("DTSTART;VALUE=DATE:20230306T090000"), refused},
		"month 13":               {one("DTSTART:20231306T090000"), refused},
		"hour 24":                {one("DTSTART:20230306T240000"), refused},
		"TZID and Z":             {one("DTSTART;TZID=Europe/Amsterdam:20230306T090000Z"), refused},
		"empty TZID":             {one("DTSTART;TZID=:20230306T090000"), refused},
		"end before the start":   {one(starts, "DTEND;TZID=Europe/Amsterdam:20230306T080000"), refused},
		"end at the start":       {one(starts, "DTEND;TZID=Europe/Amsterdam:20230306T090000"), refused},
		"end of another form":    {one(starts, "DTEND;VALUE=DATE:20230307"), refused},
		"end and duration":       {one(starts, ends, "DURATION:PT8H"), refused},
		"no FREQ":                {rule("BYDAY=MO"), refused},
		"unknown FREQ":           {rule("FREQ=FORTNIGHTLY"), refused},
		"two FREQ":               {rule("FREQ=WEEKLY;FREQ=DAILY"), refused},
		"unknown part":           {rule("FREQ=WEEKLY;DAYS=MO"), refused},
		"unknown day":            {rule("FREQ=WEEKLY;BYDAY=MON"), refused},
		"days with spaces":       {rule("FREQ=WEEKLY;BYDAY=MO, TU"), refused},
		"UNTIL and COUNT":        {rule("FREQ=WEEKLY;UNTIL=20240401T140000Z;COUNT=3"), refused},
		"UNTIL in ISO 8601":      {rule("FREQ=WEEKLY;UNTIL=2024-04-01"), refused},
		"UNTIL in month 13":      {rule("FREQ=WEEKLY;UNTIL=20241301T000000Z"), refused},
		"INTERVAL 0":             {rule("FREQ=WEEKLY;INTERVAL=0"), refused},
		"empty rule":             {rule(""), refused},
		"unknown zone":           {one("DTSTART;TZID=W. Europe Standard Time:20230306T090000", "DTEND;TZID=W. Europe Standard Time:20230306T170000"), ""},
		"every second":           {rule("FREQ=SECONDLY"), tooComplex},
		"a million times":        {rule("FREQ=DAILY;COUNT=1000000"), tooComplex},
		"year 9999":              {one("DTSTART:99990306T080000Z"), tooComplex},
		"a Monday of a week":     {rule("FREQ=WEEKLY;BYDAY=2MO"), refused},
		"day 32":                 {rule("FREQ=MONTHLY;BYMONTHDAY=32"), refused},
		"EXDATE in ISO 8601":     {one(starts, ends, "RRULE:FREQ=DAILY", "EXDATE:2023-03-06"), refused},
		"negative duration":      {one(starts, "DURATION:-PT1H"), refused},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.call("PATCH", path, fmt.Sprintf(`{"timeRestrictionIcal":%s}`, jsonText(t, test.text)))
			if test.code != "" {
				got.code(t, http.StatusBadRequest, test.code)
				create := c.call("PUT", home+"/Grants", fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":"h@example.com"},"timeRestrictionIcal":%s}`, lock, jsonText(t, test.text)))
				create.code(t, http.StatusBadRequest, test.code)
				return
			}
			var changed object
			got.want(t, http.StatusOK).decode(t, &changed)
			want(t, changed["timeRestrictionIcal"], jsonText(t, test.text))
		})
	}
}

// jsonText returns a text as JSON.
func jsonText(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
