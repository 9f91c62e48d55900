package report

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Dimensions of the plot in pixels. It has two columns.
const (
	columnWidth = 372
	columnGap   = 16
	labelWidth  = 88 // left of the bars
	valueWidth  = 36 // right of the longest bar
	barHeight   = 12
	barPitch    = 16
	titleHeight = 24
	groupGap    = 10
	lineName    = 18 // above the columns
)

// plotStyle has colours that are legible on light and dark backgrounds, and better ones for
// each colour scheme if it is known.
const plotStyle = `text { font: 11px system-ui, sans-serif; fill: #6e7781 }
.case { font-weight: 600 }
.peer { fill: #8c959f } .ours { fill: #218bff }
.base { stroke: #e5534b; stroke-dasharray: 3 3 } .basename { fill: #e5534b }
@media (prefers-color-scheme: light) { text { fill: #57606a } .case { fill: #24292f } .ours { fill: #0969da } }
@media (prefers-color-scheme: dark) { text { fill: #9da7b3 } .case { fill: #e6edf3 } .ours { fill: #4493f8 } }`

// Plot returns the ratios of a suite as SVG: a group of bars for each case and a line for
// the baseline. Clients in ours are highlighted.
func Plot(rows []Row, suite, baseline string, ours ...string) string {
	var groups [][]Row
	longest, total := 1.0, 0
	for _, row := range rows {
		if row.Suite != suite || row.Client == baseline {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1][0].Case != row.Case {
			groups = append(groups, nil)
			total += titleHeight + groupGap
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], row)
		longest = max(longest, row.ToBaseline.Median)
		total += barPitch
	}
	p := plot{scale: (columnWidth - labelWidth - valueWidth) / longest, ours: ours}
	x, y, bottom := 0, lineName, 0
	for _, group := range groups {
		if x == 0 && 2*(y-lineName) >= total {
			x, y = columnWidth+columnGap, lineName
		}
		y = p.group(x, y, group)
		bottom = max(bottom, y)
	}
	p.baseline(0, bottom, baseline)
	if x > 0 {
		p.baseline(x, bottom, baseline)
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">
<title>Time of a call relative to %[3]s</title>
<style>
%[4]s
</style>
%[5]s</svg>
`, 2*columnWidth+columnGap, bottom, html.EscapeString(baseline), plotStyle, &p.body)
}

type plot struct {
	scale float64 // pixels of a ratio of 1
	ours  []string
	body  strings.Builder
}

// group draws the bars of a case at y and returns the y of the next group.
func (p *plot) group(x, y int, rows []Row) int {
	fmt.Fprintf(&p.body, `<text class="case" x="%d" y="%d">%s</text>`+"\n",
		x, y+titleHeight-8, html.EscapeString(rows[0].Case))
	y += titleHeight
	for _, row := range rows {
		class := "peer"
		if slices.Contains(p.ours, row.Client) {
			class = "ours"
		}
		left, width := x+labelWidth, row.ToBaseline.Median*p.scale
		text := y + barHeight - 2
		fmt.Fprintf(&p.body, `<text x="%d" y="%d" text-anchor="end">%s</text>`,
			left-6, text, html.EscapeString(row.Client))
		fmt.Fprintf(&p.body, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>`,
			class, left, y, width, barHeight)
		fmt.Fprintf(&p.body, `<text x="%.1f" y="%d">%.2f</text>`+"\n", float64(left)+width+5, text, row.ToBaseline.Median)
		y += barPitch
	}
	return y + groupGap
}

// baseline draws the line of ratio 1 through a column.
func (p *plot) baseline(x, bottom int, name string) {
	at := float64(x+labelWidth) + p.scale
	fmt.Fprintf(&p.body, `<line class="base" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`, at, lineName, at, bottom-groupGap)
	fmt.Fprintf(&p.body, `<text class="basename" x="%.1f" y="%d" text-anchor="middle">%s = 1</text>`+"\n",
		at, lineName-6, html.EscapeString(name))
}
