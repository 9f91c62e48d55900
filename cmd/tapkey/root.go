package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// app is what the commands share.
type app struct {
	useSandbox bool
	json       bool
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "tapkey",
		Short: "Call Tapkey's API, or a sandbox of it",
		Long: "Call Tapkey's API, or a sandbox of it. Credentials are " + client.EnvClientID + " and\n" +
			client.EnvClientSecret + " in the environment; optional are " + client.EnvBaseURI + ",\n" +
			client.EnvTokenEndpoint + " and " + client.EnvScopes + ". Exit status: 0 success, 1 a call or\n" +
			"check failed, 2 misuse, 4 credentials or token refused, 130 interrupted.",
		Example:       "  tapkey owners list --sandbox",
		Version:       version(),
		Args:          subcommandArgs,
		Run:           func(cmd *cobra.Command, _ []string) { _ = cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.PersistentFlags().BoolVar(&a.useSandbox, "sandbox", false, "run against a sandbox of its own")
	for _, r := range resources() {
		root.AddCommand(a.resource(r))
	}
	root.AddCommand(a.api(), a.token(), a.doctor(), a.sandbox())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Hidden = true // --help says it already
	}
	hideHelpFlag(root)
	return root
}

// hideHelpFlag leaves --help out of what it prints itself.
func hideHelpFlag(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Hidden = true
	for _, sub := range cmd.Commands() {
		hideHelpFlag(sub)
	}
}

// Help without headings: it fits a screen.
const (
	helpTemplate  = "{{or .Long .Short}}\n\n{{.UsageString}}"
	usageTemplate = `Usage: {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}; for example:
{{.Example}}
{{if .HasAvailableSubCommands}}{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{end}}{{if or .HasAvailableLocalFlags .HasAvailableInheritedFlags}}
{{.Flags.FlagUsagesWrapped 80}}{{end}}`
)

// subcommandArgs refuses what is no sub-command of a command that only has such.
func subcommandArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see --help"
	cmd.SuggestionsMinimumDistance = 2
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		hint = "did you mean " + strings.Join(similar, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %q; %s", args[0], cmd.CommandPath(), hint)
}

// exactArgs wants that many arguments, or says what the usage is.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return fmt.Errorf("%w: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// client returns a client for the environment or for a sandbox of its own, and what
// to call when done. Unless the environment says which scopes to ask for, they are
// those of the operations.
func (a *app) client(operations []string, opts ...client.Option) (c *client.Client, done func(), err error) {
	var scopes []client.Option
	if len(operations) > 0 {
		scopes = append(scopes, client.WithScopes(scopesOf(operations)...))
	}
	if !a.useSandbox {
		c, err := client.New(slices.Concat(scopes, []client.Option{client.FromEnv()}, opts)...)
		return c, func() {}, err
	}
	server, err := sandbox.Start()
	if err != nil {
		return nil, nil, &failure{err}
	}
	c, err = newSandboxClient(server, append(scopes, opts...)...)
	return c, func() { _ = server.Close() }, err
}

func scopesOf(operations []string) []string {
	var scopes []string
	for _, op := range tapkey.Operations() {
		if slices.Contains(operations, op.ID) {
			scopes = append(scopes, op.Scopes...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

func newSandboxClient(server *sandbox.Server, opts ...client.Option) (*client.Client, error) {
	return client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	}, opts...)...)
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
