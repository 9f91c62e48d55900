package main

import (
	"cmp"
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var logsNoun = noun{
	name:  "logs",
	short: "Log entries of locks",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the log entries of an owner account",
			operation: "listLogEntries",
			example:   `tapkey logs list --owner Home --limit 5`,
			run: runQuery(logColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.LogEntry, error] {
				return c.AllLogEntries(ctx, c.ownerID, (*tapkey.ListLogEntriesParams)(&c.query))
			}),
		},
	},
	extra: []func(*app) *cobra.Command{(*app).exportCommand, (*app).followCommand},
}

var logColumns = []column[tapkey.LogEntry]{
	{"ID", "id", func(e tapkey.LogEntry) any { return e.ID }},
	{"LOCK TIME", "lockTimestamp", func(e tapkey.LogEntry) any { return e.LockTimestamp }},
	{"LOCK", "boundLockId", func(e tapkey.LogEntry) any { return e.BoundLockID }},
	{"ENTRY", "entryNo", func(e tapkey.LogEntry) any { return e.EntryNo }},
	{"COMMAND", "command", func(e tapkey.LogEntry) any { return cmp.Or(string(e.Command), string(e.LogType)) }},
	{"CONTACT OR CARD", "", func(e tapkey.LogEntry) any { return cmp.Or(e.ContactID, e.BoundCardID) }},
}
