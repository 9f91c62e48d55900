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
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

var update = flag.Bool("update", false, "write the golden files and docs/cli.md")

// commands returns the command tapkey and all visible subcommands.
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

// examplesOf splits the examples of a command. A backslash continues a line.
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

// failingExamples are the examples that a sandbox rejects, as Tapkey is documented to do.
var failingExamples = map[string]int{"tapkey owners create --name 'Summer House'": exitFailed}

// A shell runs the examples in the help of each command against a new sandbox: on a
// terminal, into a pipe, and as JSON. Every command must have an example.
func TestExamples(t *testing.T) {
	skipShort(t, "examples")
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("examples: not run (no shell)")
	}
	operations := map[string]string{}
	for _, n := range nouns {
		for _, v := range n.verbs {
			operations["tapkey "+n.name+" "+strings.Fields(v.use)[0]] = v.operation
		}
	}
	for _, cmd := range commands() {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "_")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			examples := examplesOf(cmd)
			if len(examples) == 0 {
				t.Fatalf("%s has no example, want at least one", cmd.CommandPath())
			}
			if cmd.HasAvailableSubCommands() {
				return // its example is one of a subcommand
			}
			var got strings.Builder
			for _, example := range examples {
				got.WriteString("$ " + example + "\n")
				for _, mode := range []string{"terminal", "pipe", "json"} {
					if mode == "json" && (cmd.Flags().Lookup("json") == nil || strings.Contains(example, " --show")) {
						continue
					}
					server, env, example := startForExample(t, example)
					if cmd.Name() != "doctor" { // which compares the clocks
						server.SetTime(time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC))
					}
					text := runExample(t, env, example, mode)
					got.WriteString("-- " + mode + " --\n" + text)
					if id := operations[cmd.CommandPath()]; id != "" {
						got, isRead := server.Count(id), operation(id).Method == "GET" // a list may have several pages
						if got == 0 || got > 1 && !isRead {
							t.Errorf("%s: calls of %s = %d, want 1", example, id, got)
						}
					}
				}
			}
			checkGolden(t, filepath.Join("testdata", name+".golden"), got.String())
		})
	}
}

// startForExample starts a sandbox for an example. It returns the example with a port that is
// free.
func startForExample(t *testing.T, example string) (server *sandbox.Server, env []string, runnable string) {
	t.Helper()
	port := strconv.Itoa(freePort(t))
	server, env = startSandbox(t, sandbox.WithAutoConsent(), sandbox.WithRedirectURI("http://127.0.0.1:"+port+"/authorize/"))
	env = append(append(env, configDir(t.TempDir())...), "DISPLAY=:0")
	if example == "tapkey logout" || example == "tapkey auth status" {
		tapkeyMain(t, env, "login", "--client-credentials", "--insecure-storage")
	}
	return server, env, strings.ReplaceAll(example, "--port 8111", "--port "+port)
}

