package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Run lint, drift, operations, breaking and replay",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			worst := verdict.Agrees
			for _, check := range []func(*cobra.Command) error{
				func(cmd *cobra.Command) error { return lint(cmd, nil) },
				drift,
				func(cmd *cobra.Command) error { return operations(cmd, false) },
				func(cmd *cobra.Command) error { return breaks(cmd, "", false) },
				replayOwn,
			} {
				err := check(cmd)
				var o outcome
				switch {
				case errors.As(err, &o):
					worst = verdict.Worst(worst, verdict.Verdict(o))
				case err != nil:
					return err
				}
			}
			if worst == verdict.Agrees {
				return nil
			}
			return outcome(worst)
		},
	}
}

// replayOwn replays the recordings in contract/recorded.
func replayOwn(cmd *cobra.Command) error {
	root, err := findRoot(cmd)
	if err != nil {
		return conclude(cmd, "replay", verdict.NotChecked, "%v", err)
	}
	return output{}.print(cmd, "replay", replay(cmd.Context(), filepath.Join(root, "contract", "recorded")))
}
