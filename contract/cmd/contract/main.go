// Command contract checks the contract of the Tapkey client: that openapi.yaml is valid,
// that a change to it does not break programs, and that the API agrees with it.
//
// The exit status is 0 if the check agrees, 1 if it disagrees, 2 for misuse of the command
// line and 3 if it could not be made. Build the program with go build ./cmd/contract: go
// run exits with 1 for every status except 0.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
