package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

func (a *app) owners() *cobra.Command {
	owners := &cobra.Command{
		Use:   "owners",
		Short: "Owner accounts",
		Args:  subcommandArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	owners.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	owners.AddCommand(
		&cobra.Command{
			Use:     "list",
			Short:   "List the owner accounts that the service account administers",
			Example: "  tapkey owners list --json",
			Args:    cobra.NoArgs,
			RunE:    a.ownersList,
		},
		&cobra.Command{
			Use:     "get ID",
			Short:   "Show one owner account",
			Example: "  tapkey owners get 7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11",
			Args:    cobra.ExactArgs(1),
			RunE:    a.ownersGet,
		},
	)
	return owners
}

var ownerColumns = []column[tapkey.OwnerAccount]{
	{"ID", func(o tapkey.OwnerAccount) string { return o.ID }},
	{"NAME", func(o tapkey.OwnerAccount) string { return o.Name }},
	{"ACTIVE", func(o tapkey.OwnerAccount) string { return strconv.FormatBool(o.Active) }},
}

func (a *app) ownersList(cmd *cobra.Command, _ []string) error {
	c, done, err := a.client()
	if err != nil {
		return err
	}
	defer done()
	owners, err := c.ListOwners(cmd.Context())
	if err != nil {
		return failed(err)
	}
	if len(owners) == 0 {
		cmd.PrintErrln("No owner accounts: the service account is administrator of none yet.")
	}
	return printList(cmd.OutOrStdout(), a.json, owners, ownerColumns)
}

func (a *app) ownersGet(cmd *cobra.Command, args []string) error {
	c, done, err := a.client()
	if err != nil {
		return err
	}
	defer done()
	owner, err := c.GetOwner(cmd.Context(), args[0])
	if err != nil {
		return failed(err)
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), owner)
	}
	return printList(cmd.OutOrStdout(), false, []tapkey.OwnerAccount{owner}, ownerColumns)
}
