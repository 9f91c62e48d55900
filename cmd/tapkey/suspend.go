package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/access"
)

// suspendCommand revokes all grants of a contact and records them.
func (a *app) suspendCommand() *cobra.Command {
	var owner *ownerFlag
	file, yes := "", false
	cmd := &cobra.Command{
		Use:   "suspend E-MAIL",
		Short: "Revoke all grants of a contact and record them",
		Long: "Revoke all grants of a contact, given by e-mail address or ID, and record them\n" +
			"for tapkey contacts restore. After an error or an interrupt, run the command\n" +
			"again.",
		Example: "  tapkey contacts suspend sam@example.com --owner Home --record sam.json --yes",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, c := cmd.Context(), &call{}
			operations := []string{"listContacts", "listGrants", "revokeGrant"}
			if !strings.Contains(args[0], "@") {
				operations = append(operations, "getContact")
			}
			stop, err := a.connect(ctx, c, owner, operations)
			if err != nil {
				return err
			}
			defer stop()
			s, err := readAccess(ctx, c, args[0], file)
			if err != nil {
				return err
			}
			if !yes {
				if err := confirm(cmd, fmt.Sprintf("Revoke %d grants of %s?", len(s.Grants), s.Who)); err != nil {
					return err
				}
			}
			if err := replaceFile(file, func(w io.Writer) error { return printJSON(w, s) }); err != nil {
				return err
			}
			report := newChangeReport(cmd.ErrOrStderr())
			err = access.Suspend(ctx, c.Client, s, access.Options{KeepGoing: true, Progress: report.add})
			return report.result(cmd.OutOrStdout(), err)
		},
	}
	owner = newOwnerFlag(cmd)
	recordFlag(cmd, "`FILE` to record the grants in; one that exists is extended", &file)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

func recordFlag(cmd *cobra.Command, usage string, to *string) {
	required(cmd, "record", usage, to)
}

// readAccess reads the grants of a contact, and adds those in a record that exists.
func readAccess(ctx context.Context, c *call, contact, file string) (*access.Suspension, error) {
	who := access.Who{Email: contact}
	if !strings.Contains(contact, "@") {
		found, err := c.GetContact(ctx, c.ownerID, contact)
		if err != nil {
			return nil, asFailure(err)
		}
		if who = (access.Who{Email: found.Identifier}); found.IPUserID != "" {
			who = access.Who{Provider: found.IPID, User: found.IPUserID}
		}
	}
	s, err := access.NewSuspension(ctx, c.Client, c.ownerID, who)
	if err != nil {
		return nil, asFailure(err)
	}
	earlier, err := readRecord(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, err
	case earlier.Owner != s.Owner || earlier.Receiver != s.Receiver:
		return nil, fmt.Errorf("%s is the record of another contact: %s", file, earlier.Who)
	}
	for _, g := range earlier.Grants {
		if !slices.ContainsFunc(s.Grants, func(known access.SuspendedGrant) bool { return known.Lock == g.Lock }) {
			s.Grants = append(s.Grants, g)
		}
	}
	return s, nil
}

// readRecord reads the file of a suspension.
func readRecord(file string) (*access.Suspension, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user chooses the file
	if err != nil {
		return nil, err
	}
	var s access.Suspension
	if err := json.Unmarshal(data, &s); err != nil || s.Version != 1 || s.Owner == "" || s.Receiver == "" {
		return nil, fmt.Errorf("%s is not a record of tapkey contacts suspend", file)
	}
	return &s, nil
}

// restoreCommand creates the grants of a record again.
func (a *app) restoreCommand() *cobra.Command {
	file, stateFile := "", ""
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "Create the grants again that contacts suspend has revoked",
		Long: "Create the grants again that tapkey contacts suspend has revoked, and remove\n" +
			"the record. Grants that have ended are skipped, and locks that the contact has a\n" +
			"grant for. After an error or an interrupt, run the command again.",
		Example: "  tapkey contacts restore --record sam.json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := readRecord(file)
			if err != nil {
				return err
			}
			opts := access.Options{KeepGoing: true}
			if stateFile != "" {
				state, err := access.OpenState(stateFile)
				if err != nil {
					return err
				}
				defer func() { _ = state.Close() }()
				opts.State = state
			}
			c := &call{}
			stop, err := a.connect(cmd.Context(), c, nil, []string{"listGrants", "createGrant"})
			if err != nil {
				return err
			}
			defer stop()
			report := newChangeReport(cmd.ErrOrStderr())
			opts.Progress = report.add
			err = access.Restore(cmd.Context(), c.Client, s, opts)
			if err := report.result(cmd.OutOrStdout(), err); err != nil {
				return err
			}
			return asFailure(os.Remove(file))
		},
	}
	recordFlag(cmd, "`FILE` with the record", &file)
	notEmpty(cmd.Flags().Func, "state", "`FILE` of tapkey access apply, if the grants are managed", &stateFile)
	return cmd
}
