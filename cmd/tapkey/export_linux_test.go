package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

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

// A log that is fifty times as long takes no more memory. The race detector needs memory for
// what the program has read, so it is not measured.
func TestExportTakesConstantMemory(t *testing.T) {
	skipShort(t, "memory of an export")
	if raceDetector {
		t.Skip("memory of an export: not run with the race detector")
	}
	t.Parallel()
	peak := func(entries int) (kilobytes int) {
		_, env := startSandbox(t, sandbox.WithGenerated(1, 10, entries))
		file := filepath.Join(t.TempDir(), "log.csv")
		cmd := command(t, append(env, "GOMAXPROCS=2"), "logs", "export", "-o", file)
		must(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for {
			// The maximum that the kernel reports after the end includes the test's memory,
			// which the process had before it became another program.
			kilobytes = max(kilobytes, residentPeak(cmd.Process.Pid))
			select {
			case err := <-ended:
				must(t, err)
				text, err := os.ReadFile(file)
				must(t, err)
				check(t, "lines", strings.Count(string(text), "\n"), 1+entries-entries/7)
				return kilobytes
			case <-time.After(time.Millisecond):
			}
		}
	}
	short, long := peak(1_000), peak(50_000)
	t.Logf("peak memory: %d KB for the short log, %d KB for the long one", short, long)
	if short == 0 || long > short+8<<10 { // the file has 12 MB
		t.Errorf("peak memory for the long log = %d KB, want at most %d KB, which is 8 MB more than for the short one", long, short+8<<10)
	}
}

var peakMemory = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// residentPeak returns the peak memory of a process in kilobytes, or 0 if the process is not
// an export, or not any more.
func residentPeak(pid int) int {
	dir := "/proc/" + strconv.Itoa(pid)
	arguments, _ := os.ReadFile(dir + "/cmdline")
	status, _ := os.ReadFile(dir + "/status")
	if match := peakMemory.FindSubmatch(status); match != nil && strings.Contains(string(arguments), "export") {
		kilobytes, _ := strconv.Atoi(string(match[1]))
		return kilobytes
	}
	return 0
}
