//go:build unix && !aix && !solaris

package privatefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// TryLock locks an open file, and reports whether it succeeded. The lock ends when the file is
// closed, also by the end of the process.
func TryLock(file *os.File) (bool, error) {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return err == nil, err
}
