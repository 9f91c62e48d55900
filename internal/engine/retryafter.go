package engine

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longest is the longest duration that is a whole number of seconds, 292 years.
const longest = math.MaxInt64 / time.Second * time.Second

// RetryAfter returns how long the server asks to wait (RFC 9110, section 10.2.3), rounded up
// to whole seconds. A date is compared with the Date of the response, because the clocks may
// differ. RetryAfter reports false if the header is missing or invalid, or asks for no wait,
// such as 0 or a date in the past.
func RetryAfter(header http.Header) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	wait, ok := ParseSeconds(value)
	if at, err := http.ParseTime(value); !ok && err == nil {
		wait = time.Until(at)
		if date, err := http.ParseTime(strings.TrimSpace(header.Get("Date"))); err == nil {
			wait = at.Sub(date)
		}
	}
	if wait <= 0 {
		return 0, false
	}
	if whole := wait.Truncate(time.Second); whole < wait && whole < longest {
		return whole + time.Second, true
	}
	return min(wait, longest), true
}

// ParseSeconds parses a decimal number of seconds, such as 7, 0.5 or 1e3. It returns 0 for a
// negative number, and 292 years for a number that is larger. It reports false if text is not
// a number.
func ParseSeconds(text string) (time.Duration, bool) {
	if strings.Trim(text, "+-.0123456789eE") != "" { // ParseFloat accepts Inf, NaN and hexadecimal numbers
		return 0, false
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, false
	case seconds <= 0:
		return 0, true
	case seconds >= longest.Seconds():
		return longest, true
	}
	return time.Duration(seconds * float64(time.Second)), true
}
