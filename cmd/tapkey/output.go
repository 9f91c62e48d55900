package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// column is one column of a table of T.
type column[T any] struct {
	title string
	value func(T) string
}

// printList prints items as a table on a terminal, as TSV without a header when
// piped, or as JSON.
func printList[T any](w io.Writer, asJSON bool, items []T, columns []column[T]) error {
	if asJSON {
		return printJSON(w, items)
	}
	tty := isTerminal(w)
	out := w
	if tty {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		defer table.Flush()
		out = table
		titles := make([]string, len(columns))
		for i, c := range columns {
			titles[i] = c.title
		}
		fmt.Fprintln(out, strings.Join(titles, "\t"))
	}
	for _, item := range items {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = oneLine(c.value(item))
		}
		if _, err := fmt.Fprintln(out, strings.Join(cells, "\t")); err != nil {
			return &failure{err}
		}
	}
	return nil
}

func printJSON(w io.Writer, value any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return &failure{err}
	}
	if _, err := w.Write(escapeControls(b.Bytes())); err != nil {
		return &failure{err}
	}
	return nil
}

// escapeControls escapes what JSON need not escape but a terminal may obey.
func escapeControls(text []byte) []byte {
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
