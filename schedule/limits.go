package schedule

import (
	"errors"
	"time"
)

// ErrLimit matches the errors of calendars and texts that are too long or too complex to be
// evaluated. The error names the limit.
var ErrLimit = errors.New("schedule: limit exceeded")

// The limits of what is read. They keep the work for any input bounded.
const (
	maxText       = 64 << 10           // bytes of a calendar or a text
	maxEvents     = 100                // events of a calendar, windows of a text
	maxDates      = 1000               // RDATE, EXDATE and overridden occurrences of a calendar
	maxCount      = 10_000             // COUNT
	maxInterval   = 1000               // INTERVAL
	maxTimesOfDay = 24                 // occurrences of an event on a day
	maxLength     = 366 * day          // length of a window
	minYear       = 1900               // of all times
	maxYear       = 2199               // of all times
	maxOpenings   = 10_000             // of Openings
	horizonYears  = 10                 // of Openings
	maxObservance = 100                // parts of a VTIMEZONE
	maxTransition = 2000               // changes of a zone of a VTIMEZONE
	zoneYears     = 30                 // years for which changes of a zone are checked or written
	resolution    = time.Second        // the precision of iCalendar
	chunk         = 32 * day           // first step of Openings
	maxChunk      = 12 * chunk         // longest step of Openings
	slack         = 2 * day            // more than any offset between wall clock time and UTC
	stamp         = "20260101T000000Z" // DTSTAMP: constant, so that equal schedules are equal texts
)

// limitError is an error that matches ErrLimit.
type limitError struct{ text string }

func (e limitError) Error() string        { return "schedule: " + e.text }
func (e limitError) Is(target error) bool { return target == ErrLimit }
