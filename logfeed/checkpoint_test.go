package logfeed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/logfeed"
)

// Checkpoints of this package.
var (
	_ logfeed.Checkpoint = logfeed.File("")
	_ logfeed.Locker     = logfeed.File("")
)

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := logfeed.File(filepath.Join(dir, "log.checkpoint"))
	f := fake{}
	f.addAll(50, start)
	checkIDs(t, "first", once(t, f.client(t), logfeed.Options{Checkpoint: file}), ids(f.entries))
	f.add("new", start.Add(time.Hour))
	checkIDs(t, "second", once(t, f.client(t), logfeed.Options{Checkpoint: file}), []string{"new"})
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("got files %v, error %v, want the checkpoint and its lock", files, err)
	}
	info, err := os.Stat(string(file))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, want 0600", info.Mode())
	}
}

func TestFileIsLocked(t *testing.T) {
	t.Parallel()
	file := logfeed.File(filepath.Join(t.TempDir(), "log.checkpoint"))
	f := fake{}
	f.addAll(1, start)
	for range 2 { // the lock ends with the loop
		for range logfeed.Follow(t.Context(), f.client(t), owner, logfeed.Options{Checkpoint: file}) {
			err := failure(t, f.client(t), logfeed.Options{Checkpoint: file})
			if err == nil || !strings.Contains(err.Error(), "another process uses it") {
				t.Errorf("got error %v, want that another process uses the checkpoint", err)
			}
			break
		}
	}
	if err := os.WriteFile(string(file), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and with a failure
		if err := failure(t, f.client(t), logfeed.Options{Checkpoint: file}); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got error %v, want that the checkpoint is damaged", err)
		}
	}
}

func TestRefusedCheckpoints(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	f.addAll(3, start)
	once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint, Filter: "a eq 1", Lock: "1"})
	valid := string(checkpoint.data)
	for name, test := range map[string]struct{ data, want string }{
		"empty":            {"", "damaged"},
		"NUL":              {strings.Repeat("\x00", 100), "damaged"},
		"cut off":          {valid[:len(valid)/2], "damaged"},
		"twice":            {valid + valid, "damaged"},
		"text after it":    {valid + "x", "damaged"},
		"null":             {"null", "damaged"},
		"array":            {"[]", "damaged"},
		"empty object":     {"{}", "damaged"},
		"other version":    {strings.Replace(valid, `"version":1`, `"version":2`, 1), "version 2"},
		"unknown field":    {strings.Replace(valid, `"version":1`, `"version":1,"x":1`, 1), "damaged"},
		"invalid time":     {strings.Replace(valid, `"newest":"2026`, `"newest":"x026`, 1), "damaged"},
		"without the list": {valid[:strings.Index(valid, `,"delivered"`)] + "}", "damaged"},
		"without owner":    {strings.Replace(valid, owner, "", 1), "damaged"},
		"other owner":      {strings.Replace(valid, owner, "other\n", 1), "damaged"},
		"another owner":    {strings.Replace(valid, owner, "other", 1), `owner account "other", not "` + owner},
		"another lock":     {strings.Replace(valid, `"lock":"1"`, `"lock":"2"`, 1), `lock "2", not "1"`},
		"no lock":          {strings.Replace(valid, `"lock":"1",`, ``, 1), `lock "", not "1"`},
		"another filter":   {strings.Replace(valid, "a eq 1", "a eq 2", 1), `filter "a eq 2", not "a eq 1"`},
	} {
		m := memory{data: append([]byte{}, test.data...)}
		err := failure(t, f.client(t), logfeed.Options{Checkpoint: &m, Filter: "a eq 1", Lock: "1"})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got error %v, want one line with %q", name, err, test.want)
		}
		if m.saves != 0 || string(m.data) != test.data {
			t.Errorf("%s: the checkpoint was changed, want it unchanged", name)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files: not run (no modes on Windows)")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(path("writable"), nil, 0o600), os.Chmod(path("writable"), 0o666),
		os.Mkdir(path("directory"), 0o700), os.Symlink(path("x"), path("link")),
		os.WriteFile(path("large"), nil, 0o600), os.Truncate(path("large"), 64<<20+1),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"writable": "other users", "directory": "not a regular file", "link": "link", "large": "bytes", "no/file": "no such file",
	} {
		f := fake{}
		if err := failure(t, f.client(t), logfeed.Options{Checkpoint: logfeed.File(path(name))}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, want)
		}
		if len(f.requests) != 0 {
			t.Errorf("%s: got %d requests, want none", name, len(f.requests))
		}
	}
	if err := failure(t, (&fake{}).client(t), logfeed.Options{Checkpoint: logfeed.File("")}); err == nil {
		t.Error("empty name: got no error, want one")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := logfeed.File(path("new"))
	if _, err := file.Load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Load: got error %v, want that of the context", err)
	}
	if err := file.Save(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Save: got error %v, want that of the context", err)
	}
}

// Many entries in the overlap take memory and a large checkpoint. Too many are an error.
func TestManyEntriesInTheOverlap(t *testing.T) {
	if testing.Short() {
		t.Skip("many entries in the overlap: not run (-short)")
	}
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	for i := range 20_000 {
		f.add(fmt.Sprintf("24e9a7d6-0000-4000-8000-%012x", i), start.Add(time.Duration(i)*time.Millisecond))
	}
	began := time.Now()
	c, err := f.client(t).With(client.WithPageSize(5000))
	if err != nil {
		t.Fatal(err)
	}
	got := once(t, c, logfeed.Options{Checkpoint: &checkpoint})
	if len(got) != 20_000 {
		t.Errorf("got %d entries, want 20,000", len(got))
	}
	t.Logf("%d entries, %d requests, %d saves, checkpoint of %d KB, %v", len(got), len(f.requests), checkpoint.saves, len(checkpoint.data)>>10, time.Since(began))
	if n := len(checkpoint.data); n > 2<<20 {
		t.Errorf("got a checkpoint of %d bytes, want at most 2 MiB", n)
	}
	checkIDs(t, "again", once(t, c, logfeed.Options{Checkpoint: &checkpoint}), nil)

	huge := fake{}
	huge.add(strings.Repeat("x", 65<<20), start)
	m := memory{}
	c, err = huge.client(t).With(client.WithMaxResponseBytes(1 << 30))
	if err != nil {
		t.Fatal(err)
	}
	if err := failure(t, c, logfeed.Options{Checkpoint: &m}); err == nil || !strings.Contains(err.Error(), "shorter Overlap") || m.data != nil {
		t.Errorf("got error %.200v and %d bytes saved, want one about the overlap and none", err, len(m.data))
	}
}

// Since is used only without a position.
func TestCheckpointWithoutEntries(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint})
	if checkpoint.saves != 0 || !bytes.Equal(checkpoint.data, nil) {
		t.Errorf("got %d saves for an empty log, want none", checkpoint.saves)
	}
}
