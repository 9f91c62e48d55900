package access

import (
	"context"
	"sync"
	"time"
)

// A Limiter limits how many requests are sent. Wait returns when the next request may be sent,
// or an error if ctx is done before. A *rate.Limiter of golang.org/x/time is a Limiter.
type Limiter interface {
	Wait(ctx context.Context) error
}

// PerSecond returns a Limiter that allows n requests a second, evenly distributed, and at
// least one a day. It panics if n is not positive.
func PerSecond(n float64) Limiter {
	if !(n > 0) {
		panic("access: PerSecond: not a positive number")
	}
	const longest = float64(24 * time.Hour)
	return &perSecond{interval: time.Duration(min(float64(time.Second)/n, longest))}
}

type perSecond struct {
	interval time.Duration

	mu   sync.Mutex
	next time.Time // when the next request may be sent
}

// Wait implements Limiter.
func (l *perSecond) Wait(ctx context.Context) error {
	l.mu.Lock()
	now := time.Now()
	at := later(l.next, now)
	l.next = at.Add(l.interval)
	l.mu.Unlock()
	return pause(ctx, at.Sub(now))
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
