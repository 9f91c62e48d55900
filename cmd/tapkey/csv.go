package main

import (
	"encoding/csv"
	"io"
	"iter"
	"strings"
	"unicode"
)

// byteOrderMark makes Excel read a file as UTF-8.
const byteOrderMark = "\uFEFF"

// printCSV prints items as CSV (RFC 4180) with lines that end with a line feed, and times
// in UTC.
func printCSV[T any](w io.Writer, o output, columns []column[T], items iter.Seq2[T, error]) error {
	if o.bom {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return asFailure(err)
		}
	}
	table := csv.NewWriter(w)
	if o.header {
		_ = table.Write(titles(columns)) // Flush returns the error again
	}
	err := eachRow(columns, items, false, func(cells []string) error {
		for i, text := range cells {
			cells[i] = noFormula(text)
		}
		return table.Write(cells)
	})
	if err != nil {
		return err
	}
	table.Flush()
	return asFailure(table.Error())
}

// noFormula returns text that a spreadsheet does not run as a formula: a leading
// apostrophe is added where it would start one. A spreadsheet that separates cells by
// semicolons starts a cell after each of them, even within quotes. Some of the text of an
// account is chosen by contacts, who may be untrusted.
func noFormula(text string) string {
	if !strings.ContainsAny(text, formulaStarts) {
		return text
	}
	cells := strings.Split(text, ";")
	for i, cell := range cells {
		trimmed := strings.TrimLeftFunc(cell, func(r rune) bool { return r == '"' || unicode.IsSpace(r) })
		if first := strings.IndexAny(trimmed, formulaStarts); first == 0 {
			cells[i] = "'" + cell
		}
	}
	return strings.Join(cells, ";")
}

// formulaStarts are the characters that start a formula, in ASCII and full width.
const formulaStarts = "=+-@＝＋－＠"
