// Sync-now makes grants match a list of bookings, for a cron job: it reads the list as JSON Lines, prints the plan and
// applies it. It fails if the list is empty or has an error, because what is not in the list is revoked. To try it on the
// sandbox, set the variables that "go run ./cmd/tapkey sandbox" prints, and run:
//
//	TAPKEY_OWNER=<id of an account> go run ./sync-now -state bookings.state < sync-now/bookings.jsonl
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/client"
)

func main() {
	file := flag.String("state", "bookings.state", "file that records the managed grants")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := sync(ctx, os.Getenv("TAPKEY_OWNER"), *file)
	stop()
	if err != nil {
		log.Fatal(err) // run it again: it goes on where it has ended
	}
}

func sync(ctx context.Context, owner, file string) error {
	wants, err := readBookings(os.Stdin)
	if err != nil {
		return err
	}
	c, err := client.New(client.FromEnv(), client.WithOperations("listBoundLocks", "listContacts", "listGrants",
		"createContact", "createGrant", "updateGrant", "revokeGrant"))
	if err != nil {
		return err
	}
	state, err := access.OpenState(file) // fails while another run uses it
	if err != nil {
		return err
	}
	defer func() { _ = state.Close() }() // each change is already saved
	plan, err := access.Plan(ctx, c, owner, wants, access.Scope{State: state})
	if err != nil {
		return err // such as a lock that does not exist
	}
	fmt.Print(plan)
	err = plan.Apply(ctx, c, access.Options{State: state, Limiter: access.PerSecond(10), KeepGoing: true})
	if conflicts := len(plan.Conflicts()); conflicts > 0 {
		err = errors.Join(err, fmt.Errorf("%d conflicts: see the plan", conflicts))
	}
	return err
}

// readBookings reads a JSON object for each booking, up to the end.
func readBookings(r io.Reader) ([]access.Want, error) {
	var wants []access.Want
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields() // a misspelled "until" must not mean access without an end
	for {
		var b struct {
			Ref, Email, Lock string
			From, Until      time.Time
		}
		err := decoder.Decode(&b)
		switch {
		case errors.Is(err, io.EOF) && len(wants) > 0:
			return wants, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("no bookings: nothing is changed")
		case err == nil && (b.From.IsZero() || b.Until.IsZero()):
			err = errors.New("from and until are required")
		}
		if err != nil {
			return nil, fmt.Errorf("booking %d: %w", len(wants)+1, err)
		}
		wants = append(wants, access.Want{Who: access.Who{Email: b.Email}, Lock: b.Lock, From: b.From, Until: b.Until, Ref: b.Ref})
	}
}
