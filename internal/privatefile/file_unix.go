//go:build unix

package privatefile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Open opens a file, but not what a symbolic link points to, and without waiting for the
// other end of a named pipe.
func Open(name string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, mode) //nolint:gosec // below the directory of the store
}

// CheckOwner returns an error if a file does not belong to this user, or if others have one of
// the permissions.
func CheckOwner(name string, info fs.FileInfo, permissions fs.FileMode) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user", name)
	}
	if info.Mode()&permissions != 0 {
		return fmt.Errorf("other users have access to %s: its mode is %v", name, info.Mode().Perm())
	}
	return nil
}

// rename renames a file to a name that may exist. It syncs the directory, so that the name is
// on the disk; not every file system can.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(to)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}
