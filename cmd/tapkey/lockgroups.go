package main

import (
	"context"
	"iter"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

var lockGroupsNoun = noun{
	name:  "groups",
	short: "Groups of locks",
	verbs: []verb{
		{
			use:       "list",
			short:     "List the lock groups of an owner account",
			operation: "listLockGroups",
			example:   `tapkey groups list --owner Home`,
			flags:     expandFlag,
			run: runQuery(lockGroupColumns, func(ctx context.Context, c *call) iter.Seq2[tapkey.LockGroup, error] {
				return c.AllLockGroups(ctx, c.ownerID, &tapkey.ListLockGroupsParams{
					Filter: c.query.Filter, Select: c.query.Select, Top: c.query.Top, Expand: c.expand,
				})
			}),
		},
		{
			use:       "get ID...",
			short:     "Show a lock group",
			operation: "getLockGroup",
			example:   `tapkey groups get e41b7d5c-0000-4000-8000-000000000000 --owner Home`,
			flags:     expandFlag,
			run: runOne(lockGroupColumns, func(ctx context.Context, c *call) (tapkey.LockGroup, error) {
				return c.GetLockGroup(ctx, c.ownerID, c.id, &tapkey.GetLockGroupParams{Expand: c.expand})
			}),
		},
	},
}

var lockGroupColumns = []column[tapkey.LockGroup]{
	{"ID", "id", func(g tapkey.LockGroup) any { return g.ID }},
	{"TITLE", "title", func(g tapkey.LockGroup) any { return g.Title }},
	{"DESCRIPTION", "description", func(g tapkey.LockGroup) any { return g.Description }},
	{"ACTIVE", "active", func(g tapkey.LockGroup) any { return g.Active }},
}
