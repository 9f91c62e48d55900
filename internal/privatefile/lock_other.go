//go:build !windows && (!unix || aix || solaris)

package privatefile

import (
	"errors"
	"os"
)

// TryLock fails: the caller goes on without the lock.
func TryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
