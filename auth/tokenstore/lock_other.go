//go:build !windows && (!unix || aix || solaris)

package tokenstore

import (
	"errors"
	"os"
)

// tryLock fails: the client goes on without the lock.
func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
