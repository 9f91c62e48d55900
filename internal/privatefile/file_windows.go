package privatefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// Open opens a file, but not what a symbolic link points to.
func Open(name string, flag int, mode fs.FileMode) (*os.File, error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return os.OpenFile(name, flag, mode)
}

// CheckOwner accepts every file: the access control list of the directory protects it. The
// default one of a directory in the user's profile grants access to this user only.
func CheckOwner(string, fs.FileInfo, fs.FileMode) error { return nil }

// rename renames a file to a name that may exist. Windows refuses that while another
// process reads the file.
func rename(from, to string) error {
	for n := 0; ; n++ {
		err := os.Rename(from, to)
		inUse := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !inUse || n == 50 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
