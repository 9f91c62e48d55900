package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
)

// runVerb finds the entities that the arguments and flags of a verb select, asks for
// confirmation if ask is set, and calls run.
func (a *app) runVerb(cmd *cobra.Command, v verb, c *call, owner *ownerFlag, args []string, ask bool, run func(context.Context, output) error) error {
	out, err := a.newOutput(cmd)
	if err != nil {
		return err
	}
	out.empty = v.empty
	if v.takesSeveral() {
		c.several = len(args) > 1 || args[0] == "-"
		if args, err = expandArguments(args, cmd.InOrStdin()); err != nil {
			return err
		}
		if len(args) == 0 {
			fmt.Fprintln(cmd.ErrOrStderr(), "tapkey: standard input has no IDs")
			return nil
		}
	}
	if ask {
		if err := canConfirm(cmd); err != nil {
			return err
		}
	}
	ctx, k := cmd.Context(), v.kind()
	operations := append(slices.Clone(c.operations), v.operation)
	for _, text := range args {
		operations = append(operations, k.operationsFor(text)...)
	}
	for _, r := range references(cmd) {
		operations = append(operations, r.kind.operationsFor(r.text)...)
	}
	names := c.namesToLearn(cmd, v, k, owner, len(args) > 0, ask, out)
	var opts []client.Option
	if c.dryRun {
		opts = append(opts, client.WithCallMiddleware(c.printRequests(out.w)))
	}
	stop, err := a.connectForNames(ctx, c, owner, operations, names, opts...)
	if err != nil {
		return err
	}
	defer stop()
	if err := c.resolve(ctx, k, args, references(cmd)); err != nil {
		return err
	}
	c.learn(ctx, names)
	for i, target := range c.targets {
		if e, ok := c.known[k][target.id]; ok {
			c.targets[i] = e
		}
	}
	if ask {
		if err := confirm(cmd, c.question(v, cmd.ErrOrStderr())); err != nil {
			return err
		}
	}
	out.done = c.doneMessage(c.targets)
	if err := run(ctx, out); !errors.Is(err, errDryRun) {
		return err
	}
	return nil
}

// namesToLearn returns the kinds of entities whose names are shown: in columns, in the
// question, or next to a request that is not sent.
func (c *call) namesToLearn(cmd *cobra.Command, v verb, k *kind, owner *ownerFlag, hasTarget, ask bool, out output) (names []*kind) {
	if out.hasColumns() && !cmd.Flags().Changed("select") {
		names = append(names, v.names...)
	}
	if hasTarget && (ask || c.dryRun) {
		names = append(names, k)
	}
	if c.dryRun {
		for _, r := range references(cmd) {
			names = append(names, r.kind)
		}
		if owner != nil {
			names = append(names, ownerKind)
		}
	}
	return names
}

// resolve finds the entities that the arguments and flags select.
func (c *call) resolve(ctx context.Context, k *kind, args []string, flags []*reference) error {
	for _, text := range args {
		e, err := c.find(ctx, k, text)
		if err != nil {
			return err
		}
		c.targets = append(c.targets, e)
	}
	if c.targets = unique(c.targets); len(c.targets) > 0 {
		c.id = c.targets[0].id
	}
	for _, r := range flags {
		e, err := c.find(ctx, r.kind, r.text)
		if err != nil {
			return err
		}
		r.set(e.id)
	}
	return nil
}

// question returns the question to confirm a verb with. It lists several entities on w.
func (c *call) question(v verb, w io.Writer) string {
	if len(c.targets) == 1 {
		return strings.ReplaceAll(v.confirm, "%s", c.targets[0].String())
	}
	for _, target := range c.targets {
		fmt.Fprintf(w, "  %s\n", oneLine(target.String()))
	}
	return fmt.Sprintf(v.confirmN, len(c.targets))
}

// doneMessage returns the message after the operation, for the first of some entities.
func (c *call) doneMessage(targets []entity) string {
	if len(targets) == 0 {
		return c.done
	}
	return strings.ReplaceAll(c.done, "%s", targets[0].String())
}
