// Package privatefile reads, replaces and locks files that only the user of the program may access.
package privatefile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Permissions that other users must not have.
const (
	Access fs.FileMode = 0o077 // to a file with a secret
	Write  fs.FileMode = 0o022 // to a directory, or a file without secrets
)

// Read returns the content of a regular file, but at most limit+1 bytes. It is an error if the
// file belongs to another user, or if others have one of the permissions.
func Read(name string, permissions fs.FileMode, limit int64) ([]byte, error) {
	file, err := Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	if err := CheckOwner(name, info, permissions); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, limit+1))
}

// CheckDir returns an error if a path is not a directory that only this user can write to.
func CheckDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	return CheckOwner(dir, info, Write)
}

// Replace replaces a file as a whole: it is complete even if the program or the machine ends at
// any time. The temporary file is in the directory dir and has the name of pattern, as in
// os.CreateTemp.
func Replace(name, dir, pattern string, data []byte) (err error) {
	file, err := os.CreateTemp(dir, pattern) // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync() // the content must be on the disk before the name
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return rename(file.Name(), name)
}
