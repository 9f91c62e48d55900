package tokenstore_test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
)

// On a full disk, Save fails and the stored token stays. A process with a limit of the size of
// files has the same failure.
func TestFilesOnAFullDisk(t *testing.T) {
	if dir := os.Getenv("TAPKEY_TEST_FULL"); dir != "" { // in the process with the limit
		signal.Ignore(unix.SIGXFSZ)
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 10, Max: 10}); err != nil {
			t.Fatal(err)
		}
		store, err := tokenstore.NewFiles(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Save(t.Context(), key, aToken()); err == nil || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("Save on a full disk: got error %v, want one without the token", err)
		}
		return
	}
	store, dir := newFiles(t)
	want := aToken()
	save(t, store, key, want)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFilesOnAFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), "TAPKEY_TEST_FULL="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFilesOnAFullDisk") {
		t.Errorf("the process with the limit: got error %v and output %q", err, out)
	}
	checkLoad(t, store, key, want)
	if names, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || len(names) != 0 {
		t.Errorf("got the leftovers %v and error %v, want none", names, err)
	}
}
