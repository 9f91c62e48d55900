package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

// completionCommand prints the completion script of a shell.
func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script of a shell",
		Long: "Print the completion script of a shell: bash, zsh, fish or powershell. It\n" +
			"completes commands, flags, and values: formats, owner accounts, locks, contacts.\n" +
			"Names come from the API, with the account that commands use. See docs/cli.md.",
		Example:   "  tapkey completion bash > tapkey.bash",
		Args:      exactArgs(1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, w := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return asFailure(root.GenBashCompletionV2(w, true))
			case "zsh":
				return asFailure(root.GenZshCompletion(w))
			case "fish":
				return asFailure(root.GenFishCompletion(w, true))
			case "powershell":
				return asFailure(root.GenPowerShellCompletionWithDesc(w))
			}
			return fmt.Errorf("unknown shell %q: use %s", args[0], choice(shells))
		},
	}
}

// addCompletions adds the completion of values to the flags of cmd and of its subcommands.
func (a *app) addCompletions(cmd *cobra.Command) {
	words := map[string][]string{"env": {"production", "sandbox"}, "role": {string(tapkey.PermissionRoleAdmin), string(tapkey.PermissionRoleOwner)}}
	if hasOutputFlags(cmd) {
		words["output"] = formats
	}
	switch cmd.CommandPath() {
	case "tapkey grants update":
		words["clear"] = []string{"from", "until", "schedule"}
	case "tapkey contacts update":
		words["clear"] = []string{"title"}
	case "tapkey logs export":
		words["format"] = exportFormats
	case "tapkey doctor":
		for _, s := range scenarios() {
			words["scenario"] = append(words["scenario"], string(s.id))
		}
		for _, op := range tapkey.Operations() {
			words["operation"] = append(words["operation"], op.ID)
		}
	case "tapkey sandbox":
		for _, kind := range sandbox.FaultKinds() {
			words["faults"] = append(words["faults"], string(kind))
		}
	}
	visit := func(f *pflag.Flag) {
		if r, ok := f.Value.(*reference); ok {
			completeFlag(cmd, f.Name, a.completeEntities(&call{}, r.kind))
		} else if f.Name == "owner" {
			completeFlag(cmd, f.Name, a.completeEntities(&call{}, ownerKind))
		} else if words[f.Name] != nil {
			completeFlag(cmd, f.Name, cobra.FixedCompletions(words[f.Name], cobra.ShellCompDirectiveNoFileComp))
		}
	}
	cmd.LocalFlags().VisitAll(visit)
	for _, sub := range cmd.Commands() {
		a.addCompletions(sub)
	}
}

func completeFlag(cmd *cobra.Command, name string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
		panic(err) // the flag does not exist, or has a completion
	}
}

// completeFields adds the completion of --select, by the JSON names of T.
func completeFields[T any](cmd *cobra.Command) {
	var names []string
	for field := range reflect.TypeFor[T]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	completeFlag(cmd, "select", func(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := word[:strings.LastIndex(word, ",")+1] // a list
		all := make([]cobra.Completion, len(names))
		for i, name := range names {
			all[i] = before + name
		}
		return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// completionTimeout limits the time for which a shell waits for names.
const completionTimeout = 3 * time.Second

// completeEntities returns a function that completes the names of entities of a kind. It
// completes nothing, and is silent, if the API cannot be called.
func (a *app) completeEntities(c *call, k *kind) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		var owner *ownerFlag
		if k != ownerKind {
			owner = &ownerFlag{cmd: cmd, value: cmd.Flag("owner").Value.String()}
		}
		stop, err := a.connect(ctx, c, owner, k.operations, client.WithRetries(0))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer stop()
		all, err := c.entities(ctx, k)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return k.completions(sorted(all)), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// completions returns the words that select entities: names, or IDs where a name does not
// select exactly one.
func (k *kind) completions(all []entity) []cobra.Completion {
	count := map[string]int{}
	for _, e := range all {
		names := map[string]bool{}
		for _, name := range e.names {
			names[strings.ToLower(name)] = true
		}
		for name := range names {
			count[name]++
		}
	}
	words := make([]cobra.Completion, len(all))
	for i, e := range all {
		title := oneLine(e.title())
		unique := title == e.title() && count[strings.ToLower(title)] == 1
		if k.onlyIDs || !unique || title == "" || strings.HasPrefix(title, "-") {
			words[i] = cobra.CompletionWithDesc(e.id, title)
		} else {
			words[i] = cobra.CompletionWithDesc(title, e.id)
		}
	}
	return words
}
