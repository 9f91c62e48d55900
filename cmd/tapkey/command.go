package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// resource is a noun of the command line.
type resource struct {
	name, about string
	verbs       []verb
	more        func(*app) *cobra.Command // a command that is more than one operation; may be nil
}

// verb is one operation of the contract as a command.
type verb struct {
	use       string // its name and its argument, as cobra has it
	operation string // its id; scopes, and whether there is an owner account, follow
	about     string
	example   string
	ask       string // what to ask before, of what cannot be undone; may be empty
	done      string // what to say after, where nothing comes back
	none      string // what to say of an empty list; may be empty
	run       runner
}

// runner adds the flags that a verb has of its own, and returns what it does.
type runner func(cmd *cobra.Command, c *call) func(context.Context, output) error

// call is one use of a verb: whom it asks, and what the user has said.
type call struct {
	*client.Client
	owner    string // id of the owner account
	id       string // the argument
	provider string // id of the identity provider

	query    query
	expand   []string
	ipUserID *string
	dryRun   *bool
}

// query has the parameters that most lists take; it converts to those of each.
type query tapkey.ListGrantsParams

// resource makes the command of a resource.
func (a *app) resource(r resource) *cobra.Command {
	cmd := &cobra.Command{
		Use:     r.name,
		Short:   r.about,
		Example: r.verbs[0].example,
		Args:    subcommandArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, v := range r.verbs {
		cmd.AddCommand(a.verb(v))
	}
	if r.more != nil {
		cmd.AddCommand(r.more(a))
	}
	return cmd
}

// verb makes the command of a verb.
func (a *app) verb(v verb) *cobra.Command {
	op, c, yes := operation(v.operation), &call{}, false
	cmd := &cobra.Command{
		Use:     v.use,
		Short:   v.about,
		Long:    fmt.Sprintf("%s.\nIt calls %s, which needs the scope %s.", v.about, op.ID, strings.Join(op.Scopes, " ")),
		Example: v.example,
		Args:    cobra.NoArgs,
	}
	if strings.Contains(v.use, " ") {
		cmd.Args = exactArgs(1)
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	var owner *ownerFlag // nil where the operation is in none
	if strings.Contains(op.Path, "{ownerAccountId}/") {
		owner = newOwnerFlag(cmd)
	}
	if strings.Contains(op.Path, "{ipId}") {
		required(cmd, "provider", "`ID` of the identity provider", &c.provider)
	}
	if v.ask != "" {
		cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before acting")
	}
	run := v.run(cmd, c)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c.id = strings.Join(args, "") // there is one at most
		if v.ask != "" && !yes {
			if err := confirm(cmd, strings.ReplaceAll(v.ask, "%s", c.id)); err != nil {
				return err
			}
		}
		done, err := a.open(cmd.Context(), c, owner, []string{op.ID})
		if err != nil {
			return err
		}
		defer done()
		out := newOutput(cmd, a.json)
		out.done, out.none = strings.ReplaceAll(v.done, "%s", c.id), v.none
		return run(cmd.Context(), out)
	}
	return cmd
}

// open gives a call its client, and the owner account if there is to be one. Whoever
// calls it calls done in the end.
func (a *app) open(ctx context.Context, c *call, owner *ownerFlag, operations []string, opts ...client.Option) (done func(), err error) {
	if owner == nil {
		c.Client, done, err = a.client(operations, opts...)
		return done, err
	}
	if c.Client, done, err = a.client(append(operations, owner.operations()...), opts...); err != nil {
		return nil, err
	}
	if c.owner, err = owner.find(ctx, c.Client); err != nil {
		done()
	}
	return done, err
}

func operation(id string) api.Operation {
	all := tapkey.Operations()
	return all[slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })]
}

// one runs an operation that returns a value, or with no columns one that returns
// nothing worth a table.
func one[T any](columns []column[T], do func(context.Context, *call) (T, error)) runner {
	return func(_ *cobra.Command, c *call) func(context.Context, output) error {
		return func(ctx context.Context, out output) error {
			value, err := do(ctx, c)
			switch {
			case err != nil:
				return failed(err)
			case columns != nil || out.json:
				return printOne(out, columns, value)
			case out.tty:
				_, err = fmt.Fprintln(out.w, oneLine(out.done))
			}
			return failed(err)
		}
	}
}

// with adds a flag to a runner.
func with(flag func(*cobra.Command, *call), next runner) runner {
	return func(cmd *cobra.Command, c *call) func(context.Context, output) error {
		flag(cmd, c)
		return next(cmd, c)
	}
}

// act runs an operation that returns nothing that is known.
func act(do func(context.Context, *call) (api.Object, error)) runner {
	return one(nil, do)
}

// send runs an operation that takes a body, whose members flags sets.
func send[B, T any](columns []column[T], flags func(*cobra.Command, *B), do func(context.Context, *call, B) (T, error)) runner {
	return func(cmd *cobra.Command, c *call) func(context.Context, output) error {
		var body B
		flags(cmd, &body)
		return one(columns, func(ctx context.Context, c *call) (T, error) { return do(ctx, c, body) })(cmd, c)
	}
}

// all runs an operation that lists.
func all[T any](columns []column[T], list func(context.Context, *call) iter.Seq2[T, error]) runner {
	return func(_ *cobra.Command, c *call) func(context.Context, output) error {
		return func(ctx context.Context, out output) error {
			return printAll(out, columns, list(ctx, c))
		}
	}
}

// search runs an operation that lists, filters and selects.
func search[T any](columns []column[T], list func(context.Context, *call) iter.Seq2[T, error]) runner {
	return func(cmd *cobra.Command, c *call) func(context.Context, output) error {
		var names []string
		optional(cmd, "filter", "only what this OData `EXPRESSION` holds for", &c.query.Filter)
		cmd.Flags().StringSliceVar(&names, "select", nil, "`MEMBERS` to show, by their JSON names")
		limit := cmd.Flags().Int("limit", 0, "`NUMBER` of items to show at most")
		return func(ctx context.Context, out output) error {
			if len(names) > 0 {
				out.members, c.query.Select = names, new(strings.Join(names, ","))
			}
			if !cmd.Flags().Changed("limit") {
				return printAll(out, columns, list(ctx, c))
			}
			if *limit < 1 {
				return fmt.Errorf("--limit %d is less than 1", *limit)
			}
			if *limit <= engine.DefaultPageSize { // else it would be more than a page, where there are pages
				c.query.Top = limit
			}
			return printAll(out, columns, first(*limit, list(ctx, c)))
		}
	}
}

// first ends an iteration after n items.
func first[T any](n int, items iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := n
		for item, err := range items {
			left--
			if !yield(item, err) || left == 0 {
				return
			}
		}
	}
}
