package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/privatefile"
	"github.com/tapkey-go/tapkey-go/internal/tokenstore"
)

const (
	// lockInterval is the longest time between two attempts to lock a file.
	lockInterval = 20 * time.Millisecond

	// leftoverAge is the age from which a temporary file belongs to a process that has ended.
	leftoverAge = time.Minute
)

// Files is a store that keeps each token in a file. The files can be read and written only by
// the user who runs the program, and are not encrypted; see [Encrypt]. A file is replaced as a
// whole, so it is complete even if the program or the machine ends at any time.
//
// Files is a [client.TokenLocker]: it locks between processes on Linux, macOS, the BSDs and
// Windows. A lock ends with its process. The file system must be that of the machine: on NFS
// and similar file systems, locks may not work.
type Files struct {
	dir string
}

// NewFiles returns a store that keeps its files in a directory. It creates the directory, if it
// does not exist, and removes what processes that were killed have left there. The directory
// must not be writable for other users.
func NewFiles(dir string) (*Files, error) {
	if dir == "" {
		return nil, errors.New("token store: no directory")
	}
	dir, err := filepath.Abs(dir) // the working directory may change
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = privatefile.CheckDir(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("token store: %w", err)
	}
	s := &Files{dir}
	s.removeLeftovers()
	return s, nil
}

// Load returns the token in the file of key, or nil if there is none. A file that is not a
// regular file of this user, that others may read, or that is too large or malformed, is an
// error. Save replaces it.
func (s *Files) Load(ctx context.Context, key string) (*oauth2.Token, error) {
	name, err := s.path(key, ".json")
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := privatefile.Read(name, privatefile.Access, tokenstore.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // as client.TokenStore specifies
	}
	if err != nil {
		return nil, fmt.Errorf("token store: %w", err)
	}
	return tokenstore.Decode(key, data)
}

// Save replaces the file of key.
func (s *Files) Save(ctx context.Context, key string, token *oauth2.Token) error {
	name, err := s.path(key, ".json")
	if err != nil {
		return err
	}
	data, err := tokenstore.Encode(key, token)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return privatefile.Replace(name, s.dir, key+".*.tmp", data)
}

// Lock locks key for other processes, and for other callers of this process, until unlock is
// called or the process ends. It waits until ctx is done. The file of the lock stays.
func (s *Files) Lock(ctx context.Context, key string) (unlock func(), err error) {
	name, err := s.path(key, ".lock")
	if err != nil {
		return nil, err
	}
	file, err := privatefile.Open(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		locked, err := privatefile.TryLock(file)
		if locked {
			return func() { _ = file.Close() }, nil // closing unlocks
		}
		if err == nil {
			err = pause(ctx, lockInterval/4+rand.N(lockInterval*3/4))
		}
		if err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("token store: lock of %s: %w", name, err)
		}
	}
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// path returns the path of the file of key. A key must not lead to another directory.
func (s *Files) path(key, extension string) (string, error) {
	if key == "" || len(key) > 128 || strings.Trim(key, "0123456789abcdef") != "" {
		return "", errors.New("token store: the key is not hexadecimal")
	}
	return filepath.Join(s.dir, key+extension), nil
}

// removeLeftovers removes the temporary files of processes that have ended. A failure does not
// matter.
func (s *Files) removeLeftovers() {
	names, _ := filepath.Glob(filepath.Join(s.dir, "*.tmp"))
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			_ = os.Remove(name)
		}
	}
}
