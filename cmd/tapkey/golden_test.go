package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	_ "time/tzdata" // the local zone of the tests

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

var update = flag.Bool("update", false, "write the golden files and docs/cli.md")

// commands returns all that people may find, root first.
func commands() []*cobra.Command {
	var all []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		all = append(all, cmd)
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				walk(sub)
			}
		}
	}
	walk(newRoot(io.Discard, io.Discard))
	return all
}

// examplesOf splits an example into commands; a backslash continues a line.
func examplesOf(cmd *cobra.Command) []string {
	var examples []string
	for line := range strings.SplitSeq(cmd.Example, "\n") {
		if last := len(examples) - 1; last >= 0 && strings.HasSuffix(examples[last], "\\") {
			examples[last] += "\n" + line
		} else if line != "" {
			examples = append(examples, strings.TrimSpace(line))
		}
	}
	return examples
}

// refusedExamples are those that a sandbox refuses, as Tapkey is documented to.
var refusedExamples = map[string]int{"tapkey owners create --name 'Summer House'": exitFailed}

// What each command's help suggests is run by a shell, against a sandbox of its own:
// on a terminal, into a pipe, and as JSON. A command without an example fails.
func TestExamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("examples: not run (no shell)")
	}
	operations := map[string]string{}
	for _, r := range nouns {
		for _, v := range r.verbs {
			operations["tapkey "+r.name+" "+strings.Fields(v.use)[0]] = v.operation
		}
	}
	for _, cmd := range commands() {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "_")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			examples := examplesOf(cmd)
			if len(examples) == 0 {
				t.Fatal("it has no example")
			}
			if cmd.HasSubCommands() {
				return // whose example is one of a command below it
			}
			var got strings.Builder
			for _, example := range examples {
				got.WriteString("$ " + example + "\n")
				for _, mode := range []string{"terminal", "pipe", "json"} {
					if mode == "json" && (cmd.Flags().Lookup("json") == nil || strings.Contains(example, " --show")) {
						continue
					}
					server := startAt(t, time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC))
					if cmd.Name() == "doctor" {
						server.SetTime(time.Now()) // it compares the clocks
					}
					text := runExample(t, server, example, mode)
					got.WriteString("-- " + mode + " --\n" + text)
					if operation := operations[cmd.CommandPath()]; operation != "" && server.Count(operation) != 1 {
						t.Errorf("%s has called %s %d times", example, operation, server.Count(operation))
					}
				}
			}
			compare(t, filepath.Join("testdata", name+".golden"), got.String())
		})
	}
}

func startAt(t *testing.T, now time.Time) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	server.SetTime(now)
	return server
}

// runExample returns what an example prints, and the files it leaves.
func runExample(t *testing.T, server *sandbox.Server, example, mode string) string {
	t.Helper()
	line := "exec " + example
	if mode == "json" {
		line += " --json"
	}
	cmd := shell(t, environment(server), line)
	cmd.Dir = t.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, status := "", 0
	interrupt := func(text string) { // what would go on for ever
		if strings.HasPrefix(example, "tapkey sandbox") && strings.Count(text, "\n") == 4 {
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
	if mode == "terminal" {
		out, status = onTerminal(t, cmd, interrupt)
	} else {
		out, status = intoPipe(t, cmd, interrupt)
	}
	if want := refusedExamples[example]; status != want {
		t.Errorf("%s (%s): status %d, want %d: %s", example, mode, status, want, &stderr)
	}
	if stderr.Len() > 0 {
		out += "-- stderr --\n" + stderr.String()
	}
	if out != "" && !strings.HasSuffix(out, "\n") {
		out += "\n(without a line break)\n"
	}
	files, err := filepath.Glob(filepath.Join(cmd.Dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out += "-- file " + filepath.Base(file) + " --\n" + string(text)
	}
	return settled(out)
}

// settled is text without what differs from run to run. Escape characters are written
// as \e.
func settled(text string) string {
	for _, r := range []struct{ pattern, by string }{
		{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
		{`(2026-11-30[T ]\d\d):00:\d\d(\.\d+)?`, "$1:00:00"},
		{`"exp": 17960364\d\d`, `"exp": 1796036400`},
		{`"(iat|nbf)": 17960328\d\d`, `"$1": 1796032800`},
		{`"expires": "[^"]+"`, `"expires": "2026-11-30T11:00:00Z"`},
		{`"remainingSeconds": \d+`, `"remainingSeconds": 3599`},
		{`\b5\dm\d+s\b`, "59m59s"},
		{`[+-]\d s from`, "+0 s from"},
		{`good for 3\d+ s`, "good for 3599 s"},
		{"\x1b", `\e`},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.by)
	}
	return text
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err, "(-update writes it)")
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it):\n%s", file, got)
	}
}

