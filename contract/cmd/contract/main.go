// Command contract checks the contract of the Tapkey client: whether openapi.yaml is
// sound, whether a change to it breaks anybody, and whether the API still answers as it
// says.
//
// Its exit status tells what came out: 0 agrees, 1 disagrees, 3 could not be checked; 2
// is misuse of the command line. Build it (go build ./cmd/contract): go run would turn
// every status but 0 into 1.
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
