package sandbox

import (
	"sync/atomic"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// clock is the clock of the sandbox. Expiry of tokens and validity of grants follow it.
type clock struct {
	offset atomic.Int64 // from the computer's clock
	set    atomic.Int64 // time at which the clock was last set, in Unix seconds
}

func newClock() *clock {
	c := new(clock)
	c.setTo(time.Now())
	return c
}

func (c *clock) setTo(t time.Time) {
	now := time.Now()
	offset := t.Sub(now) // at most 292 years
	c.offset.Store(int64(offset))
	c.set.Store(now.Add(offset).Unix())
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())).UTC() }

// timestamp returns the time in milliseconds, as the API writes it. So a filter that
// compares with a time from a response finds the time itself.
func (c *clock) timestamp() *server.Timestamp {
	return new(server.Timestamp(c.now().Truncate(time.Millisecond)))
}

// dataTime returns the time at which the initial data ends: the minute in which the clock
// was last set.
func (c *clock) dataTime() time.Time { return time.Unix(c.set.Load(), 0).UTC().Truncate(time.Minute) }

// SetTime sets the clock of the sandbox to t. The clock keeps running from there. The
// times of the initial data move with it, as if the sandbox had been started at t. Data
// that was created since keeps its times.
func (s *Server) SetTime(t time.Time) { s.clock.setTo(t) }

// AdvanceTime advances the clock of the sandbox by d. All data keeps its times. A test uses
// it to let tokens expire without waiting.
func (s *Server) AdvanceTime(d time.Duration) { s.clock.offset.Add(int64(d)) }

// Time returns the time of the clock of the sandbox.
func (s *Server) Time() time.Time { return s.clock.now() }
