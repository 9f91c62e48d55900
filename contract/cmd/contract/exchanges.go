package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/exchanges"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

func exchangesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "exchanges",
		Short: "Run the tests and compare what they exchange with the contract",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return exchange(cmd) },
	}
}

func exchange(cmd *cobra.Command) error {
	root, err := findRoot(cmd)
	if err != nil {
		return conclude(cmd, "exchanges", verdict.NotChecked, "%v", err)
	}
	dir, err := os.MkdirTemp("", "contract-exchanges-")
	if err != nil {
		return conclude(cmd, "exchanges", verdict.NotChecked, "%v", err)
	}
	failed := exchanges.Record(cmd.Context(), root, dir)
	report, err := exchanges.Validate(cmd.Context(), dir, exchanges.Deliberate())
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return conclude(cmd, "exchanges", verdict.NotChecked, "%v", errors.Join(err, failed))
	}
	return concludeExchanges(cmd, report, failed)
}

// concludeExchanges prints a report. The error is that of the tests: a deviation takes
// precedence over it, because it may be the cause.
func concludeExchanges(cmd *cobra.Command, r exchanges.Report, failed error) error {
	w := cmd.OutOrStdout()
	for _, d := range r.Deviations {
		fmt.Fprintln(w, d)
	}
	for _, m := range r.Unused {
		fmt.Fprintf(w, "%s: got no %q, which the test is marked to send: remove the mark\n", m.Test, m.Finding)
	}
	requests, responses := 0, 0
	var covered []string
	for _, g := range r.Groups {
		requests, responses = requests+g.Requests, responses+g.Responses
		covered = append(covered, fmt.Sprintf("%s %d", g.Name, len(g.Checked())))
	}
	line := fmt.Sprintf("%d requests, %d responses; of %d operations: %s", requests, responses, len(tapkey.Operations()), strings.Join(covered, ", "))
	missing := r.Missing()
	switch {
	case len(r.Deviations)+len(r.Unused) > 0:
		return conclude(cmd, "exchanges", verdict.Disagrees, "%d findings in %s", len(r.Deviations)+len(r.Unused), line)
	case failed != nil:
		return conclude(cmd, "exchanges", verdict.NotChecked, "%v", failed)
	case len(missing) > 0:
		return conclude(cmd, "exchanges", verdict.NotChecked, "%s; %s", strings.Join(missing, "; "), line)
	}
	return conclude(cmd, "exchanges", verdict.Agrees, "%s", line)
}
