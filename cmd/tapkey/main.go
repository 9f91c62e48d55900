// Command tapkey calls the Tapkey API, or a sandbox of it. See docs/cli.md.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
)

func main() {
	os.Exit(runInterruptible())
}

// runInterruptible runs the command in a context that the first SIGINT or SIGTERM
// cancels. The second one ends the process.
func runInterruptible() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// run runs the command, prints its error on one line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if name := unknownSubcommand(cmd, args); name != "" {
			return subcommandArgs(cmd, []string{name})
		}
		return err
	})
	err := root.ExecuteContext(ctx)
	status := exitStatus(ctx, err)
	switch {
	case err == nil:
	case status == exitInterrupted:
		fmt.Fprintln(stderr, "tapkey: interrupted"+maybeDone(err))
	case err.Error() != "":
		fmt.Fprintln(stderr, "tapkey:", oneLine(err.Error()+serverMessage(err)+signInHint(err)))
	}
	return status
}

// maybeDone returns what to add to the report of an interrupted change.
func maybeDone(err error) string {
	failed, ok := errors.AsType[*api.Error](err)
	if !ok || failed.Method == http.MethodGet || !api.MaybeDone(err) {
		return ""
	}
	return ": " + cmp.Or(failed.Operation, "the request") + " may have been executed"
}
