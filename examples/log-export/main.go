// Log-export exports who opened which lock and when as CSV, with the columns of Tapkey's Python add-on. Set the variables
// that "go run ./cmd/tapkey sandbox" prints, and run: TAPKEY_OWNER=<id of an account> go run ./log-export > log.csv
package main

import (
	"context"
	"encoding/csv"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/lockid"
	"github.com/tapkey-go/tapkey-go/odata"
)

func main() {
	ctx, owner, out := context.Background(), os.Getenv("TAPKEY_OWNER"), csv.NewWriter(os.Stdout)
	c, err := client.New(client.FromEnv(), client.WithScopes("read:core:entities", "read:logs"))
	check(err)
	name, serial := map[string]string{}, map[string]string{} // by id
	for lock, err := range c.AllBoundLocks(ctx, owner, nil) {
		check(err)
		physical, _ := lockid.Parse(lock.PhysicalLockID) // an invalid id gives an empty serial number
		name[lock.ID], serial[lock.ID] = lock.Title, physical.Hex()
	}
	for contact, err := range c.AllContacts(ctx, owner, nil) {
		check(err)
		name[contact.ID] = contact.Identifier
	}
	for card, err := range c.AllBoundCards(ctx, owner, nil) {
		check(err)
		name[card.ID] = card.Title
	}
	check(out.Write([]string{"BoundLockId", "Lock Serial Number", "Lock Name", "Contact ID", "Contact Identifier",
		"NFC Transponder ID", "NFC Transponder Title", "Lock Timestamp", "Entry Number", "Received At", "ID"}))
	opened := odata.And(odata.Eq("logType", "Command"), odata.Eq("command", "TriggerLock")).String()
	for e, err := range c.AllLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{Filter: &opened}) { // one page at a time
		check(err)
		check(out.Write([]string{e.BoundLockID, serial[e.BoundLockID], name[e.BoundLockID], e.ContactID, name[e.ContactID],
			e.BoundCardID, name[e.BoundCardID], at(e.LockTimestamp), strconv.Itoa(int(e.EntryNo)), at(e.ReceivedAt), e.ID}))
	}
	out.Flush()
	check(out.Error())
}

func at(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
