package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// replaceFile creates or replaces a file with the text that write writes. The text goes
// to a temporary file in the same directory, which is renamed after it has been synced to
// disk. If replaceFile fails, the old file, if any, is unchanged. A new file has mode 0600;
// a replaced file keeps its mode. If path is a symbolic link, its target is written.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	mode := fs.FileMode(0o600)
	if path == "" {
		return errors.New("the file name is empty")
	}
	if path, err = followLinks(path); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file", path)
		}
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, errors.Unwrap(err)) // without the temporary name
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := buffered(f, write); err != nil {
		return err
	}
	return asFailure(commit(f, path, mode))
}

// followLinks returns the path that a symbolic link leads to, which need not exist, or path
// itself if it is not a link.
func followLinks(path string) (string, error) {
	const most = 40 // links, as in Linux
	target := path
	for range most {
		if info, err := os.Lstat(target); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return target, nil //nolint:nilerr // a file that does not exist is created
		}
		next, err := os.Readlink(target)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(target), next)
		}
		target = next
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

// buffered calls write with a buffered writer to w, and flushes it.
func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if err := write(b); err != nil {
		return err
	}
	return asFailure(b.Flush())
}

// commit syncs and closes f, and renames it to path.
func commit(f *os.File, path string, mode fs.FileMode) error {
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	// Sync the directory, too, so that the new name is on disk. Not every system can.
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}
