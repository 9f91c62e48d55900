// Command tapkey calls Tapkey's API, or a sandbox of it. docs/cli.md describes it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
)

func main() {
	os.Exit(interruptible())
}

// interruptible ends what is under way when it is interrupted; a second time, the
// process itself.
func interruptible() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // a call or a check failed
	exitMisuse      = 2   // unknown command, wrong flag, missing credentials
	exitAuth        = 4   // the credentials or the token were refused
	exitInterrupted = 130 // by SIGINT or SIGTERM
)

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	status := exitStatus(ctx, err)
	switch {
	case err == nil:
	case status == exitInterrupted:
		fmt.Fprintln(stderr, "tapkey: interrupted")
	case err.Error() != "":
		fmt.Fprintln(stderr, "tapkey:", oneLine(err.Error()+serverSays(err)))
	}
	return status
}

// serverSays is the server's own message. It may repeat what was sent, which here the
// one who sent it reads.
func serverSays(err error) string {
	if answer, ok := errors.AsType[*api.Error](err); ok && answer.Message != "" {
		return ": " + answer.Message
	}
	return ""
}

func exitStatus(ctx context.Context, err error) int {
	_, failed := errors.AsType[*failure](err)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupted
	case refused(err):
		return exitAuth
	case failed:
		return exitFailed
	}
	return exitMisuse
}

// refused says whether the API refused the token, or the token endpoint to give one.
func refused(err error) bool {
	token, ok := errors.AsType[*client.TokenError](err)
	return errors.Is(err, api.ErrUnauthorized) || ok &&
		(token.StatusCode == http.StatusBadRequest || token.StatusCode == http.StatusUnauthorized || token.StatusCode == http.StatusForbidden)
}

// failure is an error that the user's input is not to blame for.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed tells a call that failed from one that the input did not allow.
func failed(err error) error {
	if _, input := errors.AsType[*api.PathValueError](err); input || err == nil {
		return err
	}
	return &failure{err}
}
