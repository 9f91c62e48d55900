package sandbox

import (
	"sync/atomic"
	"time"
)

// clock is the time of the sandbox: the computer's, shifted. It decides when tokens
// expire and which grants are still valid.
type clock struct {
	offset atomic.Int64
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())).UTC() }

// SetTime sets the clock of the sandbox to t; it goes on from there.
func (s *Server) SetTime(t time.Time) { s.clock.offset.Store(int64(time.Until(t))) }

// AdvanceTime moves the clock of the sandbox by d, so that tokens expire without
// waiting.
func (s *Server) AdvanceTime(d time.Duration) { s.clock.offset.Add(int64(d)) }

// Time is what the clock of the sandbox shows.
func (s *Server) Time() time.Time { return s.clock.now() }
