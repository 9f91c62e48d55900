// Package secretfile reads files that contain a client secret.
package secretfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// maxSecret is the maximum size of a file with a client secret, in bytes.
const maxSecret = 64 << 10

// Read returns the client secret in a file, without the line break at its end. The
// error contains the path and nothing of the content.
func Read(path string) (string, error) {
	data, err := readFile(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err // without the path
	}
	secret := strings.TrimRight(string(data), "\r\n")
	switch {
	case err != nil:
	case len(data) > maxSecret:
		err = fmt.Errorf("is larger than %d bytes", maxSecret)
	case strings.TrimSpace(secret) == "":
		err = errors.New("is empty")
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		err = errors.New("is not a text file in UTF-8")
	default:
		err = engine.CheckCharacters(secret)
	}
	if err != nil {
		return "", fmt.Errorf("client secret: file %s: %w", path, err)
	}
	return secret, nil
}

// readFile returns at most the first maxSecret+1 bytes of a regular file.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // a named pipe would block Open
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	file, err := os.Open(path) //nolint:gosec // the path is a setting of the program
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxSecret+1))
}
