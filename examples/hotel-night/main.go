// Hotel-night lets a guest open a room from 15:00 on the day of arrival until 11:00 on the day of departure, in the time
// zone of the hotel. Run it again with more -nights to extend the stay, and with -check-out when the guest leaves early.
// To try it on the sandbox, set the variables that "go run ./cmd/tapkey sandbox" prints, and run:
//
//	go run ./hotel-night -owner <id of an account> -room Garage -guest guest@example.com -arrival 2026-12-24
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

func main() {
	owner := flag.String("owner", "", "id of the owner account")
	room := flag.String("room", "", "title of the lock")
	guest := flag.String("guest", "", "e-mail address of the guest")
	zone := flag.String("zone", "Europe/Vienna", "time zone of the hotel")
	arrival := flag.String("arrival", "", "day of arrival, such as 2026-12-24")
	nights := flag.Int("nights", 1, "number of nights")
	checkOut := flag.Bool("check-out", false, "end the stay now")
	flag.Parse()
	ctx := context.Background()
	hotel, zoneErr := time.LoadLocation(*zone)
	day, dayErr := time.Parse(time.DateOnly, *arrival)
	c, clientErr := client.New(client.FromEnv(), client.WithOperations(
		"listBoundLocks", "listContacts", "listGrants", "createContact", "createGrant", "updateGrant", "revokeGrant"))
	err := errors.Join(zoneErr, dayErr, clientErr)
	if err == nil {
		from, until := stay(day, *nights, hotel)
		want := access.Want{Who: access.Who{Email: *guest}, Lock: *room, From: from, Until: until}
		if *checkOut {
			err = leave(ctx, c, *owner, want)
		} else {
			err = checkIn(ctx, c, *owner, want)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

// stay returns the times of a stay by the clocks of the hotel, which may be changed during the stay.
func stay(arrival time.Time, nights int, zone *time.Location) (from, until time.Time) {
	year, month, day := arrival.Date()
	return time.Date(year, month, day, 15, 0, 0, 0, zone), time.Date(year, month, day+nights, 11, 0, 0, 0, zone)
}

// checkIn creates the grant of a stay, or changes its end if it exists.
func checkIn(ctx context.Context, c *client.Client, owner string, want access.Want) error {
	grant, err := access.EnsureGrant(ctx, c, owner, want)
	if errors.Is(err, access.ErrNotManaged) && sameStay(grant.ValidFrom, want) && grant.TimeRestrictionIcal == "" {
		_, err = c.UpdateGrant(ctx, owner, grant.ID, tapkey.GrantUpdate{ValidBefore: &want.Until})
	}
	if err == nil {
		fmt.Printf("%s may open %q from %v until %v\n", want.Who, want.Lock, want.From, want.Until)
	}
	return err
}

// leave revokes the grant of a stay, and no other grant of the guest. It may be called again.
func leave(ctx context.Context, c *client.Client, owner string, want access.Want) error {
	all, err := access.NewSuspension(ctx, c, owner, want.Who)
	if err != nil {
		return err
	}
	for _, grant := range all.Grants {
		if grant.LockTitle == want.Lock && sameStay(&grant.Limits.From, want) {
			fmt.Printf("%s has left %q\n", want.Who, want.Lock)
			_, err := c.RevokeGrant(ctx, owner, grant.Grant, nil)
			return err
		}
	}
	fmt.Printf("%s has no access to %q\n", want.Who, want.Lock)
	return nil
}

// sameStay reports whether a grant with this start is for the stay. Other grants are not changed.
func sameStay(from *time.Time, want access.Want) bool {
	return from != nil && from.Equal(want.From)
}
