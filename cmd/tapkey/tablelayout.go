package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

const (
	columnGap  = "  "
	foldIndent = "  " // of the second and later lines of a row
	narrowest  = 22   // a longer column of text may be shortened to this width; 60 columns have room for it next to an ID
)

// A layout says how the cells of a table are arranged on the lines of a terminal.
type layout struct {
	widths []int   // of the columns
	folds  [][]int // the columns on each line of a row
	indent string  // of the second and later lines
}

// newLayout returns the layout of rows for a terminal with a number of columns, 0 for no
// limit. A row that is too wide is folded to several lines. Long texts are cut if that saves
// lines. The first row may be a header.
func newLayout(rows [][]string, header bool, width int) layout {
	widths := naturalWidths(rows)
	if width <= 0 {
		width = rowWidth(widths)
	}
	l := fold(widths, width)
	if len(l.folds) > 1 {
		if shorter := fold(narrow(widths, rows, rowWidth(widths)-width), width); len(shorter.folds) < len(l.folds) {
			l = shorter
		}
	}
	if header && len(rows) > 1 {
		l.dropEmptyFolds(rows[1:])
	}
	return l
}

// naturalWidths returns the width of the widest cell of each column.
func naturalWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		if widths == nil {
			widths = make([]int, len(row))
		}
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	return widths
}

// rowWidth returns the width of a row on one line.
func rowWidth(widths []int) int {
	total := (len(widths) - 1) * len(columnGap)
	for _, width := range widths {
		total += width
	}
	return total
}

// hexGroups matches IDs and serial numbers.
var hexGroups = regexp.MustCompile(`^[0-9a-fA-F]+(-[0-9a-fA-F]+)+$`)

// narrow returns widths that are smaller by excess in total, as far as columns of text
// are wide enough. IDs and serial numbers are not cut, because a part of one is of no use.
func narrow(widths []int, rows [][]string, excess int) []int {
	shortened := slices.Clone(widths)
	text := make([]bool, len(widths))
	for i := range widths {
		text[i] = !slices.ContainsFunc(rows, func(row []string) bool { return hexGroups.MatchString(row[i]) })
	}
	for ; excess > 0; excess-- {
		widest := -1
		for i, width := range shortened {
			if text[i] && width > narrowest && (widest < 0 || width > shortened[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		shortened[widest]--
	}
	return shortened
}

// fold distributes columns to lines of at most width columns.
func fold(widths []int, width int) layout {
	l := layout{widths: slices.Clone(widths), indent: foldIndent}
	if width < narrowest {
		l.indent = ""
	}
	left := 0
	for i := range l.widths {
		needed := l.widths[i]
		if i > 0 {
			needed += len(columnGap)
		}
		if i == 0 || needed > left {
			room := width
			if i > 0 {
				room -= len(l.indent)
			}
			l.widths[i] = min(l.widths[i], room)
			l.folds = append(l.folds, nil)
			left, needed = room, l.widths[i]
		}
		last := len(l.folds) - 1
		l.folds[last] = append(l.folds[last], i)
		left -= needed
	}
	return l
}

// dropEmptyFolds removes the second and later lines on which all cells of rows are empty.
func (l *layout) dropEmptyFolds(rows [][]string) {
	first := l.folds[0]
	l.folds = slices.DeleteFunc(l.folds[1:], func(columns []int) bool {
		return !slices.ContainsFunc(rows, func(row []string) bool {
			return slices.ContainsFunc(columns, func(i int) bool { return row[i] != "" })
		})
	})
	l.folds = append([][]int{first}, l.folds...)
}

// lines returns the lines of a row. A line of empty cells is omitted, except for the first.
func (l layout) lines(row []string) []string {
	var lines []string
	for number, columns := range l.folds {
		var line strings.Builder
		if number > 0 {
			line.WriteString(l.indent)
		}
		for n, i := range columns {
			if n > 0 {
				line.WriteString(columnGap)
			}
			text, width := cut(row[i], l.widths[i])
			line.WriteString(text + strings.Repeat(" ", l.widths[i]-width))
		}
		if text := strings.TrimRight(line.String(), " "); text != "" || number == 0 {
			lines = append(lines, text)
		}
	}
	return lines
}

// cut shortens text to a width, and returns its width.
func cut(text string, width int) (shortened string, columns int) {
	if columns = uniseg.StringWidth(text); columns <= width {
		return text, columns
	}
	const ellipsis = "…"
	rest, state, columns := text, -1, 0
	for {
		_, next, boundaries, newState := uniseg.StepString(rest, state)
		w := boundaries >> uniseg.ShiftWidth
		if columns+w > width-1 {
			return text[:len(text)-len(rest)] + ellipsis, columns + 1
		}
		rest, state, columns = next, newState, columns+w
	}
}
