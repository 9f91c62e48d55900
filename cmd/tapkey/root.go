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
	debug       bool   // write requests and responses to stderr
	json        bool
	output      outputFlags
	stderr      io.Writer
}

// newRoot returns the command tapkey with all its subcommands.
func newRoot(stdout, stderr io.Writer) *cobra.Command {
	a := &app{stderr: stderr}
	root := &cobra.Command{
		Use:               "tapkey",
		Short:             "Call the Tapkey API or a sandbox of it",
		Long:              "Call the Tapkey API or a sandbox of it. See docs/cli.md.",
		Example:           "  tapkey owners list --sandbox",
		Version:           version(),
		Args:              subcommandArgs,
		Run:               func(cmd *cobra.Command, _ []string) { _ = cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return checkTimeZone() },
		SilenceErrors:     true,
		SilenceUsage:      true,
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
		cmd.PersistentFlags().BoolVar(&a.debug, "debug", false, "write requests and responses to standard error, masked")
	}
	root.AddCommand(a.sandboxCommand(), a.loginCommand(), a.logoutCommand(), a.authCommand(), completionCommand())
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(helpCommand())
	a.addCompletions(root)
	hideHelpFlag(root)
	return root
}

// helpCommand returns the command help, which is hidden because --help does the same.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]...",
		Short:  "Show the help of a command",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return subcommandArgs(about, rest)
			}
			return about.Help()
		},
	}
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
			if hasOutputFlags(cmd) {
				cmd.Flags().Lookup(name).Hidden = hidden
			}
		}
	}
	set(true)
	return func() { set(false) }
}

// hasOutputFlags reports whether cmd has the flags of outputFlags.
func hasOutputFlags(cmd *cobra.Command) bool {
	return cmd.Flags().Lookup("header") != nil && cmd.Flags().Lookup("jq") != nil
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
{{end}}{{if eq .CommandPath "tapkey"}}Flags of all commands: --env NAME, --profile NAME, --sandbox, --help
{{else}}
{{if .HasAvailableLocalFlags}}{{.LocalFlags.FlagUsagesWrapped 80}}{{end}}` +
		`{{if and (.Flags.Lookup "jq") (.Flags.Lookup "header")}}` + outputUsage + `{{end}}` +
		`{{if ne .CommandPath "tapkey sandbox"}}Account: --env NAME, --profile NAME, --sandbox` +
		`{{if .InheritedFlags.Lookup "token-dir"}}, --token-dir DIR, --debug{{end}}
{{end}}{{end}}`
)

// subcommandArgs accepts no arguments. An argument is a misspelled subcommand.
func subcommandArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see --help"
	cmd.SuggestionsMinimumDistance = 2
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		hint = "did you mean " + choice(similar) + "?"
	}
	return fmt.Errorf("unknown command %q for %q; %s", args[0], cmd.CommandPath(), hint)
}

// unknownSubcommand returns the argument that is not a subcommand of cmd, or "". The flags
// of a misspelled subcommand are unknown, too, but the name is the mistake.
func unknownSubcommand(cmd *cobra.Command, args []string) string {
	if !cmd.HasSubCommands() {
		return ""
	}
	found, rest, err := cmd.Root().Find(args)
	if err != nil || found != cmd {
		return ""
	}
	for i, arg := range rest {
		if !strings.HasPrefix(arg, "-") && (i == 0 || !takesValue(cmd, rest[i-1])) {
			return arg
		}
	}
	return ""
}

// takesValue reports whether an argument is a flag whose value is the next argument. An
// unknown flag is taken for one.
func takesValue(cmd *cobra.Command, arg string) bool {
	if !strings.HasPrefix(arg, "-") || strings.Contains(arg, "=") {
		return false
	}
	f := cmd.Flag(strings.TrimLeft(arg, "-"))
	return f == nil || f.NoOptDefVal == ""
}

// noArgs accepts no arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q; usage: %s", args[0], cmd.UseLine())
	}
	return nil
}

// exactArgs accepts n arguments. Its error includes the usage.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return fmt.Errorf("missing argument; usage: %s", cmd.UseLine())
		case len(args) > n:
			return fmt.Errorf("unexpected argument %q; usage: %s", args[n], cmd.UseLine())
		}
		return nil
	}
}

// minimumArgs accepts one argument or more.
func minimumArgs(cmd *cobra.Command, args []string) error {
	return exactArgs(1)(cmd, args[:min(1, len(args))])
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
