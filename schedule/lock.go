package schedule

import (
	"errors"
	"fmt"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// The errors of CheckLock.
var (
	// ErrNotSupported matches the error of a lock that does not evaluate schedules.
	ErrNotSupported = errors.New("schedule: the lock does not support time restrictions")
	// ErrSupportUnknown matches the error of a lock that was read without its features.
	ErrSupportUnknown = errors.New("schedule: support for time restrictions is unknown")
)

// CheckLock returns nil if a lock supports schedules. Read the lock with "supportedFeatures"
// in Expand of the parameters; without it, the error matches ErrSupportUnknown.
func CheckLock(lock tapkey.BoundLock) error {
	if lock.SupportedFeatures == nil || lock.SupportedFeatures.TimeRestrictionIcalSupport == "" {
		return fmt.Errorf("%w: read the lock with supportedFeatures in Expand", ErrSupportUnknown)
	}
	if support := lock.SupportedFeatures.TimeRestrictionIcalSupport; support != tapkey.FeatureSupportSupported {
		return fmt.Errorf("%w: timeRestrictionIcalSupport is %q", ErrNotSupported, shorten(string(support)))
	}
	return nil
}
