package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"
	"time"
)

// A column is one column of a table of T.
type column[T any] struct {
	title string
	field string // JSON name of the field it shows, for --select; may be ""
	value func(T) any
}

// selectColumns returns the columns for the fields that --select names, in that order.
// A field without a column is shown as in JSON.
func selectColumns[T any](columns []column[T], fields []string) []column[T] {
	if fields == nil {
		return columns
	}
	var selected []column[T]
	for _, name := range fields {
		found := column[T]{name, name, func(item T) any { return jsonCell(fieldsOf(item)[name]) }}
		for _, c := range columns {
			if c.field == name {
				found = c
			}
		}
		selected = append(selected, found)
	}
	return selected
}

// printTable prints an aligned table with a header.
func printTable[T any](w io.Writer, columns []column[T], items iter.Seq2[T, error]) error {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	fmt.Fprintln(table, strings.Join(titles, "\t"))
	if err := printRows(table, true, columns, items); err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return asFailure(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		if i == 0 {
			line = bold(line)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return asFailure(err)
		}
	}
	return nil
}

// printRows prints one line per item, with tabs between the cells.
func printRows[T any](w io.Writer, localTime bool, columns []column[T], items iter.Seq2[T, error]) error {
	cells := make([]string, len(columns))
	for item, err := range items {
		if err != nil {
			return asFailure(err)
		}
		for i, c := range columns {
			cells[i] = cell(c.value(item), localTime)
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
			return asFailure(err)
		}
	}
	return nil
}

func cell(value any, localTime bool) string {
	if t, ok := value.(*time.Time); ok {
		return formatTime(t, localTime)
	}
	return oneLine(fmt.Sprint(value))
}

// formatTime formats t in the local zone, to the second, or as RFC 3339 in UTC.
func formatTime(t *time.Time, local bool) string {
	switch {
	case t == nil:
		return ""
	case local:
		return t.Local().Format(time.DateTime)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// jsonCell converts a JSON value to the value of a cell: a time if it is one.
func jsonCell(value json.RawMessage) any {
	var t time.Time
	if json.Unmarshal(value, &t) == nil && !t.IsZero() {
		return &t
	}
	return unquoted(value)
}
