package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

type doctorFlags struct {
	doctor.Options
	header, scenario string
}

func (a *app) doctorCommand() *cobra.Command {
	var flags doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why calls fail",
		Long: "Find out why calls fail. It checks configuration, token, clock, scopes and\n" +
			"permissions in order and reports the first failure. It changes nothing.\n" +
			"It marks with ? what cannot be known, such as the scopes of an opaque token.\n" +
			"Exit status: 0 healthy, 1 failure found, 2 misuse.",
		Example: "  tapkey doctor --owner Home --operation listGrants\n" +
			"  tapkey doctor --sandbox --scenario list",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.diagnose(cmd, flags) },
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.Owner, "owner", "", "`ID` or name of the owner account to check")
	cmd.Flags().StringArrayVar(&flags.Operations, "operation", nil, "`OPERATION` whose scopes to request and check; repeatable")
	cmd.Flags().StringVar(&flags.header, "header", "", "explain this Authorization `HEADER`, offline")
	cmd.Flags().StringVar(&flags.scenario, "scenario", "", "`FAILURE` to simulate with --sandbox, or list")
	cmd.MarkFlagsMutuallyExclusive("header", "scenario")
	cmd.MarkFlagsMutuallyExclusive("header", "owner")
	return cmd
}

func (a *app) diagnose(cmd *cobra.Command, flags doctorFlags) error {
	out := cmd.OutOrStdout()
	if len(flags.Operations) > 0 {
		if _, err := client.ScopesFor(flags.Operations...); err != nil {
			return err
		}
	}
	switch {
	case flags.Owner == "" && cmd.Flags().Changed("owner"):
		return errors.New("--owner is empty")
	case cmd.Flags().Changed("header"):
		return a.report(out, doctor.ExplainHeader(flags.header, a.headerOptions(flags)))
	case flags.scenario == "list":
		for _, s := range scenarios() {
			fmt.Fprintln(out, s.id)
		}
		return nil
	case flags.scenario != "" && !a.useSandbox:
		return errors.New("--scenario requires --sandbox")
	}
	settings, err := a.settingsToDiagnose(flags)
	if err == nil && !a.json {
		printSettings(out, settings)
	}
	c, stop, err := a.clientToDiagnose(cmd.Context(), &flags)
	defer stop()
	switch {
	case errors.Is(err, client.ErrConfig):
		return a.report(out, doctor.Explain(err), settings...)
	case err != nil:
		return err
	case a.json:
		return a.report(out, doctor.Diagnose(cmd.Context(), c, flags.Options).Findings, settings...)
	}
	flags.OnStep = func(s doctor.Step) { printStep(out, s) }
	if d := doctor.Diagnose(cmd.Context(), c, flags.Options); !d.Healthy() {
		return errFound
	}
	return nil
}

// headerOptions returns the options to explain a header with: the token endpoint is the
// configured one.
func (a *app) headerOptions(flags doctorFlags) doctor.HeaderOptions {
	opts := doctor.HeaderOptions{Operations: flags.Operations}
	if a.useSandbox { // its address is a new one
		return opts
	}
	if settings, err := a.settings(); err == nil {
		opts.TokenURL = settings.tokenURL
	}
	return opts
}

// operationsToDiagnose returns the operations whose scopes the client requests: without the
// flags, it requests the default scopes of the library.
func (f *doctorFlags) operationsToDiagnose() []string {
	if len(f.Operations) == 0 && f.Owner != "" {
		return []string{"listOwners"}
	}
	return f.Operations
}

// clientToDiagnose returns the client of the scenario, if there is one, or else the
// configured client. It makes no retries, so that the first failure is seen. The
// function stop, which is never nil, ends the sandbox.
func (a *app) clientToDiagnose(ctx context.Context, flags *doctorFlags) (c *client.Client, stop func(), err error) {
	if flags.scenario == "" {
		return a.newClient(ctx, flags.operationsToDiagnose(), client.WithRetries(0))
	}
	i := slices.IndexFunc(scenarios(), func(s scenario) bool { return string(s.id) == flags.scenario })
	if i < 0 {
		return nil, func() {}, fmt.Errorf("unknown scenario %q; see --scenario list", flags.scenario)
	}
	s := scenarios()[i]
	s.clientOpts = append(s.clientOpts, a.debugOptions()...)
	return s.start(&flags.Options)
}

// settingsToDiagnose returns the settings, and where each comes from. There are none with
// --sandbox.
func (a *app) settingsToDiagnose(flags doctorFlags) ([]setting, error) {
	if a.useSandbox || flags.scenario != "" {
		return nil, nil
	}
	settings, err := a.settings()
	if err != nil {
		return nil, err
	}
	return settings.sources, nil
}

// printSettings prints where the settings come from.
func printSettings(out io.Writer, settings []setting) {
	for _, s := range settings {
		value := ""
		if s.Value != "" {
			value = oneLine(s.Value) + " "
		}
		fmt.Fprintf(out, "- %-15s %s(%s)\n", s.Name, value, oneLine(s.Source))
	}
}

// doctorReport is the JSON of a diagnosis.
type doctorReport struct {
	Findings []doctor.Finding `json:"findings"`
	Settings []setting        `json:"settings,omitempty"`
}

// report prints findings and returns errFound unless the first one is doctor.OK.
func (a *app) report(out io.Writer, findings []doctor.Finding, settings ...setting) error {
	if a.json {
		if err := printJSON(out, doctorReport{findings, settings}); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			printFinding(out, f)
		}
	}
	if findings[0].ID != doctor.OK {
		return errFound
	}
	return nil
}

// errFound ends the command with exit status 1 and prints nothing.
var errFound = &failure{errors.New("")}

// printStep prints the result of one step of a diagnosis.
func printStep(out io.Writer, s doctor.Step) {
	if s.Finding == nil {
		mark := "✓"
		if s.Unknown {
			mark = "?"
		}
		fmt.Fprintf(out, "%s %-15s %s\n", mark, s.Name, oneLine(s.Detail))
		return
	}
	fmt.Fprintf(out, "✗ %-15s %s\n", s.Name, s.Finding.ID)
	printExplanation(out, *s.Finding)
}

// printFinding prints a finding that belongs to no step.
func printFinding(out io.Writer, f doctor.Finding) {
	switch f.Severity {
	case doctor.SeverityInfo:
		fmt.Fprintf(out, "✓ %s\n", f.ID)
	case doctor.SeverityUnknown:
		fmt.Fprintln(out, "? not known")
	default:
		fmt.Fprintf(out, "✗ %s\n", f.ID)
	}
	printExplanation(out, f)
}

func printExplanation(out io.Writer, f doctor.Finding) {
	fmt.Fprintf(out, "    %s\n    %s\n", f.Cause, f.Remedy)
	if f.Evidence != "" {
		fmt.Fprintf(out, "    Seen: %s\n", oneLine(f.Evidence))
	}
}
