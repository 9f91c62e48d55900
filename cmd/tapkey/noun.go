package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// nouns lists the commands that call operations of the contract. Each noun is declared
// in its own file, with the columns, flags and verbs it has.
var nouns = []noun{
	ownersNoun, permissionsNoun, locksNoun, lockGroupsNoun, cardsNoun, contactsNoun, grantsNoun, logsNoun, usersNoun,
}

// A noun is a command for one kind of entity, such as "tapkey grants".
type noun struct {
	name  string
	short string
	verbs []verb
	extra []func(*app) *cobra.Command // subcommands that call several operations, or one in another way
}

// A verb is a command that calls one operation, such as "tapkey grants list". The
// operation determines the scopes to request and whether the command has the flags
// --owner and --provider.
type verb struct {
	use       string // name and argument, such as "get ID"
	short     string
	long      string                      // more about it, in lines that end in a line break; may be ""
	operation string                      // operation ID
	example   string                      // runs against a sandbox; a backslash continues a line
	confirm   string                      // question to ask before an operation that cannot be undone, or ""
	done      string                      // message after an operation that returns no value to show, or ""
	empty     string                      // message for an empty list, or ""
	flags     func(*cobra.Command, *call) // adds flags for query parameters; may be nil
	run       runner
}

// A call holds what the runner of a verb passes to the operation.
type call struct {
	*client.Client
	id         string // the argument of the command
	ownerID    string // the owner account, from --owner
	providerID string // the identity provider, from --provider

	query    query
	expand   []string
	ipUserID *string
	dryRun   *bool
	opensNow bool

	operations []string // that the flags in use call, besides that of the verb
}

// query holds the parameters that most lists accept. It converts to the parameter type
// of any list that accepts exactly these.
type query tapkey.ListGrantsParams

// nounCommand returns the command of a noun, with those of its verbs.
func (a *app) nounCommand(n noun) *cobra.Command {
	cmd := &cobra.Command{
		Use:     n.name,
		Short:   n.short,
		Example: indent(n.verbs[0].example),
		Args:    subcommandArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, v := range n.verbs {
		cmd.AddCommand(a.verbCommand(v))
	}
	for _, extra := range n.extra {
		cmd.AddCommand(extra(a))
	}
	return cmd
}

// verbCommand returns the command of a verb.
func (a *app) verbCommand(v verb) *cobra.Command {
	op, c, yes := operation(v.operation), &call{}, false
	cmd := &cobra.Command{
		Use:     v.use,
		Short:   v.short,
		Long:    fmt.Sprintf("%s.\n%sIt calls %s, which needs the scope %s.", v.short, v.long, op.ID, strings.Join(op.Scopes, " ")),
		Example: indent(v.example),
		Args:    cobra.NoArgs,
	}
	if strings.Contains(v.use, " ") {
		cmd.Args = exactArgs(1)
	}
	a.outputFlags(cmd)
	var owner *ownerFlag // nil if the operation is not below an owner account
	if strings.Contains(op.Path, "{ownerAccountId}/") {
		owner = newOwnerFlag(cmd)
	}
	if strings.Contains(op.Path, "{ipId}") {
		required(cmd, "provider", "`ID` of the identity provider", &c.providerID)
	}
	if v.confirm != "" {
		cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	}
	if v.flags != nil {
		v.flags(cmd, c)
	}
	run := v.run(cmd, c)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		out, err := a.newOutput(cmd)
		if err != nil {
			return err
		}
		c.id = strings.Join(args, "") // at most one
		if v.confirm != "" && !yes {
			if err := confirm(cmd, strings.ReplaceAll(v.confirm, "%s", c.id)); err != nil {
				return err
			}
		}
		stop, err := a.connect(cmd.Context(), c, owner, append(c.operations, op.ID))
		if err != nil {
			return err
		}
		defer stop()
		out.done, out.empty = strings.ReplaceAll(v.done, "%s", c.id), v.empty
		return run(cmd.Context(), out)
	}
	return cmd
}

// indent indents an example the way cobra's help does.
func indent(example string) string {
	return "  " + strings.ReplaceAll(example, "\n", "\n  ")
}

// operation returns the operation of the contract with an ID.
func operation(id string) api.Operation {
	all := tapkey.Operations()
	return all[slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })]
}
