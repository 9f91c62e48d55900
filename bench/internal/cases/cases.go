// Package cases lists the measured calls.
package cases

import (
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/data"
)

// Case is a call and its response.
type Case struct {
	Name     string
	Loopback bool // also measured over a TCP connection
	Items    int

	Response func() []byte
	Call     func(clients.Client) *clients.Call // returns nil if the client does not support it
}

// All returns the cases.
func All() []Case {
	owners := func(c clients.Client) *clients.Call { return c.ListOwners }
	entries := func(c clients.Client) *clients.Call { return c.ListLogEntries }
	return []Case{
		{"owner", true, 1, one(data.Owner), func(c clients.Client) *clients.Call { return c.GetOwner }},
		{"owners-10", false, 10, list(data.Owner, 10), owners},
		{"owners-1000", true, 1000, list(data.Owner, 1000), owners},
		{"owners-100000", false, 100_000, list(data.Owner, 100_000), owners},
		{"grants-1000", true, 1000, list(data.Grant, 1000), func(c clients.Client) *clients.Call { return c.ListGrants }},
		{"logentries-1000", false, 1000, list(data.LogEntry, 1000), entries},
		{"create", false, 1, one(data.Contact), func(c clients.Client) *clients.Call { return c.CreateContact }},
		{"patch", true, 1, one(data.Contact), func(c clients.Client) *clients.Call { return c.UpdateContact }},
	}
}

func one(item data.Item) func() []byte {
	return func() []byte { return data.One(item) }
}

func list(item data.Item, n int) func() []byte {
	return func() []byte { return data.List(item, 0, n) }
}
