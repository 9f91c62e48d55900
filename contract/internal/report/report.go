// Package report writes the result of a run: for a terminal, as Markdown and as JSON.
//
// A report contains text of others: names of fields and the errors of a server or a proxy.
// In no format can this text become anything but text.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
)

// Conclusion returns the result on one line, without the verdict.
func Conclusion(r live.Report) string {
	var parts []string
	if len(r.Operations) > 0 {
		parts = []string{fmt.Sprintf("%d of %d reads checked", r.Checked, len(r.Operations))}
	}
	if n := len(r.Findings); n > 0 {
		parts = append([]string{fmt.Sprintf("%d findings", n)}, parts...)
	}
	line := strings.Join(parts, ", ")
	switch {
	case r.Reason == "":
		return line
	case line == "":
		return Line(r.Reason)
	}
	return Line(r.Reason) + "; " + line
}

// Text writes a report for a terminal. The last line has the verdict.
func Text(w io.Writer, name string, r live.Report) {
	for _, f := range r.Findings {
		fmt.Fprintln(w, Line(f.String()))
	}
	if name == "live" {
		for _, c := range r.Operations {
			if !c.Checked() {
				fmt.Fprintf(w, "not checked: %s (%s)\n", Line(c.Operation), statuses(c))
			}
		}
	}
	for _, f := range r.Errors {
		fmt.Fprintf(w, "failed: %s\n", Line(f.Error))
	}
	fmt.Fprintf(w, "%s: %s: %s\n", name, r.Verdict, Conclusion(r))
}

// JSON writes a report as JSON.
func JSON(w io.Writer, r live.Report) error {
	if r.Findings == nil {
		r.Findings = []contract.Finding{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// statuses returns the statuses of the responses, such as "200 x3, 401 x1".
func statuses(c contract.Coverage) string {
	var parts []string
	for status := 100; status < 600; status++ {
		if n := c.Statuses[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d x%d", status, n))
		}
	}
	if c.Failed > 0 {
		parts = append(parts, fmt.Sprintf("incomplete x%d", c.Failed))
	}
	if len(parts) == 0 {
		return "never called"
	}
	return strings.Join(parts, ", ")
}
