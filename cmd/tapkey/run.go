package main

import (
	"context"
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

// runOne runs an operation that returns one value.
func runOne[T any](columns []column[T], do func(context.Context, *call) (T, error)) runner {
	return func(_ *cobra.Command, c *call) func(context.Context, output) error {
		return func(ctx context.Context, out output) error {
			value, err := do(ctx, c)
			if err != nil {
				return asFailure(err)
			}
			return printOne(out, columns, value)
		}
	}
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
		var fields []string
		optional(cmd, "filter", "return only items that match the OData `EXPRESSION`", &c.query.Filter)
		cmd.Flags().StringSliceVar(&fields, "select", nil, "`FIELDS` to return, by their JSON names")
		limit := cmd.Flags().Int("limit", 0, "maximum `NUMBER` of items")
		return func(ctx context.Context, out output) error {
			if len(fields) > 0 {
				out.fields, c.query.Select = fields, new(strings.Join(fields, ","))
			}
			if !cmd.Flags().Changed("limit") {
				return printAll(out, columns, list(ctx, c))
			}
			if *limit < 1 {
				return fmt.Errorf("--limit %d is less than 1", *limit)
			}
			if *limit <= engine.DefaultPageSize { // a larger $top would enlarge the pages
				c.query.Top = limit
			}
			return printAll(out, columns, firstN(*limit, list(ctx, c)))
		}
	}
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
