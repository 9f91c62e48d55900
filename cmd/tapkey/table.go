package main

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
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

func titles[T any](columns []column[T]) []string {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	return titles
}

// printTable prints an aligned table with times in the local zone. No line is wider than
// the terminal.
func printTable[T any](w io.Writer, o output, columns []column[T], items iter.Seq2[T, error]) error {
	var rows [][]string
	if o.header {
		rows = append(rows, titles(columns))
	}
	err := eachRow(columns, items, true, func(cells []string) error {
		rows = append(rows, append([]string(nil), cells...))
		return nil
	})
	if err != nil {
		return err
	}
	layout := newLayout(rows, o.header, o.width)
	for i, row := range rows {
		for _, line := range layout.lines(row) {
			if i == 0 && o.header {
				line = bold(line, o.tty)
			}
			if _, err := fmt.Fprintln(w, line); err != nil {
				return asFailure(err)
			}
		}
	}
	return nil
}

// printTSV prints a line for each item, with tabs between the cells and times in UTC.
func printTSV[T any](w io.Writer, o output, columns []column[T], items iter.Seq2[T, error]) error {
	line := func(cells []string) error {
		_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
		return err
	}
	if o.header {
		if err := line(titles(columns)); err != nil {
			return asFailure(err)
		}
	}
	return eachRow(columns, items, false, line)
}

// eachRow calls do with the cells of each item. The slice of cells is reused.
func eachRow[T any](columns []column[T], items iter.Seq2[T, error], localTime bool, do func(cells []string) error) error {
	cells := make([]string, len(columns))
	for item, err := range items {
		if err != nil {
			return asFailure(err)
		}
		for i, c := range columns {
			cells[i] = cell(c.value(item), localTime)
		}
		if err := do(cells); err != nil {
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
