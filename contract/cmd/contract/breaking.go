package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/breaking"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

func breakingCommand() *cobra.Command {
	var base string
	var all bool
	cmd := &cobra.Command{
		Use:   "breaking",
		Short: "Does what changed since the release break programs that use the client?",
		Long: `Does what changed since the release break programs that use the client?

Without --base it is compared to contract/released, what was released last. A git
revision is compared with its Go code, a file without.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return breaks(cmd, base, all) },
	}
	cmd.Flags().StringVar(&base, "base", "", "a git revision such as v0.1.0, or a document")
	cmd.Flags().BoolVar(&all, "all", false, "print the changes that break nothing, too")
	return cmd
}

func breaks(cmd *cobra.Command, base string, all bool) error {
	root, err := findRoot(cmd)
	if err != nil {
		return conclude(cmd, "breaking", verdict.NotChecked, "%v", err)
	}
	changes, released, err := compare(cmd, root, base)
	if err != nil {
		return conclude(cmd, "breaking", verdict.NotChecked, "%v", err)
	}
	next, err := breaking.NextVersion(released.Version, changes)
	if err != nil {
		return conclude(cmd, "breaking", verdict.NotChecked, "%v", err)
	}
	for _, change := range changes {
		switch {
		case change.Breaking:
			fmt.Fprintf(cmd.OutOrStdout(), "breaks: %s\n", change)
		case all:
			fmt.Fprintf(cmd.OutOrStdout(), "fine: %s\n", change)
		}
	}
	scope := "contract and Go API"
	if released.Packages == nil {
		scope = "contract only, a file has no Go API"
	}
	n := len(breaking.Breaks(changes))
	switch {
	case n > 0:
		return conclude(cmd, "breaking", verdict.Disagrees, "%d of %d changes since %s break something: make it %s (%s)",
			n, len(changes), released.Version, next, scope)
	case len(changes) > 0:
		return conclude(cmd, "breaking", verdict.Agrees, "%d changes since %s, none breaks anything: make it %s (%s)",
			len(changes), released.Version, next, scope)
	}
	return conclude(cmd, "breaking", verdict.Agrees, "no change since %s; the next version is %s (%s)", released.Version, next, scope)
}

// compare compares the checkout to what was released.
func compare(cmd *cobra.Command, root, base string) ([]breaking.Change, breaking.Release, error) {
	released, err := breaking.OpenRelease(cmd.Context(), root, base)
	if err != nil {
		return nil, released, err
	}
	document, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return nil, released, err
	}
	changes, err := breaking.Wire(released.Document, document)
	if err != nil || released.Packages == nil {
		return changes, released, err
	}
	current, err := breaking.LoadGo(root)
	if err != nil {
		return nil, released, err
	}
	return append(changes, breaking.GoAPI(released.Packages, current)...), released, nil
}

func releaseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "release VERSION",
		Short: "Keep the checkout in contract/released as what was released",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := breaking.NextVersion(args[0], nil); err != nil {
				return err
			}
			root, err := findRoot(cmd)
			if err == nil {
				err = release(root, args[0])
			}
			if err != nil {
				return conclude(cmd, "release", verdict.NotChecked, "%v", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "contract/released holds %s now\n", args[0])
			return nil
		},
	}
}

func release(root, version string) error {
	document, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return err
	}
	packages, err := breaking.LoadGo(root)
	if err != nil {
		return err
	}
	var snapshot bytes.Buffer
	if err := breaking.WriteSnapshot(&snapshot, packages); err != nil {
		return err
	}
	return breaking.WriteRelease(root, version, document, snapshot.Bytes())
}
