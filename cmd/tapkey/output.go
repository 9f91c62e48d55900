package main

import (
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"
)

// An output defines where and how to print a result: as JSON, as a table on a terminal,
// or as TSV without a header anywhere else.
type output struct {
	w, stderr io.Writer
	json, tty bool
	fields    []string // JSON names of the fields to print; nil means all
	done      string   // message on a terminal, printed instead of a value
	empty     string   // message on stderr for an empty list; may be ""
}

func newOutput(cmd *cobra.Command, asJSON bool) output {
	w := cmd.OutOrStdout()
	return output{w: w, stderr: cmd.ErrOrStderr(), json: asJSON, tty: isTerminal(w)}
}

// printOne prints the result of a call that returns one value. Without columns it
// prints the value only as JSON.
func printOne[T any](o output, columns []column[T], item T) error {
	switch {
	case o.json:
		return printJSON(o.w, item)
	case columns != nil:
		return printAll(o, columns, func(yield func(T, error) bool) { yield(item, nil) })
	case o.tty:
		_, err := fmt.Fprintln(o.w, oneLine(o.done))
		return asFailure(err)
	}
	return nil
}

// printAll prints a list. JSON and TSV are written while the items arrive.
func printAll[T any](o output, columns []column[T], items iter.Seq2[T, error]) (err error) {
	columns = selectColumns(columns, o.fields)
	items, empty := trackEmpty(items)
	defer func() {
		if err == nil && *empty && o.empty != "" {
			fmt.Fprintln(o.stderr, "tapkey:", o.empty)
		}
	}()
	return buffered(o.w, func(w io.Writer) error {
		switch {
		case o.json:
			return printArray(w, o.fields, items)
		case o.tty:
			return printTable(w, columns, items)
		}
		return printRows(w, false, columns, items)
	})
}

// trackEmpty returns the same items, and a variable that is false after the first one.
func trackEmpty[T any](items iter.Seq2[T, error]) (same iter.Seq2[T, error], empty *bool) {
	empty = new(true)
	return func(yield func(T, error) bool) {
		for item, err := range items {
			*empty = false
			if !yield(item, err) {
				return
			}
		}
	}, empty
}