// environment is what leads the command to a sandbox.
func environment(server *sandbox.Server) []string {
	return []string{
		"TAPKEY_CLIENT_ID=" + server.ClientID(), "TAPKEY_CLIENT_SECRET=" + server.ClientSecret(),
		"TAPKEY_BASE_URI=" + strings.TrimSuffix(server.BaseURL(), "/api/v1"), "TAPKEY_TOKEN_ENDPOINT=" + server.TokenURL(),
		"TZ=Europe/Vienna", "TERM=xterm", "NO_COLOR=",
	}
}

// shell runs a line in which the command is called tapkey.
func shell(t *testing.T, env []string, line string) *exec.Cmd {
	t.Helper()
	cmd := command(t, append(env, "PATH="+commandDir()+string(os.PathListSeparator)+os.Getenv("PATH")))
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("shell: not run (no sh)")
	}
	cmd.Path, cmd.Args = sh, []string{"sh", "-c", line}
	return cmd
}

// commandDir has this binary in it, by the name of the command.
var commandDir = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "tapkey")
	if err == nil {
		var self string
		if self, err = os.Executable(); err == nil {
			err = os.Symlink(self, filepath.Join(dir, "tapkey"))
		}
	}
	if err != nil {
		panic(err)
	}
	return dir
})

// watched is a buffer that tells what was written to it.
type watched struct {
	text   bytes.Buffer // not embedded: io.Copy would find its ReadFrom
	onText func(string)
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	w.onText(w.text.String())
	return n, err
}

func intoPipe(t *testing.T, cmd *exec.Cmd, onText func(string)) (string, int) {
	t.Helper()
	out := &watched{onText: onText}
	cmd.Stdout = out
	err := cmd.Run()
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		t.Fatal(err)
	}
	return out.text.String(), cmd.ProcessState.ExitCode()
}

// The table has each operation of the contract once.
func TestEveryOperationHasACommand(t *testing.T) {
	rows := map[string]int{}
	for _, r := range nouns {
		for _, v := range r.verbs {
			rows[v.operation]++
		}
	}
	for _, op := range tapkey.Operations() {
		if rows[op.ID] != 1 {
			t.Errorf("%s has %d commands", op.ID, rows[op.ID])
		}
		delete(rows, op.ID)
	}
	if len(rows) > 0 {
		t.Errorf("there are no operations %v", rows)
	}
}

func TestHelpFitsAScreen(t *testing.T) {
	for _, cmd := range commands() {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		out, errs, status := tapkeyMain(t, nil, args...)
		lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
		if status != 0 || errs != "" || len(lines) > 24 {
			t.Errorf("%v: status %d, %d lines, %q", args, status, len(lines), errs)
		}
		for _, line := range lines {
			if len(line) > 80 || line != strings.TrimRight(line, " ") {
				t.Errorf("%v: %d columns: %q", args, len(line), line)
			}
		}
		if !strings.Contains(out, "  tapkey ") {
			t.Errorf("%v: no example in %s", args, out)
		}
	}
}
