package doctor

import (
	"fmt"
	"time"
)

// maxSkew is the accepted difference between two clocks.
const maxSkew = 60 * time.Second

// checkSkew compares this machine's clock with the server's, which is ahead by skew.
func checkSkew(skew time.Duration) *Finding {
	if skew.Abs() <= maxSkew {
		return nil
	}
	return found(ClockSkew, fmt.Sprintf("the server's clock is %+d s from this machine's", int(skew.Seconds())))
}

// checkTimes compares a token's times with this machine's clock.
func checkTimes(c *claims) *Finding {
	now := time.Now()
	switch {
	case c == nil:
	case c.notBefore != nil && c.notBefore.After(now.Add(maxSkew)):
		return found(ClockSkew, fmt.Sprintf("the token becomes valid in %.0f s", c.notBefore.Sub(now).Seconds()))
	case c.expiresAt != nil && !c.expiresAt.After(now):
		return found(TokenExpired, fmt.Sprintf("the token expired %.0f s ago", now.Sub(*c.expiresAt).Seconds()))
	}
	return nil
}
