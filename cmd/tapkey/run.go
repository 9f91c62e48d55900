package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// A runner prepares a verb's command: it adds the flags that depend on the kind of
// operation, and returns the function that calls the operation and prints the result.
// That function is called after the flags have been parsed and c has its client.
type runner func(cmd *cobra.Command, c *call) func(context.Context, output) error

// runOne runs an operation that returns one value, for each entity that the arguments of
// the command select.
func runOne[T any](columns []column[T], do func(context.Context, *call) (T, error)) runner {
	return func(_ *cobra.Command, c *call) func(context.Context, output) error {
		return func(ctx context.Context, out output) error {
			if c.several {
				return runSeveral(ctx, out, c, columns, do)
			}
			value, err := do(ctx, c)
			if err != nil {
				return asFailure(err)
			}
			return printOne(out, columns, value)
		}
	}
}

// runSeveral runs an operation for each of several entities. It reports every failure, and
// returns an error if there is one.
func runSeveral[T any](ctx context.Context, out output, c *call, columns []column[T], do func(context.Context, *call) (T, error)) error {
	failed := 0
	values := func(yield func(T, error) bool) {
		for i, target := range c.targets {
			c.id = target.id
			value, err := do(ctx, c)
			switch {
			case err != nil && ctx.Err() != nil:
				fmt.Fprintf(out.stderr, "tapkey: stopped at %s, %d of %d\n", oneLine(target.String()), i+1, len(c.targets))
				yield(value, err)
				return
			case errors.Is(err, errDryRun):
				continue
			case err != nil:
				failed++
				fmt.Fprintf(out.stderr, "tapkey: %s: %s\n", oneLine(target.String()), oneLine(err.Error()+serverMessage(err)))
				continue
			case columns == nil && out.hasColumns() && out.tty:
				fmt.Fprintln(out.w, oneLine(c.doneMessage(c.targets[i:])))
			}
			if !yield(value, nil) {
				return
			}
		}
	}
	if err := printSeveral(out, columns, c.dryRun, values); err != nil {
		return err
	}
	if failed > 0 {
		return &failure{fmt.Errorf("%d of %d failed", failed, len(c.targets))}
	}
	return nil
}

// printSeveral prints the results for several entities. Results without columns are printed
// only as JSON or YAML, and those of a dry run are not.
func printSeveral[T any](out output, columns []column[T], dryRun bool, values iter.Seq2[T, error]) error {
	if !dryRun && (columns != nil || !out.hasColumns()) {
		return printAll(out, columns, values)
	}
	for _, err := range values {
		if err != nil {
			return asFailure(err)
		}
	}
	return nil
}

// runBody runs an operation that takes a body and returns one value. The function flags
// adds the flags that set the fields of the body.
func runBody[B, T any](columns []column[T], flags func(*cobra.Command, *B), do func(context.Context, *call, B) (T, error)) runner {
	return func(cmd *cobra.Command, c *call) func(context.Context, output) error {
		var body B
		flags(cmd, &body)
		return runOne(columns, func(ctx context.Context, c *call) (T, error) { return do(ctx, c, body) })(cmd, c)
	}
}

// runAction runs an operation that returns no value with documented fields.
func runAction(do func(context.Context, *call) (api.Object, error)) runner {
	return runOne(nil, do)
}

// runAll runs an operation that returns a list.
func runAll[T any](columns []column[T], list func(context.Context, *call) iter.Seq2[T, error]) runner {
	return func(_ *cobra.Command, c *call) func(context.Context, output) error {
		return func(ctx context.Context, out output) error {
			return printAll(out, columns, list(ctx, c))
		}
	}
}

// runQuery runs an operation that returns a list and accepts $filter, $select and $top.
func runQuery[T any](columns []column[T], list func(context.Context, *call) iter.Seq2[T, error]) runner {
	return func(cmd *cobra.Command, c *call) func(context.Context, output) error {
		flags := newQueryFlags(cmd, c)
		completeFields[T](cmd)
		return func(ctx context.Context, out output) error {
			limit, err := flags.apply(c, &out)
			if err != nil {
				return err
			}
			if limit == 0 {
				return printAll(out, columns, list(ctx, c))
			}
			if limit <= engine.DefaultPageSize { // a larger $top would enlarge the pages
				c.query.Top = &limit
			}
			return printAll(out, columns, firstN(limit, list(ctx, c)))
		}
	}
}

// queryFlags are the flags of the lists that accept $filter, $select and $top.
type queryFlags struct {
	cmd    *cobra.Command
	fields []string
	limit  int
}

func newQueryFlags(cmd *cobra.Command, c *call) *queryFlags {
	f := &queryFlags{cmd: cmd}
	optional(cmd, "filter", "return only items that match the OData `EXPRESSION`", &c.query.Filter)
	cmd.Flags().StringSliceVar(&f.fields, "select", nil, "`FIELDS` to return, by their JSON names")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "maximum `NUMBER` of items")
	return f
}

// apply sets the fields of the query and of the output. It returns the maximum number of
// items, or 0 if there is no limit.
func (f *queryFlags) apply(c *call, out *output) (limit int, err error) {
	if len(f.fields) > 0 {
		out.fields, c.query.Select = f.fields, new(strings.Join(f.fields, ","))
	}
	if f.cmd.Flags().Changed("limit") && f.limit < 1 {
		return 0, fmt.Errorf("--limit %d is less than 1", f.limit)
	}
	return f.limit, nil
}

// firstN returns the first n items of an iteration, without requesting more.
func firstN[T any](n int, items iter.Seq2[T, error]) iter.Seq2[T, error] {
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
