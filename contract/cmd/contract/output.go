package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// output is the format of a report.
type output struct{ json, markdown bool }

func (out *output) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&out.json, "json", false, "print the report as JSON")
	cmd.Flags().BoolVar(&out.markdown, "markdown", false, "print the report as Markdown, as for a job summary")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
}

// print prints a report and returns its verdict as an error.
func (out output) print(cmd *cobra.Command, name string, r live.Report) error {
	w := cmd.OutOrStdout()
	line := fmt.Sprintf("%d of %d reads checked", r.Checked, len(r.Operations))
	if n := len(r.Findings); n > 0 {
		line = fmt.Sprintf("%d findings, %s", n, line)
	}
	if r.Reason != "" {
		line = r.Reason + "; " + line
	}
	switch {
	case out.json:
		if r.Findings == nil {
			r.Findings = []contract.Finding{}
		}
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(r); err != nil {
			return err
		}
	case out.markdown:
		fmt.Fprintf(w, "## Contract: %s %s\n\n%s.\n\n", name, r.Verdict, line)
		if len(r.Findings) > 0 {
			fmt.Fprint(w, "| operation | side | status | class | location | expected | count |\n| --- | --- | --- | --- | --- | --- | --- |\n")
			for _, f := range r.Findings {
				fmt.Fprintf(w, "| %s | %s | %d | %s | `%s` | %s | %d |\n", f.Operation, f.Side, f.Status, f.Class, f.Pointer, f.Detail, f.Count)
			}
			fmt.Fprintln(w)
		}
		fmt.Fprint(w, "| read | checked | objects | statuses |\n| --- | --- | --- | --- |\n")
		for _, c := range r.Operations {
			fmt.Fprintf(w, "| %s | %s | %d | %s |\n", c.Operation, yesNo(c.Checked()), c.Objects, statuses(c))
		}
		for _, f := range r.Errors {
			fmt.Fprintf(w, "\nFailed %d times: `%s`\n", f.Count, f.Error)
		}
	default:
		for _, f := range r.Findings {
			fmt.Fprintf(w, "%s\n", f)
		}
		if name == "live" {
			for _, c := range r.Operations {
				if !c.Checked() {
					fmt.Fprintf(w, "not checked: %s (%s)\n", c.Operation, statuses(c))
				}
			}
		}
		for _, f := range r.Errors {
			fmt.Fprintf(w, "failed: %s\n", f.Error)
		}
		return conclude(cmd, name, r.Verdict, "%s", line)
	}
	if r.Verdict == verdict.Agrees {
		return nil
	}
	return outcome(r.Verdict)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
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
