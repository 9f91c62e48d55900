package access_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/access"
)

// openState opens a state and returns its entries as JSON.
func openState(t *testing.T, path string) (*access.FileState, string) {
	t.Helper()
	s, err := access.OpenState(path)
	must(t, err)
	entries, err := s.Entries(t.Context())
	must(t, err)
	return s, jsonOf(entries)
}

func entry(receiver, grant string) access.Entry {
	return access.Entry{Receiver: receiver, Lock: "l", Grant: grant, Pending: []access.Limits{{Until: at(1)}}, Time: at(0)}
}

// The file is complete whatever part of the last line was written.
func TestStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s, _ := openState(t, path)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("file before the first entry: got error %v, want none to exist", err)
	}
	must(t, s.Save(t.Context(), entry("a", "")))
	must(t, s.Save(t.Context(), entry("b", "")))
	must(t, s.Save(t.Context(), entry("a", "1")))
	must(t, s.Remove(t.Context(), "b", "l"))
	if _, err := access.OpenState(path); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second OpenState: got error %v, want one that says in use", err)
	}
	must(t, s.Close())
	if err := s.Save(t.Context(), entry("c", "")); err == nil {
		t.Error("Save after Close: got no error, want one")
	}
	info, err := os.Stat(path)
	must(t, err)
	equal(t, "mode", info.Mode().Perm(), 0o600)
	complete, err := os.ReadFile(path)
	must(t, err)
	want := jsonOf([]access.Entry{entry("a", "1")})
	next := `{"receiver":"c","lock":"l","time":"2098-01-06T00:00:00Z"}`
	for n := range len(next) + 1 {
		must(t, os.WriteFile(path, append(complete[:len(complete):len(complete)], next[:n]...), 0o600))
		s, got := openState(t, path)
		equal(t, "entries", got, want)
		must(t, s.Save(t.Context(), entry("d", "2")))
		must(t, s.Close())
		s, got = openState(t, path)
		equal(t, "entries after another", got, jsonOf([]access.Entry{entry("a", "1"), entry("d", "2")}))
		must(t, s.Close())
	}
	for n := range strings.Index(string(complete), "\n") + 1 { // of the header
		must(t, os.WriteFile(path, complete[:n], 0o600))
		s, got := openState(t, path)
		equal(t, "entries", got, "[]")
		must(t, s.Close())
	}
}

func TestStateFileIsRewritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s, _ := openState(t, path)
	for range 200 {
		must(t, s.Save(t.Context(), entry("a", "1")))
	}
	must(t, s.Close())
	long, err := os.Stat(path)
	must(t, err)
	s, got := openState(t, path)
	equal(t, "entries", got, jsonOf([]access.Entry{entry("a", "1")}))
	short, err := os.Stat(path)
	must(t, err)
	if short.Size() > long.Size()/50 {
		t.Errorf("size: got %d bytes after %d, want one line", short.Size(), long.Size())
	}
	must(t, s.Save(t.Context(), entry("b", "2")))
	must(t, s.Close())
	s, got = openState(t, path)
	equal(t, "entries", got, jsonOf([]access.Entry{entry("a", "1"), entry("b", "2")}))
	must(t, s.Close())
}

func TestInvalidStateFiles(t *testing.T) {
	dir := t.TempDir()
	header := `{"tapkeyAccessState":1}` + "\n"
	for name, text := range map[string]string{
		"another file": "email,lock\n", "another version": `{"tapkeyAccessState":2}` + "\n",
		"invalid line": header + "x\n", "entry without lock": header + `{"receiver":"a"}` + "\n",
		"empty line": header + "\n",
	} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := access.OpenState(path); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v, want one with the name of the file", name, err)
		}
		got, err := os.ReadFile(path)
		must(t, err)
		equal(t, name, string(got), text)
	}
	for _, path := range []string{"", dir, filepath.Join(dir, "missing", "state")} {
		if _, err := access.OpenState(path); err == nil {
			t.Errorf("%q: got no error, want one", path)
		}
	}
}
