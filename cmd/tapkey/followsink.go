package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/logfeed"
)

// A followSink is where a feed of log entries is written, and its checkpoint. The checkpoint of
// a feed into a file has the size of the file. Complete lines after that size were written
// before a crash, so they are not written again.
type followSink struct {
	logfeed.File // the checkpoint; "" means none

	w       io.Writer // standard output, or nil
	path    string    // of the output
	file    *os.File  // the output; nil for standard output and before Load
	written map[string]bool
}

// followPosition is the content of the checkpoint.
type followPosition struct {
	Size *int64          `json:"outputSize,omitempty"` // nil for standard output
	Feed json.RawMessage `json:"feed"`                 // null before the first entry
}

func newFollowSink(stdout io.Writer, flags followFlags) (*followSink, error) {
	s := &followSink{File: logfeed.File(flags.checkpoint), path: flags.output, written: map[string]bool{}}
	if s.path == "" || s.path == "-" {
		s.w = stdout
		return s, nil
	}
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", s.path)
	}
	if s.File == "" {
		s.File = logfeed.File(s.path + ".checkpoint")
	}
	for _, other := range []string{string(s.File), string(s.File) + ".lock"} {
		if resolved(s.path) == resolved(other) {
			return nil, fmt.Errorf("--output and --checkpoint use the same file %s", s.path)
		}
	}
	return s, nil
}

// resolved returns the absolute path of a file that may not exist, without symbolic links to
// directories.
func resolved(path string) string {
	dir, name := filepath.Split(path)
	if target, err := filepath.EvalSymlinks(filepath.Clean(dir)); err == nil {
		dir = target
	}
	if absolute, err := filepath.Abs(filepath.Join(dir, name)); err == nil {
		return absolute
	}
	return path
}

// Load loads the checkpoint. The feed has locked it. Load also opens the output and reads what
// was written after the checkpoint was saved.
func (s *followSink) Load(ctx context.Context) ([]byte, error) {
	data, err := s.File.Load(ctx)
	if err != nil {
		return nil, err
	}
	var position followPosition
	if data != nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&position); err != nil || decoder.More() || position.Feed == nil || position.Size != nil && *position.Size < 0 {
			return nil, fmt.Errorf("checkpoint %s is damaged, or is not one of this command", s.File)
		}
		if (position.Size == nil) != (s.w != nil) {
			return nil, fmt.Errorf("checkpoint %s was saved with another --output", s.File)
		}
	}
	if s.w == nil {
		if err := s.open(data == nil, position.Size); err != nil {
			return nil, err
		}
		if data == nil { // so that a crash before the first checkpoint is noticed
			return nil, s.Save(ctx, nil)
		}
	}
	if string(position.Feed) == "null" {
		return nil, nil //nolint:nilnil // as logfeed.Checkpoint specifies
	}
	return position.Feed, nil
}

// open opens the output. Unless it is new, size is its size at the time of the checkpoint.
func (s *followSink) open(isNew bool, size *int64) (err error) {
	if s.file, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return err
	}
	info, err := s.file.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() == 0: // new, or rotated
		return nil
	case isNew:
		return fmt.Errorf("%s is not empty, but its checkpoint %s does not exist: restore the checkpoint or use another file", s.path, s.File)
	case info.Size() < *size:
		return fmt.Errorf("%s is shorter than at the time of its checkpoint %s: restore it or use another file", s.path, s.File)
	}
	return s.recover(*size)
}

// recover reads the lines from an offset on. It removes a last line that is incomplete.
func (s *followSink) recover(offset int64) error {
	if _, err := s.file.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReader(s.file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if len(line) == 0 {
				return nil
			}
			return s.file.Truncate(offset)
		}
		if err != nil {
			return err
		}
		var entry tapkey.LogEntry
		if json.Unmarshal(line, &entry) != nil || entry.ID == "" {
			return fmt.Errorf("%s: the line at byte %d is not a log entry", s.path, offset)
		}
		s.written[entry.ID] = true
		offset += int64(len(line))
	}
}

// write writes one line for each entry, and syncs a file to disk.
func (s *followSink) write(entries []tapkey.LogEntry) error {
	var text []byte
	for _, entry := range entries {
		if s.written[entry.ID] {
			delete(s.written, entry.ID)
			continue
		}
		line, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		text = append(append(text, escapeControls(line)...), '\n')
	}
	if s.w != nil {
		_, err := s.w.Write(text)
		return err
	}
	if _, err := s.file.Write(text); err != nil {
		return err
	}
	return s.file.Sync()
}

// Save saves the state of the feed with the size of the output.
func (s *followSink) Save(ctx context.Context, data []byte) error {
	position := followPosition{Feed: data}
	if s.file != nil {
		info, err := s.file.Stat()
		if err != nil {
			return err
		}
		position.Size = new(info.Size())
	}
	text, err := json.Marshal(position)
	if err != nil {
		return err
	}
	return s.File.Save(ctx, text)
}

func (s *followSink) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
