package sandbox

import (
	"sync/atomic"
	"time"
)

// clock is the clock of the sandbox. Expiry of tokens and validity of grants follow it.
type clock struct {
	offset atomic.Int64 // from the computer's clock
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())).UTC() }

// SetTime sets the clock of the sandbox to t. The clock keeps running from there.
func (s *Server) SetTime(t time.Time) { s.clock.offset.Store(int64(time.Until(t))) }

// AdvanceTime advances the clock of the sandbox by d. A test uses it to let tokens expire
// without waiting.
func (s *Server) AdvanceTime(d time.Duration) { s.clock.offset.Add(int64(d)) }

// Time returns the time of the clock of the sandbox.
func (s *Server) Time() time.Time { return s.clock.now() }
