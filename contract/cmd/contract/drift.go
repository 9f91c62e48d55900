package main

import (
	"fmt"

	"github.com/spf13/cobra"

	drifting "github.com/tapkey-go/tapkey-go/contract/internal/drift"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

func driftCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drift",
		Short: "Check that the generated code is current",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return drift(cmd) },
	}
}

func drift(cmd *cobra.Command) error {
	root, err := findRoot(cmd)
	if err != nil {
		return conclude(cmd, "drift", verdict.NotChecked, "%v", err)
	}
	stale, compared, err := drifting.Stale(cmd.Context(), root)
	if err != nil {
		return conclude(cmd, "drift", verdict.NotChecked, "%v", err)
	}
	for _, file := range stale {
		fmt.Fprintf(cmd.OutOrStdout(), "%s is stale: run make generate\n", file)
	}
	if len(stale) > 0 {
		return conclude(cmd, "drift", verdict.Disagrees, "%d of %d generated files are stale", len(stale), compared)
	}
	return conclude(cmd, "drift", verdict.Agrees, "%d generated files", compared)
}
