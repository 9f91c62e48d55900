package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"
)

// The formats of an output. The first three have columns, the others have the fields of
// the contract.
var formats = []string{"table", "tsv", "csv", "json", "jsonl", "yaml"}

// outputFlags holds the flags that say how to print a result.
type outputFlags struct {
	format      string // "" for the default
	header, bom bool
	jq          string
}

// outputFlagNames lists the flags of outputFlags and --json. The help shows them on
// separate lines, because most commands have them.
var outputFlagNames = []string{"bom", "header", "jq", "json", "output"}

// outputFlags adds the flags that say how to print a result.
func (a *app) outputFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.FuncP("output", "o", "`FORMAT`: "+choice(formats), func(text string) error {
		if a.output.format = text; !slices.Contains(formats, text) {
			return fmt.Errorf("unknown format: use %s", choice(formats))
		}
		return nil
	})
	f.BoolVar(&a.json, "json", false, "print JSON, like --output json")
	f.StringVar(&a.output.jq, "jq", "", "print what the jq `EXPRESSION` selects from the JSON")
	f.BoolVar(&a.output.header, "header", false, "print a header, or with =false none")
	f.BoolVar(&a.output.bom, "bom", false, "start CSV with a byte order mark, for Excel")
	cmd.MarkFlagsMutuallyExclusive("output", "json")
}

// choice lists words: "a, b or c".
func choice(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// An output defines where and how to print a result.
type output struct {
	ctx       context.Context // of the command
	w, stderr io.Writer
	format    string
	tty       bool
	width     int        // of the terminal, in columns; 0 for no limit
	header    bool       // print the titles of the columns
	bom       bool       // start CSV with a byte order mark
	jq        *gojq.Code // selects from the JSON; nil for all of it
	fields    []string   // JSON names of the fields to print; nil means all
	done      string     // message on a terminal, printed instead of a value
	empty     string     // message on stderr for an empty list; may be ""
}

// newOutput returns the output that the flags of cmd define: by default a table on a
// terminal, and TSV without a header anywhere else.
func (a *app) newOutput(cmd *cobra.Command) (o output, err error) {
	o = output{ctx: cmd.Context(), w: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), format: a.output.format, bom: a.output.bom}
	o.tty = isTerminal(o.w)
	switch {
	case a.json, o.format == "" && cmd.Flags().Changed("jq"):
		o.format = "json"
	case o.format == "" && o.tty:
		o.format = "table"
	case o.format == "":
		o.format = "tsv"
	}
	if o.tty {
		o.width = terminalWidth(o.w)
	}
	o.header = o.format != "tsv"
	if cmd.Flags().Changed("header") {
		o.header = a.output.header
	}
	switch {
	case cmd.Flags().Changed("header") && !o.hasColumns():
		return o, fmt.Errorf("--header has no effect on %s", o.format)
	case o.bom && o.format != "csv":
		return o, fmt.Errorf("--bom has no effect on %s: use --output csv", o.format)
	case cmd.Flags().Changed("jq") && o.format != "json":
		return o, fmt.Errorf("--jq prints JSON and excludes --output %s", o.format)
	case cmd.Flags().Changed("jq"):
		o.jq, err = compileJQ(a.output.jq)
	}
	return o, err
}

// hasColumns reports whether the format shows columns. The other formats show the fields
// of the contract.
func (o output) hasColumns() bool { return slices.Contains(formats[:3], o.format) }

// printOne prints the result of a call that returns one value. Without columns it
// prints the value only as JSON or YAML.
func printOne[T any](o output, columns []column[T], item T) error {
	switch {
	case !o.hasColumns():
		return printValue(o, item)
	case columns != nil:
		return printAll(o, columns, func(yield func(T, error) bool) { yield(item, nil) })
	case o.tty:
		_, err := fmt.Fprintln(o.w, oneLine(o.done))
		return asFailure(err)
	}
	return nil
}

// printValue prints a value in a format without columns.
func printValue(o output, value any) error {
	switch {
	case o.jq != nil:
		text, err := jsonText(value, "")
		if err != nil {
			return err
		}
		return buffered(o.w, func(w io.Writer) error { return printJQ(o.ctx, w, o.jq, strings.NewReader(text)) })
	case o.format == "yaml":
		return printYAML(o.w, value)
	case o.format == "jsonl":
		return printJSONLine(o.w, value)
	}
	return printJSON(o.w, value)
}

// printAll prints a list. All formats but tables are written while the items arrive.
func printAll[T any](o output, columns []column[T], items iter.Seq2[T, error]) (err error) {
	columns = selectColumns(columns, o.fields)
	items, empty := trackEmpty(items)
	defer func() {
		if err == nil && *empty && o.empty != "" {
			fmt.Fprintln(o.stderr, "tapkey:", o.empty)
		}
	}()
	return buffered(o.w, func(w io.Writer) error {
		switch o.format {
		case "table":
			return printTable(w, o, columns, items)
		case "csv":
			return printCSV(w, o, columns, items)
		case "tsv":
			return printTSV(w, o, columns, items)
		case "jsonl":
			return printJSONLines(w, o.fields, items)
		case "yaml":
			return printYAMLList(w, o.fields, items)
		}
		if o.jq == nil {
			return printArray(w, o.fields, items)
		}
		var text strings.Builder
		if err := printArray(&text, o.fields, items); err != nil {
			return err
		}
		return printJQ(o.ctx, w, o.jq, strings.NewReader(text.String()))
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
