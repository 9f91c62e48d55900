package tokenstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// openFile opens a file, but not what a symbolic link points to.
func openFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("token store: %s is not a regular file", name)
	}
	return os.OpenFile(name, flag, mode)
}

// checkOwner accepts every file: the access control list of the directory protects it. The
// default one of a directory in the user's profile grants access to this user only.
func checkOwner(string, fs.FileInfo, fs.FileMode) error { return nil }

// replaceFile renames a file to a name that may exist. Windows refuses that while another
// process reads the file.
func replaceFile(from, to string) error {
	for n := 0; ; n++ {
		err := os.Rename(from, to)
		inUse := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !inUse || n == 50 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// tryLock locks an open file, and reports whether it succeeded. The lock ends when the file is
// closed, also by the end of the process.
func tryLock(file *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}
