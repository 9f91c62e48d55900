package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/internal/privatefile"
)

// FileState is a [State] in a file of JSON lines with mode 0600. Save and Remove append a line
// and sync it to disk. A line that is incomplete because the process or the machine ended is
// ignored. OpenState rewrites the file when most of its lines are obsolete.
type FileState struct {
	path string
	lock *os.File

	mu      sync.Mutex
	file    *os.File // nil until the first line is written
	size    int64
	entries map[pair]Entry
	broken  error // of a write that could not be undone
}

// stateHeader is the first line of a state file.
const stateHeader = `{"tapkeyAccessState":1}` + "\n"

// A stateLine is a line of a state file.
type stateLine struct {
	Entry
	Removed bool `json:"removed,omitempty"`
}

// OpenState opens the state in a file. The file is created when the first entry is saved.
// OpenState locks the file with another one, PATH.lock, until Close or the end of the process.
// It returns an error if the file is in use by another FileState, or is not a state file.
func OpenState(path string) (*FileState, error) {
	s, err := openState(path)
	if err != nil {
		return nil, fmt.Errorf("access: state file: %w", err)
	}
	return s, nil
}

func openState(path string) (*FileState, error) {
	if path == "" {
		return nil, errors.New("the name is empty")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	s := &FileState{path: path, entries: map[pair]Entry{}}
	if s.lock, err = os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600); err != nil { //nolint:gosec // the caller chooses the file
		return nil, err
	}
	switch locked, err := privatefile.TryLock(s.lock); {
	case errors.Is(err, errors.ErrUnsupported): // go on without a lock
	case err != nil:
		return nil, errors.Join(err, s.lock.Close())
	case !locked:
		return nil, errors.Join(fmt.Errorf("%s is in use by another process", path), s.lock.Close())
	}
	if err := s.read(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// read reads the file, if there is one, and rewrites it if most of its lines are obsolete.
func (s *FileState) read() error {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", s.path)
	}
	data, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	s.size = int64(bytes.LastIndexByte(data, '\n') + 1) // the rest is an incomplete line
	lines := bytes.SplitAfter(data[:s.size], []byte("\n"))
	lines = lines[:len(lines)-1]
	if s.size == 0 && strings.HasPrefix(stateHeader, string(data)) {
		return nil
	}
	if len(lines) == 0 || string(lines[0]) != stateHeader {
		return fmt.Errorf("%s is not a state file of this version: its first line is not %s", s.path, strings.TrimSpace(stateHeader))
	}
	for i, line := range lines[1:] {
		var l stateLine
		if err := json.Unmarshal(line, &l); err != nil || l.Receiver == "" || l.Lock == "" {
			return fmt.Errorf("%s:%d: invalid line", s.path, i+2)
		}
		if l.Removed {
			delete(s.entries, l.pair())
		} else {
			s.entries[l.pair()] = l.Entry
		}
	}
	if len(lines) > 100+2*len(s.entries) {
		return s.rewrite()
	}
	return nil
}

// rewrite replaces the file by one without obsolete lines.
func (s *FileState) rewrite() error {
	text := bytes.NewBufferString(stateHeader)
	for _, e := range s.sorted() {
		line, err := encodeLine(stateLine{Entry: e})
		if err != nil {
			return err
		}
		text.Write(line)
	}
	s.size = int64(text.Len())
	return privatefile.Replace(s.path, filepath.Dir(s.path), "."+filepath.Base(s.path)+".*.tmp", text.Bytes())
}

func encodeLine(l stateLine) ([]byte, error) {
	line, err := json.Marshal(l)
	return append(line, '\n'), err
}

func (s *FileState) sorted() []Entry {
	all := make([]Entry, 0, len(s.entries))
	for _, e := range s.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return strings.Compare(a.Receiver+"\n"+a.Lock, b.Receiver+"\n"+b.Lock)
	})
	return all
}

// Entries implements [State].
func (s *FileState) Entries(context.Context) ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sorted(), nil
}

// Save implements [State].
func (s *FileState) Save(_ context.Context, e Entry) error {
	return s.append(stateLine{Entry: e})
}

// Remove implements [State].
func (s *FileState) Remove(_ context.Context, receiver, lock string) error {
	return s.append(stateLine{Entry: Entry{Receiver: receiver, Lock: lock, Time: time.Now().UTC()}, Removed: true})
}

// append adds a line to the file and changes the entries.
func (s *FileState) append(l stateLine) error {
	line, err := encodeLine(l)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write(line); err != nil {
		return fmt.Errorf("access: state file: %w", err)
	}
	if l.Removed {
		delete(s.entries, l.pair())
	} else {
		s.entries[l.pair()] = l.Entry
	}
	return nil
}

// write appends a line. If it fails, the file is as before.
func (s *FileState) write(line []byte) error {
	if s.broken != nil {
		return s.broken
	}
	if err := s.openForWriting(); err != nil {
		return err
	}
	if s.size == 0 {
		line = append([]byte(stateHeader), line...)
	}
	_, err := s.file.WriteAt(line, s.size)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		if undo := s.file.Truncate(s.size); undo != nil {
			s.broken = errors.Join(err, undo)
		}
		return err
	}
	s.size += int64(len(line))
	return nil
}

// openForWriting opens the file before the first line is written, and cuts off an incomplete
// line. It syncs the directory, so that a new file is still there after a crash.
func (s *FileState) openForWriting() error {
	if s.file != nil {
		return nil
	}
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Truncate(s.size); err != nil {
		return errors.Join(err, file.Close())
	}
	if dir, err := os.Open(filepath.Dir(s.path)); err == nil { // not every system can
		_ = dir.Sync()
		_ = dir.Close()
	}
	s.file = file
	return nil
}

// Close closes and unlocks the file.
func (s *FileState) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = errors.New("the file is closed")
	var err error
	if s.file != nil {
		err = s.file.Close()
		s.file = nil
	}
	return errors.Join(err, s.lock.Close())
}
