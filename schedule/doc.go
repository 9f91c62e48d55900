// Package schedule describes when a door may be opened: as text for people, and as the
// iCalendar text that Tapkey stores in timeRestrictionIcal of a grant.
//
// Use it if a grant does not apply all the time, such as on weekdays from 08:00 to 18:00, or
// to explain and evaluate the time restrictions of existing grants. For one period without
// gaps, validFrom and validBefore of the grant are enough.
//
//	vienna, err := time.LoadLocation("Europe/Vienna")
//	...
//	office := schedule.Weekly(vienna, schedule.Weekdays, "08:00", "18:00").Until(lastDay)
//	text, err := office.ICalendar()
//
// [Parse] reads "Mo-Fr 08:00-18:00, Sa 10:00-14:00", [Join] combines windows, and
// [ParseICalendar] reads what Tapkey and other programs have written. A [Schedule] explains
// itself ([Schedule.String]), and knows whether the door opens at a time
// ([Schedule.Opens]) and when it opens next ([Schedule.Openings]). [CheckLock] reports
// whether a lock supports schedules.
//
// # What Tapkey accepts
//
// Tapkey does not publish the grammar. It has refused seven weekly events with long UIDs with
// the error code TimeRestrictionIcalTooComplex, and days with a time zone. Therefore
// [Schedule.ICalendar] writes one event for all days with equal times, short UIDs, and UNTIL
// in UTC. Reading a calendar and writing it makes it as small as that. RFC 5545 requires a
// VTIMEZONE; no response of Tapkey with one is known, and [Schedule.Compact] leaves it out.
//
// # Time
//
// Windows start by the clocks of their zone: if clocks are changed, 08:00 stays 08:00. A
// window keeps its number of hours, as RFC 5545 requires and libical does: if clocks are
// changed between 22:00 and 06:00, that window ends at 05:00 or 07:00. Only a window from
// 00:00 to 24:00, and days in DURATION, are days of 23 or 25 hours then. A time that clocks
// show twice is the first of the two, and a skipped one counts with the offset before the
// change: 02:30 is 03:30. Libical takes the second of two, and 01:30. A rule has the
// occurrences from DTSTART on that match it; DTSTART itself is one only if it matches, which
// RFC 5545 leaves undefined.
//
// Zones come from the time zone database of the system. Programs that may run without one, as
// in small containers and on Windows, import time/tzdata.
//
// # Limits
//
// Input may be untrusted. A text has at most 64 KiB and a calendar at most 100 events and 1000
// dates in RDATE and EXDATE; a window has at most 366 days; COUNT is at most 10,000, INTERVAL
// at most 1000, and a rule recurs at most 24 times a day; FREQ is DAILY, WEEKLY, MONTHLY or
// YEARLY; years are 1900 to 2199. Errors match [ErrLimit] and name the limit.
package schedule
