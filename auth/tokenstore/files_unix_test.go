//go:build unix

package tokenstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
)

// A file that others can read, change or point elsewhere is not used, and is replaced.
func TestFilesOfOthers(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(secret, []byte("unchanged"), 0o600); err != nil {
		t.Fatal(err)
	}
	valid := []byte(`{"key":"` + key + `","access_token":"planted-t0ken","expiry":"2100-01-01T00:00:00Z"}`)
	for name, test := range map[string]struct {
		put  func(path string) error
		want string
	}{
		"world-readable": {func(path string) error { return writeWithMode(path, valid, 0o644) }, "other users have access"},
		"world-writable": {func(path string) error { return writeWithMode(path, valid, 0o602) }, "other users have access"},
		"of the group":   {func(path string) error { return writeWithMode(path, valid, 0o640) }, "other users have access"},
		"symbolic link":  {func(path string) error { return os.Symlink(secret, path) }, "too many levels of symbolic links"},
		"broken link":    {func(path string) error { return os.Symlink("nowhere", path) }, "too many levels of symbolic links"},
		"named pipe":     {func(path string) error { return unix.Mkfifo(path, 0o600) }, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			store, dir := newFiles(t)
			path := filepath.Join(dir, key+".json")
			if err := test.put(path); err != nil {
				t.Fatal(err)
			}
			checkBroken(t, store, test.want)
			want := aToken()
			save(t, store, key, want)
			checkLoad(t, store, key, want)
			if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
				t.Errorf("after Save: got mode %v and error %v, want -rw-------", info.Mode(), err)
			}
		})
	}
	t.Run("lock is a link", func(t *testing.T) {
		store, dir := newFiles(t)
		if err := os.Symlink(secret, filepath.Join(dir, key+".lock")); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Lock(t.Context(), key); err == nil {
			t.Error("Lock: got no error, want one")
		}
	})
	if content, err := os.ReadFile(secret); string(content) != "unchanged" || err != nil {
		t.Errorf("the target of a link: got %q and error %v, want it unchanged", content, err)
	}
}

func writeWithMode(path string, content []byte, mode os.FileMode) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	return os.Chmod(path, mode) // whatever the umask is
}

func TestFilesDirectory(t *testing.T) {
	parent := t.TempDir()
	file, shared := filepath.Join(parent, "file"), filepath.Join(parent, "shared")
	if err := writeWithMode(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(shared, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		"":                            "no directory",
		file:                          "not a directory",
		filepath.Join(file, "below"):  "not a directory",
		shared:                        "other users have access",
		"/proc/nonexistent/directory": "token store",
	} {
		if _, err := tokenstore.NewFiles(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewFiles(%q): got error %v, want one with %q", dir, err, want)
		}
	}
	private := filepath.Join(shared, "private")
	if _, err := tokenstore.NewFiles(private); err != nil {
		t.Fatalf("a directory in a shared one: got error %v, want none", err)
	}
	if info, err := os.Stat(private); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got mode %v and error %v, want drwx------", info.Mode(), err)
	}
}
