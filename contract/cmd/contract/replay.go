package main

import (
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/recording"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

func replayCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "replay DIR",
		Short: "Compare the responses that live --record has written with the contract",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return replay(cmd, args[0], out) },
	}
	out.flags(cmd)
	return cmd
}

func replay(cmd *cobra.Command, dir string, out output) error {
	checked, n, err := recording.Replay(cmd.Context(), dir)
	if err != nil {
		return conclude(cmd, "replay", verdict.NotChecked, "%v", err)
	}
	report := live.Report{Findings: checked.Findings()}
	for _, c := range checked.Coverage() {
		if c.Method == http.MethodGet {
			report.Operations = append(report.Operations, c)
		}
	}
	report.Checked = len(slices.DeleteFunc(slices.Clone(report.Operations), func(c contract.Coverage) bool { return !c.Checked() }))
	switch {
	case len(report.Findings) > 0:
		report.Verdict = verdict.Disagrees
	case n == 0:
		report.Verdict, report.Reason = verdict.NotChecked, "there are no recordings"
	case report.Checked == 0:
		report.Verdict, report.Reason = verdict.NotChecked, "no recording is a successful response with an object"
	}
	return out.print(cmd, "replay", report)
}
