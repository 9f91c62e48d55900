package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/logfeed"
)

type followFlags struct {
	logfeed.Options
	owner              *ownerFlag
	output, checkpoint string
	since              *time.Time
}

// followCommand prints log entries as they arrive.
func (a *app) followCommand() *cobra.Command {
	var flags followFlags
	cmd := &cobra.Command{
		Use:   "follow",
		Short: "Print log entries as the server receives them, as JSON Lines",
		Long: "Print log entries as JSON Lines, as the server receives them. With --output,\n" +
			"each entry is in FILE exactly once, even if the command is killed and started\n" +
			"again: its position is in FILE.checkpoint. With --checkpoint alone, entries may\n" +
			"be printed again after a crash. Transient failures are reported and retried,\n" +
			"except with --once.",
		Example: "  tapkey logs follow --owner Home --once --since 2026-11-30T09:50:00+01:00\n" +
			"  tapkey logs follow --owner Home --once --output log.jsonl",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.follow(cmd, flags) },
	}
	flags.owner = newOwnerFlag(cmd)
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "`FILE` to append to, instead of printing")
	cmd.Flags().StringVar(&flags.checkpoint, "checkpoint", "", "`FILE` with the position")
	optionalTime(cmd, "since", "begin with entries received at `TIME` or later", &flags.since)
	cmd.Flags().DurationVar(&flags.Interval, "interval", time.Minute, "`PAUSE` between two polls")
	cmd.Flags().DurationVar(&flags.Overlap, "overlap", 10*time.Minute, "`PERIOD` to read again each time")
	cmd.Flags().BoolVar(&flags.Once, "once", false, "end when all entries have been printed")
	notEmpty(cmd.Flags().Func, "lock", "print only entries of the lock with `ID`", &flags.Lock)
	notEmpty(cmd.Flags().Func, "filter", "print only entries that match the OData `EXPRESSION`", &flags.Filter)
	return cmd
}

func (a *app) follow(cmd *cobra.Command, flags followFlags) error {
	ctx, c, opts := cmd.Context(), &call{}, flags.Options
	for name, d := range map[string]time.Duration{"interval": opts.Interval, "overlap": opts.Overlap} {
		if d <= 0 {
			return fmt.Errorf("--%s %v is not positive", name, d)
		}
	}
	for name, file := range map[string]string{"checkpoint": flags.checkpoint, "output": flags.output} {
		if file == "" && cmd.Flags().Changed(name) {
			return errors.New("--" + name + " is empty")
		}
	}
	operation := "listLogEntries"
	if opts.Lock != "" {
		operation = "listBoundLockLogEntries"
	}
	stop, err := a.connect(ctx, c, flags.owner, []string{operation})
	if err != nil {
		return err
	}
	defer stop()
	if flags.since != nil {
		opts.Since = *flags.since
	}
	opts.OnRetry = func(err error, pause time.Duration) {
		fmt.Fprintln(cmd.ErrOrStderr(), "tapkey:", oneLine(fmt.Sprintf("%v%s; next attempt in %v", err, serverMessage(err), pause)))
	}
	sink, err := newFollowSink(cmd.OutOrStdout(), flags)
	if err != nil {
		return err
	}
	defer sink.close()
	if sink.File != "" {
		opts.Checkpoint = sink
	}
	for batch, err := range logfeed.Follow(ctx, c.Client, c.ownerID, opts) {
		if err == nil {
			err = sink.write(batch.Entries)
		}
		if err == nil {
			err = batch.Ack(context.WithoutCancel(ctx)) // what has been written is not written again
		}
		if err != nil {
			return asFailure(err)
		}
	}
	return nil
}
