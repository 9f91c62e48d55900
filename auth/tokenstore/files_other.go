//go:build !windows && !unix

package tokenstore

import (
	"io/fs"
	"os"
)

func openFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, mode)
}

func checkOwner(string, fs.FileInfo, fs.FileMode) error { return nil }

func replaceFile(from, to string) error { return os.Rename(from, to) }
