package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

type exportFlags struct {
	owner          *ownerFlag
	format, output string
	after          *time.Time
	readAhead      int
	bom            bool
}

// exportCommand exports the same data as Tapkey's log-export add-on: who opened which
// lock, and when.
func (a *app) exportCommand() *cobra.Command {
	var flags exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export who opened which lock and when, as CSV or JSON Lines",
		Long: "Export who opened which lock and when, as CSV or JSON Lines, with the columns of\n" +
			"Tapkey's own log export. The file is complete or absent. To continue an export,\n" +
			"use --after with the latest time in the column Received At. In CSV, text that a\n" +
			"spreadsheet would run as a formula gets a leading apostrophe.",
		Example: "  tapkey logs export --owner Home --output log.csv\n" +
			"  tapkey logs export --owner Home --after 2026-11-30T08:00:00Z --format jsonl",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runExport(cmd, flags) },
	}
	flags.owner = newOwnerFlag(cmd)
	cmd.Flags().StringVar(&flags.format, "format", "csv", "`csv` or jsonl")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "-", "`FILE` to create or replace; - is standard output")
	cmd.Flags().BoolVar(&flags.bom, "bom", false, "start CSV with a byte order mark, for Excel")
	cmd.Flags().IntVar(&flags.readAhead, "read-ahead", 1, "number of `PAGES` to request ahead")
	optionalTime(cmd, "after", "export only entries that the server received after `TIME`", &flags.after)
	return cmd
}

func (a *app) runExport(cmd *cobra.Command, flags exportFlags) error {
	newEncoder, ok := encoders[flags.format]
	if !ok {
		return fmt.Errorf("format %q is neither csv nor jsonl", flags.format)
	}
	if flags.bom && flags.format != "csv" {
		return fmt.Errorf("--bom has no effect on %s", flags.format)
	}
	ctx, c := cmd.Context(), &call{}
	operations := []string{"listLogEntries", "listBoundLocks", "listContacts", "listBoundCards"}
	stop, err := a.connect(ctx, c, flags.owner, operations, client.WithReadAhead(flags.readAhead))
	if err != nil {
		return err
	}
	defer stop()
	target := cmd.OutOrStdout()
	if flags.output != "-" {
		target = nil // not a terminal
	}
	write := func(w io.Writer) error {
		dir, err := readDirectory(ctx, c)
		if err != nil {
			return asFailure(err)
		}
		p := newProgress(cmd.ErrOrStderr(), target)
		defer p.end()
		if flags.bom {
			if _, err := io.WriteString(w, byteOrderMark); err != nil {
				return asFailure(err)
			}
		}
		enc := newEncoder(w)
		for entry, err := range c.AllLogEntries(ctx, c.ownerID, openings(flags.after)) {
			if err != nil {
				return asFailure(err)
			}
			if err := enc.encode(dir.record(entry)); err != nil {
				return asFailure(err)
			}
			p.add()
		}
		return asFailure(enc.end())
	}
	if target != nil {
		return buffered(target, write)
	}
	return replaceFile(flags.output, write)
}

// openings returns the parameters that select the entries to export and their fields.
func openings(after *time.Time) *tapkey.ListLogEntriesParams {
	filter := odata.And(odata.Eq("logType", tapkey.LogTypeCommand), odata.Eq("command", tapkey.LogCommandTriggerLock))
	if after != nil {
		filter = odata.And(filter, odata.Gt("receivedAt", *after))
	}
	return &tapkey.ListLogEntriesParams{
		Filter: new(filter.String()),
		Select: new("id,entryNo,lockTimestamp,receivedAt,boundLockId,boundCardId,contactId"),
	}
}

// A directory holds the names of the entities whose IDs are in a log.
type directory struct {
	locks    map[string]lockName // by ID
	contacts map[string]string   // identifiers by ID
	cards    map[string]string   // titles by ID
}

type lockName struct{ title, serial string }

// readDirectory reads the names of all locks, contacts and cards of the owner account.
func readDirectory(ctx context.Context, c *call) (directory, error) {
	d := directory{map[string]lockName{}, map[string]string{}, map[string]string{}}
	for lock, err := range c.AllBoundLocks(ctx, c.ownerID, &tapkey.ListBoundLocksParams{Select: new("id,title,physicalLockId")}) {
		if err != nil {
			return d, err
		}
		d.locks[lock.ID] = lockName{lock.Title, serialNumber(lock.PhysicalLockID)}
	}
	for contact, err := range c.AllContacts(ctx, c.ownerID, &tapkey.ListContactsParams{Select: new("id,identifier")}) {
		if err != nil {
			return d, err
		}
		d.contacts[contact.ID] = contact.Identifier
	}
	for card, err := range c.AllBoundCards(ctx, c.ownerID, &tapkey.ListBoundCardsParams{Select: new("id,title")}) {
		if err != nil {
			return d, err
		}
		d.cards[card.ID] = card.Title
	}
	return d, nil
}

// record returns an entry together with the names in the directory.
func (d directory) record(e tapkey.LogEntry) record {
	lock := d.locks[e.BoundLockID]
	return record{
		BoundLockID: e.BoundLockID, LockSerialNumber: lock.serial, LockTitle: lock.title,
		ContactID: e.ContactID, ContactIdentifier: d.contacts[e.ContactID],
		BoundCardID: e.BoundCardID, BoundCardTitle: d.cards[e.BoundCardID],
		LockTimestamp: formatTime(e.LockTimestamp, false), EntryNo: e.EntryNo,
		ReceivedAt: formatTime(e.ReceivedAt, false), ID: e.ID,
	}
}
