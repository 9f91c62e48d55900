package main

import (
	"fmt"
	"net/http"
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
	use       string // name and argument, such as "get ID", or "get ID..." for several
	short     string
	long      string                      // more about it, in lines that end in a line break; may be ""
	operation string                      // operation ID
	example   string                      // runs against a sandbox; a backslash continues a line
	confirm   string                      // question to ask before an operation that cannot be undone, or ""; %s is the entity
	argument  *kind                       // kind of the argument, if it is not the last parameter of the path
	confirmN  string                      // the same question for several entities; %d is their number
	names     []*kind                     // kinds of the entities whose names the columns show
	done      string                      // message after an operation that returns no value to show, or ""
	empty     string                      // message for an empty list, or ""
	flags     func(*cobra.Command, *call) // adds flags for query parameters; may be nil
	run       runner
}

// A call holds what the runner of a verb passes to the operation.
type call struct {
	*client.Client
	id         string // of the entity that the argument of the command selects
	ownerID    string // the owner account, from --owner
	providerID string // the identity provider, from --provider

	query    query
	expand   []string
	ipUserID *string
	opensNow bool

	operations []string // that the flags in use call, besides that of the verb

	targets []entity                    // the entities that the arguments select
	several bool                        // whether the result is a list, because several arguments are possible
	known   map[*kind]map[string]entity // by ID, as far as they have been requested
	done    string                      // message after the operation; %s is the entity
	dryRun  bool                        // print requests that change something instead of sending them
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
	op, c, yes := operation(v.operation), &call{done: v.done}, false
	cmd := &cobra.Command{
		Use:     v.use,
		Short:   v.short,
		Long:    fmt.Sprintf("%s.\n%sIt calls %s, which needs the scope %s.", v.short, v.long, op.ID, strings.Join(op.Scopes, " ")),
		Example: indent(v.example),
		Args:    noArgs,
	}
	switch {
	case v.takesSeveral():
		cmd.Args = minimumArgs
	case strings.Contains(v.use, " "):
		cmd.Args = exactArgs(1)
	}
	if strings.Contains(v.use, " ") {
		cmd.ValidArgsFunction = a.completeEntities(c, v.kind())
	}
	a.outputFlags(cmd)
	var owner *ownerFlag // nil if the operation is not below an owner account
	if strings.Contains(op.Path, "{ownerAccountId}/") {
		owner = newOwnerFlag(cmd)
	}
	if strings.Contains(op.Path, "{ipId}") {
		required(cmd, "provider", "`ID` of the identity provider", &c.providerID)
	}
	if op.Method != http.MethodGet {
		dryRunFlag(cmd, &c.dryRun)
	}
	if v.confirm != "" {
		cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	}
	if v.flags != nil {
		v.flags(cmd, c)
	}
	run := v.run(cmd, c)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.runVerb(cmd, v, c, owner, args, v.confirm != "" && !yes && !c.dryRun, run)
	}
	return cmd
}

// kind returns the kind of entity that the argument of a verb selects.
func (v verb) kind() *kind {
	if v.argument != nil {
		return v.argument
	}
	return kindOf(operation(v.operation).Path)
}

// takesSeveral reports whether the command of a verb accepts several arguments.
func (v verb) takesSeveral() bool { return strings.HasSuffix(v.use, "...") }

// indent indents an example the way cobra's help does.
func indent(example string) string {
	return "  " + strings.ReplaceAll(example, "\n", "\n  ")
}

// operation returns the operation of the contract with an ID.
func operation(id string) api.Operation {
	all := tapkey.Operations()
	return all[slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })]
}
