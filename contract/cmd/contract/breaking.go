package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/breaking"
	"github.com/tapkey-go/tapkey-go/contract/internal/goapi"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

func breakingCommand() *cobra.Command {
	var base string
	var all bool
	cmd := &cobra.Command{
		Use:   "breaking",
		Short: "Check whether changes since the release break programs that use the client",
		Long: `Check whether changes since the release break programs that use the client.

Without --base, the source tree is compared with contract/released, a copy of the last
release. With --base and a git revision, the document and the Go API are compared; with a
file, only the document.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return breaks(cmd, base, all) },
	}
	cmd.Flags().StringVar(&base, "base", "", "git revision such as v0.1.0, or a document")
	cmd.Flags().BoolVar(&all, "all", false, "also print the changes that break nothing")
	return cmd
}

func breaks(cmd *cobra.Command, base string, all bool) error {
	notChecked := func(err error) error { return conclude(cmd, "breaking", verdict.NotChecked, "%v", err) }
	root, err := findRoot(cmd)
	if err != nil {
		return notChecked(err)
	}
	released, err := breaking.OpenRelease(cmd.Context(), root, base)
	if errors.Is(err, breaking.ErrNothingReleased) {
		return firstRelease(cmd, root)
	}
	if err != nil {
		return notChecked(err)
	}
	changes, err := compare(root, released)
	if err != nil {
		return notChecked(err)
	}
	for _, change := range changes {
		switch {
		case change.Breaking:
			fmt.Fprintf(cmd.OutOrStdout(), "breaks: %s\n", change)
		case all:
			fmt.Fprintf(cmd.OutOrStdout(), "fine: %s\n", change)
		}
	}
	next := "" // a version follows only another version
	if breaking.IsVersion(released.Name) {
		version, err := breaking.NextVersion(released.Name, changes)
		if err != nil {
			return notChecked(err)
		}
		next = "; the next version is " + version
	}
	scope := "contract and Go API"
	if released.GoAPI == "" {
		scope = "contract only: a file has no Go API"
	}
	switch n := len(breaking.Breaks(changes)); {
	case n > 0:
		return conclude(cmd, "breaking", verdict.Disagrees, "%d of %d changes since %s break programs%s (%s)",
			n, len(changes), released.Name, next, scope)
	case len(changes) > 0:
		return conclude(cmd, "breaking", verdict.Agrees, "%d changes since %s, none breaks programs%s (%s)",
			len(changes), released.Name, next, scope)
	}
	return conclude(cmd, "breaking", verdict.Agrees, "no change since %s%s (%s)", released.Name, next, scope)
}

// firstRelease reports that there is no release to compare with.
func firstRelease(cmd *cobra.Command, root string) error {
	document, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return conclude(cmd, "breaking", verdict.NotChecked, "%v", err)
	}
	version, err := breaking.DocumentVersion(document)
	if err != nil {
		return conclude(cmd, "breaking", verdict.NotChecked, "%v", err)
	}
	return conclude(cmd, "breaking", verdict.Agrees, "%v; the first version will be %s", breaking.ErrNothingReleased, version)
}

// compare compares the source tree with a release.
func compare(root string, released breaking.Release) ([]breaking.Change, error) {
	document, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return nil, err
	}
	changes, err := breaking.Wire(released.Document, document)
	if err != nil || released.GoAPI == "" {
		return changes, err
	}
	current, err := goapi.Read(root)
	if err != nil {
		return nil, err
	}
	goChanges, err := breaking.GoAPI(released.GoAPI, current)
	return append(changes, goChanges...), err
}

func releaseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "release VERSION",
		Short: "Write the document and the Go API to contract/released",
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
			fmt.Fprintf(cmd.OutOrStdout(), "contract/released is now %s\n", args[0])
			return nil
		},
	}
}

func release(root, version string) error {
	document, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return err
	}
	api, err := goapi.Read(root)
	if err != nil {
		return err
	}
	return breaking.WriteRelease(root, breaking.Release{Name: version, Document: document, GoAPI: api})
}
