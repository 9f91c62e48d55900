package main

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

// texts have the widths that terminals give them, and are hard to measure.
var texts = []string{
	"", "Garage", "北京总部门锁系统", "東京オフィス正面玄関", "서울 본사 정문", "🚪 Front Door 👩‍👩‍👧‍👦", "🇦🇹 Wien", "e\u0301te\u0301 combining",
	"שער ראשי", "بوابة", "ﷺ", "Ünal & Söhne", "👍🏽👍🏽👍🏽", strings.Repeat("長い名前", 40), strings.Repeat("x", 300),
	"c2a85d13-0000-4000-8000-000000000000", "2026-12-24 18:00:00", strings.Repeat("\u0301", 50), "a\u200bb",
}

// No line of a table is wider than the terminal, whatever its cells contain.
func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	t.Parallel()
	for columns := 1; columns <= 7; columns++ {
		rows := [][]string{nil}
		for i := range columns {
			rows[0] = append(rows[0], "TITLE "+strings.Repeat("I", i))
		}
		for i := range texts {
			var row []string
			for j := range columns {
				row = append(row, texts[(i*(j+1)+j)%len(texts)])
			}
			rows = append(rows, row)
		}
		for width := 1; width <= 200; width++ {
			l := newLayout(rows, true, width)
			for _, row := range rows {
				for _, line := range l.lines(row) {
					if got := uniseg.StringWidth(line); got > width {
						t.Fatalf("%d columns, terminal of %d: line %q has width %d, want at most %d", columns, width, line, got, width)
					}
				}
			}
		}
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	const id = "c2a85d13-0000-4000-8000-000000000000"
	long := strings.Repeat("Long Name ", 4)
	for name, test := range map[string]struct {
		rows  [][]string
		width int
		want  []string
	}{
		"fits":               {[][]string{{"ID", "NAME"}, {"1", "北京"}, {"22", "x"}}, 80, []string{"ID  NAME", "1   北京", "22  x"}},
		"aligned":            {[][]string{{"NAME", "ID"}, {"北京", "1"}, {"Wien", "2"}}, 80, []string{"NAME  ID", "北京  1", "Wien  2"}},
		"no limit":           {[][]string{{"A", "B"}, {long, long}}, 0, []string{"A" + strings.Repeat(" ", 41) + "B", long + "  " + strings.TrimSpace(long)}},
		"text is cut":        {[][]string{{"ID", "NAME"}, {id, long}}, 70, []string{"ID                                    NAME", id + "  Long Name Long Name Long Name L…"}},
		"wide text is cut":   {[][]string{{"ID", "NAME"}, {id, strings.Repeat("北", 20)}}, 63, []string{"ID                                    NAME", id + "  " + strings.Repeat("北", 12) + "…"}},
		"IDs are not cut":    {[][]string{{"ID", "LOCK"}, {id, id}}, 50, []string{"ID", "  LOCK", id, "  " + id}},
		"empty cells":        {[][]string{{"ID", "A", "B"}, {id, "", ""}, {id, "x", strings.Repeat("y", 20)}}, 40, []string{"ID                                    A", "  B", id, id + "  x", "  yyyyyyyyyyyyyyyyyyyy"}},
		"empty columns":      {[][]string{{"ID", "FROM"}, {id, ""}}, 38, []string{"ID", id}},
		"only a header":      {[][]string{{"IDENTIFIER", "NAME"}}, 12, []string{"IDENTIFIER", "NAME"}},
		"narrower than ID":   {[][]string{{"ID"}, {id}}, 10, []string{"ID", "c2a85d13-…"}},
		"grapheme cluster":   {[][]string{{"N"}, {"👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦"}}, 4, []string{"N", "👩‍👩‍👧‍👦…"}},
		"trailing spaces":    {[][]string{{"A", "B"}, {"x", ""}}, 80, []string{"A  B", "x"}},
		"first cell missing": {[][]string{{"A", "B"}, {"", ""}}, 80, []string{"A  B", ""}},
	} {
		var got []string
		l := newLayout(test.rows, true, test.width)
		for _, row := range test.rows {
			got = append(got, l.lines(row)...)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}
