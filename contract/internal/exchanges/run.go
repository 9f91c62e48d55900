// Package exchanges validates the exchanges of the tests of the client, of the doctor, of the
// command and of the examples against the contract.
//
// The tests run with a recorder compiled into the client. The source tree is not changed, and
// the client has no code for it: the go command compiles an overlay.
package exchanges

import (
	"bytes"
	"context"
	_ "embed" // the recorder
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tapkey-go/tapkey-go/contract/internal/exchanges/recorder"
)

// run is a run of tests that is recorded.
type run struct {
	name   string // of the package whose tests start programs
	module string
	args   []string
}

// runs excludes tests of a second or more, except for those of the command and the examples,
// which call most operations. It also excludes tests that measure memory.
var runs = []run{
	{"cmd/tapkey", ".", []string{"-skip=^TestExportTakesConstantMemory$", "./cmd/tapkey"}},
	{"client", ".", []string{"-short", "-skip=^TestAllocations$", "./client", "./doctor"}},
	{"examples", "examples", []string{"./..."}},
}

// edit is a change to a file of the source tree. The file contains old once.
type edit struct{ file, old, new string }

// edits put the recorder into the chain of the client, around an attempt, and pass the
// name of a test to the programs that it starts.
var edits = []edit{
	{"client/retry.go", "\nimport (\n", "\nimport (\n\t\"net/url\"\n\n\texchangerecorder \"github.com/tapkey-go/tapkey-go/internal/exchangerecorder\"\n"},
	{"client/retry.go", "try.Send()", "exchangerecorder.Send(try.Request, d.base, try.Send)"},
	{"client/retry.go", " *engine.Sender\n", " *engine.Sender\n\tbase *url.URL\n"},
	{"client/middleware.go", "\nimport (\n", "\nimport (\n\texchangerecorder \"github.com/tapkey-go/tapkey-go/internal/exchangerecorder\"\n"},
	{"client/middleware.go", "try.Send()", "exchangerecorder.Send(try.Request, d.base, try.Send)"},
	{"client/client.go", "&retryDoer{\n", "&retryDoer{\n\t\tbase: base,\n"},
	{"cmd/tapkey/helpers_test.go", `"TAPKEY_TEST_MAIN=1",`, `"TAPKEY_TEST_MAIN=1", "` + recorder.EnvTest + `=cmd/tapkey "+t.Name(),`},
	{"examples/internal/exampletest/exampletest.go", "cmd.Env = env", `cmd.Env = append(env[:len(env):len(env)], "` + recorder.EnvTest + `=examples "+t.Name())`},
	{"examples/token-exchange/main_test.go", "cmd.Env, cmd.Stdin = env, bytes", `cmd.Env, cmd.Stdin = append(env[:len(env):len(env)], "` + recorder.EnvTest + `=examples/token-exchange "+t.Name()), bytes`},
}

const recorderFile = "internal/exchangerecorder/recorder.go"

//go:embed recorder/recorder.go
var recorderSource []byte

// overlay writes the overlay of a source tree to a directory and returns the path of its
// description, for the flag -overlay of the go command.
func overlay(root, dir string, edits []edit) (string, error) {
	changed := map[string][]byte{recorderFile: recorderSource}
	for _, e := range edits {
		text, ok := changed[e.file]
		if !ok {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, e.file)); err != nil {
				return "", err
			}
		}
		if n := bytes.Count(text, []byte(e.old)); n != 1 {
			return "", fmt.Errorf("%s contains %q %d times, want once: adapt package exchanges", e.file, e.old, n)
		}
		changed[e.file] = bytes.Replace(text, []byte(e.old), []byte(e.new), 1)
	}
	replace := make(map[string]string)
	for file, text := range changed {
		copied := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, file)] = copied
	}
	description, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, description, 0o600)
}

// Record runs the tests of a source tree and writes their exchanges to a directory. The error
// contains the output of tests that fail. What they have sent is recorded nevertheless.
func Record(ctx context.Context, root, dir string) error {
	return record(ctx, root, dir, edits, runs)
}

func record(ctx context.Context, root, dir string, edits []edit, runs []run) (err error) {
	if root, err = filepath.Abs(root); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "contract-exchanges-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	description, err := overlay(root, scratch, edits)
	if err != nil {
		return err
	}
	failed := make([]error, len(runs))
	var running sync.WaitGroup
	for i, r := range runs {
		running.Go(func() { failed[i] = r.record(ctx, root, dir, description) })
	}
	running.Wait()
	return errors.Join(failed...)
}

// record runs the tests. Programs that they build are compiled with the overlay, too.
func (r run) record(ctx context.Context, root, dir, overlay string) error {
	args := append([]string{"test", "-count=1", "-vet=off"}, r.args...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = filepath.Join(root, r.module)
	command.Env = append(os.Environ(), "GOWORK=off",
		"GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay),
		"GODEBUG="+strings.TrimPrefix(os.Getenv("GODEBUG")+",tracebackancestors=5", ","),
		recorder.EnvDir+"="+dir, recorder.EnvTest+"="+r.name)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
