package schedule

import (
	"fmt"
	"time"
)

// A wall clock time is the time that a clock on the wall shows. It is a time.Time in UTC
// whose date and time of day are those of the clock.

const day = 24 * time.Hour

// toWall returns the wall clock time of an instant in a zone.
func toWall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// resolve returns the instant of a wall clock time in a zone. A time that the clock shows
// twice is the first of the two. A time that the clock skips is counted with the offset
// before the change, as in RFC 5545, section 3.3.5: 02:30 is then shown as 03:30.
func resolve(wall time.Time, zone *time.Location) time.Time {
	year, month, dayOfMonth := wall.Date()
	hour, minute, second := wall.Clock()
	t := time.Date(year, month, dayOfMonth, hour, minute, second, 0, zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	with := func(offset int) time.Time { return time.Unix(wall.Unix()-int64(offset), 0).In(zone) }
	if skipped := t.Unix()+int64(offset) != wall.Unix(); skipped && !end.IsZero() && !with(offset).Before(end) {
		return with(offset)
	}
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-time.Second).In(zone).Zone()
	if earlier := with(before); earlier.Before(start) {
		return earlier
	}
	return t
}

// midnight returns the wall clock time at the start of the day.
func midnight(wall time.Time) time.Time {
	year, month, dayOfMonth := wall.Date()
	return time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC)
}

// parseClock parses a time of day from 0:00 to 24:00.
func parseClock(text string) (time.Duration, error) {
	var hour, minute int
	var rest string
	n, _ := fmt.Sscanf(text+" .", "%d:%d %s", &hour, &minute, &rest)
	if n != 3 || rest != "." || len(text) < 4 || len(text) > 5 || text[len(text)-3] != ':' ||
		hour < 0 || minute < 0 || minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return 0, fmt.Errorf("invalid time of day %q, want a time such as 08:00 from 00:00 to 24:00", shorten(text))
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute, nil
}

// shorten returns at most 40 bytes of a text for an error.
func shorten(text string) string {
	if len(text) > 40 {
		return text[:40] + "..."
	}
	return text
}
