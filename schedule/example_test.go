package schedule_test

import (
	"fmt"
	"log"
	"time"
	_ "time/tzdata" // zones for systems without them

	"github.com/tapkey-go/tapkey-go/schedule"
)

// An office that is open on weekdays and on Saturday mornings, as text for a grant's
// timeRestrictionIcal.
func Example() {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		log.Fatal(err)
	}
	lastDay := time.Date(2026, time.December, 31, 0, 0, 0, 0, vienna)
	office := schedule.Join(
		schedule.Weekly(vienna, schedule.Weekdays, "08:00", "18:00"),
		schedule.Weekly(vienna, schedule.Sat, "10:00", "14:00"),
	).Until(lastDay)
	text, err := office.ICalendar()
	if err != nil {
		log.Fatal(err)
	}

	// Later, read the text of the grant.
	stored, err := schedule.ParseICalendar(text, vienna)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stored)
	friday := time.Date(2026, time.October, 23, 17, 0, 0, 0, vienna)
	fmt.Println(stored.Opens(friday))
	n := 0
	for opening := range stored.Openings(friday) {
		fmt.Println(opening.Start.Format("Mon 02 Jan 15:04 MST"), "to", opening.End.Format("15:04"))
		if n++; n == 3 {
			break
		}
	}
	// Output:
	// Every Monday to Friday from 08:00 to 18:00 (Europe/Vienna), from 1 January 2026 until 31 December 2026
	// Every Saturday from 10:00 to 14:00 (Europe/Vienna), from 3 January 2026 until 31 December 2026
	// true
	// Fri 23 Oct 17:00 CEST to 18:00
	// Sat 24 Oct 10:00 CEST to 14:00
	// Mon 26 Oct 08:00 CET to 18:00
}

func ExampleParse() {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		log.Fatal(err)
	}
	s, err := schedule.Parse("Mo-Fr 22:00-06:00 until 2026-06-30; 2026-05-01 10:00-12:00", vienna)
	if err != nil {
		log.Fatal(err)
	}
	text, err := s.Compact()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	// Output:
	// BEGIN:VCALENDAR
	// VERSION:2.0
	// PRODID:-//tapkey-go//EN
	// BEGIN:VEVENT
	// UID:1
	// DTSTAMP:20260101T000000Z
	// DTSTART;TZID=Europe/Vienna:20260101T220000
	// DTEND;TZID=Europe/Vienna:20260102T060000
	// RRULE:FREQ=WEEKLY;UNTIL=20260630T215959Z;BYDAY=MO,TU,WE,TH,FR
	// END:VEVENT
	// BEGIN:VEVENT
	// UID:2
	// DTSTAMP:20260101T000000Z
	// DTSTART:20260501T080000Z
	// DTEND:20260501T100000Z
	// END:VEVENT
	// END:VCALENDAR
}
