package client

import "time"

// clock reads the monotonic clock and the wall clock. Neither alone is safe for the age of a
// token: the monotonic clock stops while the machine sleeps, and the wall clock may be set
// back. Therefore the one that shows more time counts.
//
// A clock is nil, except in tests, where it is the wall clock.
type clock func() time.Time

// instant is a time by both clocks.
type instant struct {
	monotonic, wall time.Time
}

func (c clock) now() instant {
	now := time.Now()
	if c != nil {
		return instant{now, c().Round(0)}
	}
	return instant{now, now.Round(0)}
}

// since returns the time from earlier to i.
func (i instant) since(earlier instant) time.Duration {
	return max(i.monotonic.Sub(earlier.monotonic), i.wall.Sub(earlier.wall))
}

// until returns the time from i to t.
func (i instant) until(t time.Time) time.Duration {
	wall := t.Round(0).Sub(i.wall)
	if t == t.Round(0) { //nolint:staticcheck // not Equal: t has no monotonic reading
		return wall
	}
	return min(wall, t.Sub(i.monotonic))
}
