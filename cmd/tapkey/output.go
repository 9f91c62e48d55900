package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// column is one column of a table of T.
type column[T any] struct {
	title  string
	member string // JSON name of the member it shows, for --select; may be empty
	value  func(T) any
}

// output says where to print what, and how: as JSON, as a table on a terminal, or as
// TSV without a header elsewhere.
type output struct {
	w, stderr io.Writer
	json, tty bool
	members   []string // JSON names of the members to print; nil stands for all
	done      string   // what to say on a terminal where nothing comes back
	none      string   // what to say on stderr of an empty list; may be empty
}

func newOutput(cmd *cobra.Command, asJSON bool) output {
	w := cmd.OutOrStdout()
	return output{w: w, stderr: cmd.ErrOrStderr(), json: asJSON, tty: isTerminal(w)}
}

// printAll prints a list. JSON and TSV are written as the items come.
func printAll[T any](o output, columns []column[T], items iter.Seq2[T, error]) (err error) {
	columns = selected(columns, o.members)
	items, empty := counted(items)
	defer func() {
		if err == nil && *empty && o.none != "" {
			fmt.Fprintln(o.stderr, "tapkey:", o.none)
		}
	}()
	return buffered(o.w, func(w io.Writer) error {
		switch {
		case o.json:
			return printArray(w, o.members, items)
		case o.tty:
			return printTable(w, columns, items)
		}
		return printRows(w, false, columns, items)
	})
}

// counted tells whether there were no items, after the iteration.
func counted[T any](items iter.Seq2[T, error]) (same iter.Seq2[T, error], empty *bool) {
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

// printOne prints what one call has returned.
func printOne[T any](o output, columns []column[T], item T) error {
	if o.json {
		return printJSON(o.w, item)
	}
	return printAll(o, columns, func(yield func(T, error) bool) { yield(item, nil) })
}

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
		return failed(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		if i == 0 {
			line = bold(line)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return failed(err)
		}
	}
	return nil
}

func printRows[T any](w io.Writer, forPeople bool, columns []column[T], items iter.Seq2[T, error]) error {
	cells := make([]string, len(columns))
	for item, err := range items {
		if err != nil {
			return failed(err)
		}
		for i, c := range columns {
			cells[i] = cell(c.value(item), forPeople)
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
			return failed(err)
		}
	}
	return nil
}

func cell(value any, forPeople bool) string {
	if t, ok := value.(*time.Time); ok {
		return formatTime(t, forPeople)
	}
	return oneLine(fmt.Sprint(value))
}

// formatTime writes a time for people in the local zone, or for programs in UTC.
func formatTime(t *time.Time, forPeople bool) string {
	switch {
	case t == nil:
		return ""
	case forPeople:
		return t.Local().Format(time.DateTime)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// selected are the columns that --select asks for, in its order. A member that has no
// column of its own is shown as in JSON.
func selected[T any](columns []column[T], names []string) []column[T] {
	if names == nil {
		return columns
	}
	var chosen []column[T]
	for _, name := range names {
		found := column[T]{name, name, func(item T) any { return plain(membersOf(item)[name]) }}
		for _, c := range columns {
			if c.member == name {
				found = c
			}
		}
		chosen = append(chosen, found)
	}
	return chosen
}

// membersOf returns the members of an item, by their JSON names.
func membersOf(item any) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if text, err := json.Marshal(item); err == nil {
		_ = json.Unmarshal(text, &members) // what is no object has no members
	}
	return members
}

// plain is a JSON value without the quotes of a string. A time is a time.
func plain(value json.RawMessage) any {
	var t time.Time
	if json.Unmarshal(value, &t) == nil && !t.IsZero() {
		return &t
	}
	return unquoted(value)
}

// unquoted is a JSON value without the quotes of a string.
func unquoted(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil { // null is empty as well
		return text
	}
	return string(value)
}

// printArray prints a JSON array, item by item.
func printArray[T any](w io.Writer, names []string, items iter.Seq2[T, error]) error {
	before, after := "[\n  ", "[]\n"
	for item, err := range items {
		if err != nil {
			return failed(err)
		}
		var value any = item
		if names != nil {
			all, some := membersOf(item), make(map[string]json.RawMessage, len(names))
			for _, name := range names {
				if member, ok := all[name]; ok {
					some[name] = member
				}
			}
			value = some
		}
		text, err := jsonText(value, "  ")
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, before+text); err != nil {
			return failed(err)
		}
		before, after = ",\n  ", "\n]\n"
	}
	_, err := io.WriteString(w, after)
	return failed(err)
}

func printJSON(w io.Writer, value any) error {
	text, err := jsonText(value, "")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text+"\n")
	return failed(err)
}

// jsonText is indented JSON that a terminal does not obey.
func jsonText(value any, prefix string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "", failed(err)
	}
	return string(escapeControls(bytes.TrimRight(b.Bytes(), "\n"))), nil
}

// escapeControls escapes what JSON need not escape but a terminal may obey.
func escapeControls(text []byte) []byte {
	if !bytes.ContainsFunc(text, isControl) {
		return text
	}
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r != '\n' && isControl(r) {
			out = fmt.Appendf(out, "\\u%04x", r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// bold is for the header of a table on a terminal (https://no-color.org).
func bold(text string) string {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// oneLine keeps control characters in a server's data away from the terminal, and
// tabs and line breaks out of a table.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
