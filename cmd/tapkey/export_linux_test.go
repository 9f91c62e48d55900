package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestExportShowsProgressOnATerminal(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	file := filepath.Join(t.TempDir(), "log.csv")
	text, status := onTerminal(t, command(t, env, "logs", "export", "--owner", "Coworking Space", "-o", file), nil)
	check(t, "exit status", status, exitOK)
	lines := strings.Split(strings.TrimSpace(text), "\r")
	if last := lines[len(lines)-1]; !regexp.MustCompile(`^1029 entries, \d+/s *$`).MatchString(last) || len(lines) < 2 {
		t.Errorf("screen = %q, want several updates, the last one with 1029 entries", text)
	}
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Errorf("screen = %q, want one line", text)
	}
}

// Progress would be mixed with the entries if both went to the terminal.
func TestExportToATerminalShowsNoProgress(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	text, status := onTerminal(t, command(t, env, "logs", "export", "--owner", "Home"), nil)
	check(t, "exit status", status, exitOK)
	checkLacks(t, "screen", text, "entries,")
	check(t, "lines", strings.Count(text, "\n"), 1+52)
}

// A log that is fifty times as long takes no more memory.
func TestExportTakesConstantMemory(t *testing.T) {
	skipShort(t, "memory of an export")
	t.Parallel()
	peak := func(entries int) (kilobytes int64) {
		_, env := startSandbox(t, sandbox.WithGenerated(1, 10, entries))
		file := filepath.Join(t.TempDir(), "log.csv")
		cmd := command(t, append(env, "GOMAXPROCS=2"), "logs", "export", "-o", file)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("logs export: error = %v, want none; output = %q", err, out)
		}
		text, err := os.ReadFile(file)
		must(t, err)
		check(t, "lines", strings.Count(string(text), "\n"), 1+entries-entries/7)
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	}
	short, long := peak(1_000), peak(50_000)
	t.Logf("peak memory: %d KB for the short log, %d KB for the long one", short, long)
	if long > short+8<<10 { // the file has 12 MB
		t.Errorf("peak memory for the long log = %d KB, want at most %d KB, which is 8 MB more than for the short one", long, short+8<<10)
	}
}
