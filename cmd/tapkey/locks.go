package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/lockid"
)

var locksNoun = noun{
	name:  "locks",
	short: "Locks",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the locks of an owner account",
			operation: "listBoundLocks",
			example:   `tapkey locks list --owner Home --filter "title eq 'Garage'"`,
			flags:     expandFlag,
			run: runQuery(lockColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.BoundLock, error] {
				return c.AllBoundLocks(ctx, c.ownerID, &tapkey.ListBoundLocksParams{
					Filter: c.query.Filter, Select: c.query.Select, Top: c.query.Top, Expand: c.expand,
				})
			}),
		},
		{
			use:       "get ID...",
			short:     "Show a lock",
			operation: "getBoundLock",
			example:   `tapkey locks get c2a85d13-0000-4000-8000-000000000000 --owner Home`,
			flags:     expandFlag,
			run: runOne(lockColumns, func(ctx context.Context, c *call) (tapkey.BoundLock, error) {
				return c.GetBoundLock(ctx, c.ownerID, c.id, &tapkey.GetBoundLockParams{Expand: c.expand})
			}),
		},
		{
			use:       "bind",
			short:     "Bind a lock to an owner account by its binding code",
			operation: "bindLock",
			example: `tapkey locks bind --owner Home --serial 12-34-BF-FB --code K7Q2-M9XD-4TVB \
  --title 'Back Door'`,
			run: runBody(lockColumns, bindLockFlags, func(ctx context.Context, c *call, body tapkey.LockBinding) (tapkey.BoundLock, error) {
				return c.BindLock(ctx, c.ownerID, body)
			}),
		},
		{
			use:       "log ID",
			short:     "List the log entries of a lock, newest first",
			operation: "listBoundLockLogEntries",
			example:   `tapkey locks log c2a85d13-0000-4000-8000-000000000000 --owner Home --limit 5`,
			names:     logNames,
			run: runLog(func(ctx context.Context, c *call) iter.Seq2[tapkey.LogEntry, error] {
				return c.AllBoundLockLogEntries(ctx, c.ownerID, c.id, (*tapkey.ListBoundLockLogEntriesParams)(&c.query))
			}),
		},
	},
	extra: []func(*app) *cobra.Command{(*app).batteriesCommand},
}

var lockColumns = []column[tapkey.BoundLock]{
	{"ID", "id", func(l tapkey.BoundLock) any { return l.ID }},
	{"TITLE", "title", func(l tapkey.BoundLock) any { return l.Title }},
	{"SERIAL NUMBER", "physicalLockId", func(l tapkey.BoundLock) any { return serialNumber(l.PhysicalLockID) }},
	{"ACTIVE", "active", func(l tapkey.BoundLock) any { return l.Active }},
	{"BOUND", "bindDate", func(l tapkey.BoundLock) any { return l.BindDate }},
}

// serialNumber returns a physical lock ID in the form printed on the lock, or unchanged
// if it is not valid.
func serialNumber(physicalLockID string) string {
	id, err := lockid.Parse(physicalLockID)
	if err != nil {
		return physicalLockID
	}
	return id.Hex()
}

func bindLockFlags(cmd *cobra.Command, body *tapkey.LockBinding) {
	cmd.Flags().Func("serial", "serial `NUMBER` printed on the lock, in hex", func(text string) error {
		id, err := lockid.ParseHex(text)
		body.PhysicalLockID = id.Base64()
		return err
	})
	mustBeSet(cmd, "serial")
	required(cmd, "code", "binding `CODE`", &body.BindingCode)
	optional(cmd, "title", "`TITLE` of the lock", &body.Title)
	optional(cmd, "description", "`TEXT` describing the lock", &body.Description)
}
