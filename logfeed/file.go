package logfeed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tapkey-go/tapkey-go/internal/privatefile"
)

// A File is a [Checkpoint] in a file with this name. The file is replaced as a whole, so it is
// complete even if the program or the machine ends at any time. Only the user who runs the
// program can read it.
//
// A File is a [Locker]: it locks another file, whose name ends in .lock and which stays, on
// Linux, macOS, the BSDs and Windows. The lock ends with its process. On NFS and similar file
// systems, locks may not work.
type File string

// Load reads the file.
func (f File) Load(ctx context.Context) ([]byte, error) {
	if f == "" {
		return nil, errors.New("logfeed: the name of the checkpoint is empty")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := privatefile.Read(string(f), privatefile.Write, maxState)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // as Checkpoint specifies
	case err != nil:
		return nil, fmt.Errorf("logfeed: checkpoint: %w", err)
	case len(data) > maxState:
		return nil, fmt.Errorf("logfeed: checkpoint: %s has more than %d bytes", f, maxState)
	case data == nil:
		data = []byte{} // an empty file is damaged
	}
	return data, nil
}

// Save replaces the file.
func (f File) Save(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name := string(f)
	return privatefile.Replace(name, filepath.Dir(name), "."+filepath.Base(name)+".*.tmp", data)
}

// Lock locks the file for other feeds of this machine.
func (f File) Lock(context.Context) (unlock func(), err error) {
	if f == "" {
		return nil, errors.New("logfeed: the name of the checkpoint is empty")
	}
	file, err := privatefile.Open(string(f)+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("logfeed: checkpoint: %w", err)
	}
	locked, err := privatefile.TryLock(file)
	switch {
	case locked, errors.Is(err, errors.ErrUnsupported):
		return func() { _ = file.Close() }, nil // closing unlocks
	case err == nil:
		err = errors.New("another process uses it")
	}
	_ = file.Close()
	return nil, fmt.Errorf("logfeed: checkpoint %s: %w", f, err)
}
