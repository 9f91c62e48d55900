package report

import (
	"fmt"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
)

// Smallest is the smallest limit of Markdown. The heading, the table of reads and the notes
// on what was left out fit in it.
const Smallest = 32 << 10

// Markdown returns a report as Markdown of at most limit bytes, which is at least Smallest.
// It states how many findings and errors were left out.
//
// Everything but numbers and words of this package is in code spans: a code span has no
// links, no HTML, and no mentions, which would send notifications.
func Markdown(name string, r live.Report, limit int) string {
	p := page{limit: limit - Smallest/2} // the other half is for the table of reads
	p.add(fmt.Sprintf("## Contract: %s %s\n\n", name, r.Verdict))
	if r.Reason != "" {
		p.add(fmt.Sprintf("Reason: %s\n\n", code(r.Reason)))
	}
	reason := r.Reason
	r.Reason = ""
	if line := Conclusion(r); line != "" {
		p.add(line + ".\n\n")
	}
	r.Reason = reason

	if len(r.Findings) > 0 {
		p.add("| operation | side | status | class | location | expected | count |\n| --- | --- | --- | --- | --- | --- | --- |\n")
		for _, f := range r.Findings {
			p.row(finding(f))
		}
		p.note("findings")
		p.add("\n")
	}
	for _, f := range r.Errors {
		p.row(fmt.Sprintf("- failed %d times: %s\n", f.Count, code(f.Error)))
	}
	p.note("errors")
	if len(r.Errors) > 0 {
		p.add("\n")
	}
	if len(r.Operations) > 0 {
		p.limit = limit
		p.add("| read | checked | objects | statuses |\n| --- | --- | --- | --- |\n")
		for _, c := range r.Operations {
			p.row(fmt.Sprintf("| %s | %s | %d | %s |\n", code(c.Operation), yesNo(c.Checked()), c.Objects, Line(statuses(c))))
		}
		p.note("reads")
	}
	return p.text.String()
}

func finding(f contract.Finding) string {
	status := ""
	if f.Status != 0 {
		status = fmt.Sprint(f.Status)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %d |\n",
		code(f.Operation), f.Side, status, f.Class, code(f.Pointer), code(f.Detail), f.Count)
}

// unspan replaces the characters that end a code span or a cell of a table. A backslash
// before a pipe would need different escapes in different renderers.
var unspan = strings.NewReplacer("`", "'", "|", "¦")

// code returns text as a code span, and "" for no text.
func code(text string) string {
	text = unspan.Replace(Line(text))
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// page is Markdown of limited size.
type page struct {
	text  strings.Builder
	limit int
	left  int // rows that were left out
}

func (p *page) add(text string) { p.text.WriteString(text) }

// room is the number of bytes that note and the end of a table need.
const room = 128

// row adds a row if it fits. After a row that does not, no row fits until the next note.
func (p *page) row(text string) {
	if p.left > 0 || p.text.Len()+len(text)+room > p.limit {
		p.left++
		return
	}
	p.add(text)
}

// note states how many rows were left out.
func (p *page) note(what string) {
	if p.left > 0 {
		p.add(fmt.Sprintf("\n%d more %s are not shown here.\n", p.left, what))
	}
	p.left = 0
}
