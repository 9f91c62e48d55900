package main

import (
	"context"
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
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(); err != nil {
				return err
			}
			return out.print(cmd, "replay", replay(cmd.Context(), args[0]))
		},
	}
	out.flags(cmd)
	return cmd
}

func replay(ctx context.Context, dir string) live.Report {
	checked, n, err := recording.Replay(ctx, dir)
	if err != nil {
		return notChecked(err)
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
	return report
}
