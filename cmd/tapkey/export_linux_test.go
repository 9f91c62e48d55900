package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestExportShowsProgressOnATerminal(t *testing.T) {
	_, env := startSandbox(t)
	term := openTerminal(t)
	cmd := command(t, env, "logs", "export", "--owner", "Coworking Space", "-o", filepath.Join(t.TempDir(), "log.csv"))
	term.start(t, cmd)
	text, status := term.end(cmd)
	lines := strings.Split(strings.TrimSpace(text), "\r")
	if last := lines[len(lines)-1]; status != 0 || !regexp.MustCompile(`^1029 entries, \d+/s *$`).MatchString(last) || len(lines) < 2 {
		t.Errorf("status %d, %q", status, text)
	}
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Errorf("%q is not one line", text)
	}
}

// Where the entries themselves go to the terminal, they would be in each other's way.
func TestExportToATerminalShowsNoProgress(t *testing.T) {
	_, env := startSandbox(t)
	term := openTerminal(t)
	cmd := command(t, env, "logs", "export", "--owner", "Home")
	term.start(t, cmd)
	if text, status := term.end(cmd); status != 0 || strings.Contains(text, "entries,") || strings.Count(text, "\n") != 1+52 {
		t.Errorf("status %d, %q", status, text)
	}
}

// A log that is fifty times as long takes no more memory.
func TestExportTakesConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("memory: not run (-short)")
	}
	peak := func(entries int) (kilobytes int64) {
		_, env := startWith(t, sandbox.WithGenerated(1, 10, entries))
		file := filepath.Join(t.TempDir(), "log.csv")
		cmd := command(t, append(env, "GOMAXPROCS=2"), "logs", "export", "-o", file)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
		text, err := os.ReadFile(file)
		if want := 1 + entries - entries/7; err != nil || strings.Count(string(text), "\n") != want {
			t.Fatalf("%d lines, %v, want %d", strings.Count(string(text), "\n"), err, want)
		}
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	}
	short, long := peak(1_000), peak(50_000)
	t.Log("peak of " + strconv.FormatInt(short, 10) + " and " + strconv.FormatInt(long, 10) + " KB")
	if long > short+8<<10 { // the file has 12 MB
		t.Errorf("%d KB for the long log, %d KB for the short one", long, short)
	}
}
