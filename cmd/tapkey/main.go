// Command tapkey lists the owner accounts of Tapkey's API and serves a sandbox of
// it. Its exit status is 0 on success, 1 if a call failed and 2 if it was misused.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/tapkey-go/tapkey-go/api"
)

func main() {
	os.Exit(interruptible())
}

func interruptible() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // a call failed
	exitMisuse = 2 // unknown command, wrong flag, missing credentials
)

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if text := strings.TrimPrefix(oneLine(err.Error()), "tapkey: "); text != "" {
		fmt.Fprintln(stderr, "tapkey:", text)
	}
	if _, failed := errors.AsType[*failure](err); failed {
		return exitFailed
	}
	return exitMisuse
}

// failure is an error that the user's input is not to blame for.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed tells a call that failed from one that the input did not allow.
func failed(err error) error {
	if _, input := errors.AsType[*api.PathValueError](err); input {
		return err
	}
	return &failure{err}
}