// runExample runs an example and returns its output and the files it has written.
func runExample(t *testing.T, env []string, example, mode string) string {
	t.Helper()
	line := "exec " + example
	if mode == "json" {
		line += " --json"
	}
	cmd := shell(t, env, line)
	cmd.Dir = t.TempDir()
	writeFilesOf(t, env, example, cmd.Dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, status := "", 0
	interrupt := func(text string) { // a sandbox, once it is ready
		if strings.HasPrefix(example, "tapkey sandbox") && strings.Count(text, "\n") == 9 {
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
	if mode == "terminal" {
		out, status = onTerminal(t, cmd, interrupt)
	} else {
		out, status = intoPipe(t, cmd, interrupt)
	}
	if want := failingExamples[example]; status != want {
		t.Errorf("%s (%s): exit status = %d, want %d; stderr = %q", example, mode, status, want, &stderr)
	}
	if stderr.Len() > 0 {
		out += "-- stderr --\n" + stderr.String()
	}
	if out != "" && !strings.HasSuffix(out, "\n") {
		out += "\n(no line break)\n"
	}
	files, err := filepath.Glob(filepath.Join(cmd.Dir, "*"))
	must(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		if filepath.Ext(file) == ".state" { // changes in flight end in any order, and get their IDs in it
			text = regexp.MustCompile(`"grant":"[^"]*"`).ReplaceAll(text, []byte(`"grant":"ID"`))
			lines := strings.SplitAfter(string(text), "\n")
			slices.Sort(lines)
			text = []byte(strings.Join(lines, ""))
		}
		out += "-- file " + filepath.Base(file) + " --\n" + string(text)
	}
	return normalize(out)
}

// writeFilesOf writes the files that an example reads.
func writeFilesOf(t *testing.T, env []string, example, dir string) {
	t.Helper()
	if strings.Contains(example, "bookings.csv") {
		must(t, os.WriteFile(filepath.Join(dir, "bookings.csv"), []byte(`email,lock,from,until,schedule,ref
kim@example.com,Entrance Door,2098-01-07 08:00,2098-01-09 18:00,,B-1
kim@example.com,Entrance Door,2098-01-09 18:00,2098-01-12 10:00,,B-2
sam@example.com,Garage,2098-01-01,2098-07-01,Mo-Fr 08:00-18:00,B-3
sam@example.com,Entrance Door,,,,B-4
`), 0o600))
	}
	if strings.Contains(example, "contacts restore") {
		tapkeyMain(t, env, "contacts", "suspend", "sam@example.com", "--owner", "Home", "--record", filepath.Join(dir, "sam.json"), "--yes")
	}
}

// normalize replaces the parts of an output that differ from run to run. It writes
// escape characters as \e.
func normalize(text string) string {
	for _, r := range []struct{ pattern, by string }{
		{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
		{`(/connect/authorize\?)\S+`, "${1}PARAMETERS"},
		{`/\S*?/(profile-default/)`, "DIRECTORY/${1}"},
		{`/\S*?/no-bus`, "DIRECTORY/no-bus"},
		{`(2026-11-30[T ]\d\d):00:\d\d(\.\d+)?`, "$1:00:00"},
		{`"exp": 17960364\d\d`, `"exp": 1796036400`},
		{`"(iat|nbf)": 17960328\d\d`, `"$1": 1796032800`},
		{`"expires": "[^"]+"`, `"expires": "2026-11-30T11:00:00Z"`},
		{`"remainingSeconds": \d+`, `"remainingSeconds": 3599`},
		{`"time":( ?)"20[^"]+"`, `"time":$1"2026-11-30T10:00:00Z"`},
		{`\b5\dm\d+s\b`, "59m59s"},
		{`[+-]\d s\b`, "+0 s"},
		{`\b3[56]\d\d s\b`, "3599 s"},
		{"\x1b", `\e`},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.by)
	}
	return text
}

// checkGolden compares a text with a file. With -update it writes the file instead.
func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("reading the golden file: %v, want no error (-update writes the file)", err)
	}
	if got != string(want) {
		t.Errorf("output differs from %s (-update writes it)\n--- got\n%s\n--- want\n%s", file, got, want)
	}
}

// shell returns a shell that runs a line. In it, the name of the command is tapkey.
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

// commandDir returns a directory that contains this binary under the name tapkey, and under
// the names of the programs that open a browser.
var commandDir = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "tapkey")
	if err == nil {
		var self string
		if self, err = os.Executable(); err == nil {
			for _, name := range []string{"tapkey", "xdg-open", "open"} {
				if err == nil {
					err = os.Symlink(self, filepath.Join(dir, name))
				}
			}
		}
	}
	if err != nil {
		panic(err)
	}
	return dir
})

// A watchedBuffer calls onText after each write with all text so far.
type watchedBuffer struct {
	text   bytes.Buffer // not embedded: io.Copy would find its ReadFrom
	onText func(string)
}

func (w *watchedBuffer) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	w.onText(w.text.String())
	return n, err
}

// intoPipe runs a command whose output goes to a pipe and returns the output. It calls
// onText after each write with all text so far.
func intoPipe(t *testing.T, cmd *exec.Cmd, onText func(string)) (string, int) {
	t.Helper()
	out := &watchedBuffer{onText: onText}
	cmd.Stdout = out
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("running %q: %v, want an exit status", cmd.Args, err)
	}
	return out.text.String(), cmd.ProcessState.ExitCode()
}

// Each operation of the contract has one verb.
func TestEveryOperationHasAVerb(t *testing.T) {
	t.Parallel()
	verbs := map[string]int{}
	for _, n := range nouns {
		for _, v := range n.verbs {
			if v.argument == nil { // otherwise it is a second view of a list
				verbs[v.operation]++
			}
		}
	}
	for _, op := range tapkey.Operations() {
		check(t, op.ID+": verbs", verbs[op.ID], 1)
		delete(verbs, op.ID)
	}
	if len(verbs) > 0 {
		t.Errorf("verbs without an operation = %v, want none", verbs)
	}
}

func TestHelpFitsAScreen(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands() {
		r := tapkeyMain(t, nil, append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		r.checkSuccess(t)
		checkContains(t, r.name+": help", r.stdout, "  tapkey ")
		lines := strings.Split(strings.TrimRight(r.stdout, "\n"), "\n")
		if len(lines) > 24 {
			t.Errorf("%s: %d lines, want at most 24", r.name, len(lines))
		}
		for _, line := range lines {
			if len(line) > 80 || line != strings.TrimRight(line, " ") {
				t.Errorf("%s: line of %d columns = %q, want at most 80 and no trailing space", r.name, len(line), line)
			}
		}
	}
}
