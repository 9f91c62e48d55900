package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// An app holds the flags that the commands share.
type app struct {
	useSandbox  bool
	environment string // of Tapkey; "" for that of the environment variables
	tokenDir    string // "" for no token store
	profile     string // "" for that of the environment variables, or the default one
	json        bool
	output      outputFlags
	stderr      io.Writer
}

// newRoot returns the command tapkey with all its subcommands.
func newRoot(stdout, stderr io.Writer) *cobra.Command {
	a := &app{stderr: stderr}
	root := &cobra.Command{
		Use:           "tapkey",
		Short:         "Call the Tapkey API or a sandbox of it",
		Long:          "Call the Tapkey API or a sandbox of it; for credentials see docs/cli.md.",
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
	printUsage := root.UsageFunc()
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		defer hideOutputFlags(cmd)()
		return printUsage(cmd)
	})
	root.PersistentFlags().BoolVar(&a.useSandbox, "sandbox", false, "run against a new sandbox on this machine")
	notEmpty(root.PersistentFlags().Func, "env", "`NAME` of Tapkey's environment: production or sandbox", &a.environment)
	notEmpty(root.PersistentFlags().Func, "profile", "`NAME` of the profile", &a.profile)
	for _, n := range nouns {
		root.AddCommand(a.nounCommand(n))
	}
	root.AddCommand(a.accessCommand(), a.apiCommand(), a.tokenCommand(), a.doctorCommand())
	for _, cmd := range root.Commands() { // those that need a token
		notEmpty(cmd.PersistentFlags().Func, "token-dir", "keep access tokens in files in `DIR`", &a.tokenDir)
	}
	root.AddCommand(a.sandboxCommand(), a.loginCommand(), a.logoutCommand(), a.authCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Hidden = true // --help does the same
	}
	hideHelpFlag(root)
	return root
}

// hideHelpFlag omits --help from the help of cmd and of its subcommands.
func hideHelpFlag(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Hidden = true
	for _, sub := range cmd.Commands() {
		hideHelpFlag(sub)
	}
}

// hideOutputFlags omits the flags of outputFlags from the help of cmd, which has a line
// about them, until show is called.
func hideOutputFlags(cmd *cobra.Command) (show func()) {
	set := func(hidden bool) {
		for _, name := range outputFlagNames {
			if cmd.Flags().Lookup("jq") != nil {
				cmd.Flags().Lookup(name).Hidden = hidden
			}
		}
	}
	set(true)
	return func() { set(false) }
}

// outputUsage is the line of the help about the flags of outputFlags.
const outputUsage = `Output: -o, --output FORMAT (table, tsv, csv, json, jsonl, yaml), --json,
  --jq EXPRESSION, --header[=false], --bom
`

// The help has no headings, so that it fits on one screen.
const (
	helpTemplate  = "{{or .Long .Short}}\n\n{{.UsageString}}"
	usageTemplate = `Usage: {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}; for example:
{{.Example}}
{{if .HasAvailableSubCommands}}{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{end}}{{if eq .CommandPath "tapkey"}}
Flags of all commands: --env NAME, --profile NAME, --sandbox, --help
{{else if eq .CommandPath "tapkey sandbox"}}
{{.LocalFlags.FlagUsagesWrapped 80}}{{else if or .HasAvailableLocalFlags .HasAvailableInheritedFlags}}
{{.Flags.FlagUsagesWrapped 80}}{{end}}{{if .Flags.Lookup "jq"}}` + outputUsage + `{{end}}`
)

// subcommandArgs accepts no arguments. An argument is a misspelled subcommand.
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

// exactArgs accepts n arguments. Its error includes the usage.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return fmt.Errorf("%w: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// version returns the version of the module and, if the command was built in a repository,
// the commit and its date, as recorded by the go command.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	text := cmp.Or(info.Main.Version, "(devel)")
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		text += " (commit " + commit + ", " + settings["vcs.time"] + ")"
	}
	return text
}
