package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// An ownerFlag is the flag --owner, which selects the owner account.
type ownerFlag struct {
	cmd   *cobra.Command
	value string
}

func newOwnerFlag(cmd *cobra.Command) *ownerFlag {
	f := &ownerFlag{cmd: cmd}
	cmd.Flags().StringVar(&f.value, "owner", "", "`ID` or name of the owner account (optional if there is only one)")
	return f
}

// operations returns the IDs of the operations that find calls.
func (f *ownerFlag) operations() []string {
	if uuid.MatchString(f.value) {
		return nil
	}
	return []string{"listOwners"}
}

// find returns the ID of the owner account that the flag selects. Without the flag, it
// returns the ID of the only owner account.
func (f *ownerFlag) find(ctx context.Context, c *client.Client) (string, error) {
	switch {
	case uuid.MatchString(f.value):
		return f.value, nil
	case f.value == "" && f.cmd.Flags().Changed("owner"):
		return "", errors.New("--owner is empty")
	}
	var owners []tapkey.OwnerAccount
	for owner, err := range c.AllOwners(ctx) {
		if err != nil {
			return "", asFailure(err)
		}
		owners = append(owners, owner)
	}
	switch {
	case len(owners) == 0:
		return "", &failure{errors.New(noOwners)}
	case f.value != "":
		owner, err := doctor.FindOwner(owners, f.value)
		return owner.ID, err
	case len(owners) == 1:
		return owners[0].ID, nil
	}
	return "", fmt.Errorf("there are several owner accounts: use --owner with one of %s", names(owners))
}

// uuid matches the IDs of owner accounts. A name that looks like an ID is taken as an ID.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// names returns the quoted names of the first few owner accounts, and how many more
// there are.
func names(owners []tapkey.OwnerAccount) string {
	const few = 8
	var quoted []string
	for _, owner := range owners[:min(few, len(owners))] {
		quoted = append(quoted, strconv.Quote(owner.Name))
	}
	if more := len(owners) - few; more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}
