package odata_test

import (
	"fmt"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

// Log entries with the command TriggerLock, from a point in time on.
func Example() {
	since := time.Date(2026, time.March, 29, 2, 30, 0, 0, time.FixedZone("CET", 3600))
	filter := odata.And(
		odata.Eq("logType", "Command"),
		odata.Eq("command", tapkey.LogCommandTriggerLock),
		odata.Ge("receivedAt", since),
	)
	params := &tapkey.ListLogEntriesParams{Filter: new(filter.String())}
	fmt.Println(*params.Filter)
	// Output:
	// logType eq 'Command' and command eq 'TriggerLock' and receivedAt ge 2026-03-29T01:30:00Z
}

// A value from user input cannot change the expression.
func ExampleEq() {
	fmt.Println(odata.Eq("title", "Alex' or true or title eq 'Shed"))
	fmt.Println(odata.Eq("active", true))
	fmt.Println(odata.Eq("contactId", odata.Null))
	// Output:
	// title eq 'Alex'' or true or title eq ''Shed'
	// active eq true
	// contactId eq null
}

// Parentheses are added where they are required.
func ExampleOr() {
	either := odata.Or(odata.Eq("id", "1"), odata.Eq("id", "2"))
	fmt.Println(odata.And(odata.Eq("active", true), either))
	fmt.Println(odata.Not(either))
	// Output:
	// active eq true and (id eq '1' or id eq '2')
	// not (id eq '1' or id eq '2')
}
