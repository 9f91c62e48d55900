package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// An ownerFlag is the flag --owner, which selects the owner account.
type ownerFlag struct {
	cmd   *cobra.Command
	value string
}

func newOwnerFlag(cmd *cobra.Command) *ownerFlag {
	f := &ownerFlag{cmd: cmd}
	cmd.Flags().StringVar(&f.value, "owner", "", "`ID` or name of the owner account")
	return f
}

// operations returns the IDs of the operations that find calls.
func (f *ownerFlag) operations() []string { return ownerKind.operationsFor(f.value) }

// find returns the ID of the owner account that the flag selects. Without the flag, it
// returns the ID of the only owner account.
func (f *ownerFlag) find(ctx context.Context, c *call) (string, error) {
	if f.value == "" && f.cmd.Flags().Changed("owner") {
		return "", errors.New("--owner is empty")
	}
	if uuid.MatchString(f.value) {
		return f.value, nil
	}
	owners, err := c.entities(ctx, ownerKind)
	switch {
	case err != nil:
		return "", err
	case len(owners) == 0:
		return "", &failure{errors.New(noOwners)}
	case f.value != "":
		owner, err := c.find(ctx, ownerKind, f.value)
		return owner.id, err
	case len(owners) == 1:
		return sorted(owners)[0].id, nil
	}
	return "", fmt.Errorf("there are several owner accounts: use --owner with one of %s",
		few(sorted(owners), func(e entity) string { return quote(e.title()) }))
}
