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
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// ownerFlag says whose locks, contacts and so on are meant.
type ownerFlag struct {
	cmd   *cobra.Command
	value string
}

func newOwnerFlag(cmd *cobra.Command) *ownerFlag {
	f := &ownerFlag{cmd: cmd}
	cmd.Flags().StringVar(&f.value, "owner", "", "`ID` or name of the owner account, if there are several")
	return f
}

// operations are those that find takes.
func (f *ownerFlag) operations() []string {
	if uuid.MatchString(f.value) {
		return nil
	}
	return []string{"listOwners"}
}

// find returns the id of the owner account: the one that is named, or the only one.
func (f *ownerFlag) find(ctx context.Context, c *client.Client) (string, error) {
	switch {
	case uuid.MatchString(f.value):
		return f.value, nil
	case f.value == "" && f.cmd.Flags().Changed("owner"):
		return "", errors.New("--owner is empty")
	}
	var others, found []tapkey.OwnerAccount
	for owner, err := range c.AllOwners(ctx) {
		switch {
		case err != nil:
			return "", asFailure(err)
		case f.value == "" || owner.ID == f.value || owner.Name == f.value:
			found = append(found, owner)
		default:
			others = append(others, owner)
		}
	}
	switch {
	case len(found) == 1:
		return found[0].ID, nil
	case len(found)+len(others) == 0:
		return "", &failure{errors.New(noOwners)}
	case len(found) == 0:
		return "", fmt.Errorf("no owner account is called %q; there are %s", f.value, names(others))
	case f.value != "":
		return "", fmt.Errorf("%d owner accounts are called %q: say --owner with an id, such as %s", len(found), f.value, found[0].ID)
	}
	return "", fmt.Errorf("there are several owner accounts: say --owner with one of %s", names(found))
}

// uuid is the shape of Tapkey's ids. What has it is taken for one.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// names lists the names of the first few owner accounts.
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
