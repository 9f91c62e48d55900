package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
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
			"Exit status: 0 healthy, 1 failure found, 2 misuse.",
		Example: "  tapkey doctor --operation listOwners --operation listPermissions\n" +
			"  tapkey doctor --sandbox --scenario list",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.diagnose(cmd, flags) },
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&flags.Owner, "owner", "", "`ID` of the owner account to check")
	cmd.Flags().StringArrayVar(&flags.Operations, "operation", nil, "`OPERATION` whose scopes to check; repeatable")
	cmd.Flags().StringVar(&flags.header, "header", "", "explain this Authorization `HEADER`, offline")
	cmd.Flags().StringVar(&flags.scenario, "scenario", "", "`FAILURE` to simulate with --sandbox, or list")
	cmd.MarkFlagsMutuallyExclusive("header", "scenario")
	cmd.MarkFlagsMutuallyExclusive("header", "owner")
	cmd.MarkFlagsMutuallyExclusive("header", "operation")
	return cmd
}

func (a *app) diagnose(cmd *cobra.Command, flags doctorFlags) error {
	out := cmd.OutOrStdout()
	for _, id := range flags.Operations {
		if !slices.ContainsFunc(tapkey.Operations(), func(op api.Operation) bool { return op.ID == id }) {
			return fmt.Errorf("unknown operation %q", id)
		}
	}
	switch {
	case cmd.Flags().Changed("header"):
		return a.report(out, doctor.ExplainHeader(flags.header))
	case flags.scenario == "list":
		for _, s := range scenarios() {
			fmt.Fprintln(out, s.id)
		}
		return nil
	case flags.scenario != "" && !a.useSandbox:
		return errors.New("--scenario requires --sandbox")
	}
	c, stop, err := a.clientToDiagnose(cmd.Context(), &flags)
	defer stop()
	switch {
	case errors.Is(err, client.ErrConfig):
		return a.report(out, doctor.Explain(err))
	case err != nil:
		return err
	case a.json:
		return a.report(out, doctor.Diagnose(cmd.Context(), c, flags.Options).Findings)
	}
	flags.OnStep = func(s doctor.Step) { printStep(out, s) }
	if d := doctor.Diagnose(cmd.Context(), c, flags.Options); !d.Healthy() {
		return errFound
	}
	return nil
}

// clientToDiagnose returns the client of the scenario, if there is one, or else the
// configured client. It makes no retries, so that the first failure is seen. The
// function stop, which is never nil, ends the sandbox.
func (a *app) clientToDiagnose(ctx context.Context, flags *doctorFlags) (c *client.Client, stop func(), err error) {
	if flags.scenario == "" {
		return a.newClient(nil, client.WithRetries(0))
	}
	i := slices.IndexFunc(scenarios(), func(s scenario) bool { return string(s.id) == flags.scenario })
	if i < 0 {
		return nil, func() {}, fmt.Errorf("unknown scenario %q; see --scenario list", flags.scenario)
	}
	return scenarios()[i].start(ctx, &flags.Options)
}

// report prints findings and returns errFound unless the first one is doctor.OK.
func (a *app) report(out io.Writer, findings []doctor.Finding) error {
	if a.json {
		if err := printJSON(out, doctor.Diagnosis{Findings: findings}); err != nil {
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
		fmt.Fprintf(out, "✓ %-15s %s\n", s.Name, oneLine(s.Detail))
		return
	}
	fmt.Fprintf(out, "✗ %-15s %s\n", s.Name, s.Finding.ID)
	printExplanation(out, *s.Finding)
}

// printFinding prints a finding that belongs to no step.
func printFinding(out io.Writer, f doctor.Finding) {
	mark := "✗"
	if f.ID == doctor.OK {
		mark = "✓"
	}
	fmt.Fprintf(out, "%s %s\n", mark, f.ID)
	printExplanation(out, f)
}

func printExplanation(out io.Writer, f doctor.Finding) {
	fmt.Fprintf(out, "    %s\n    %s\n", f.Cause, f.Remedy)
	if f.Evidence != "" {
		fmt.Fprintf(out, "    Seen: %s\n", oneLine(f.Evidence))
	}
}
