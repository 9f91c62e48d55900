package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/access"
)

func (a *app) accessCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "access",
		Short:   "Make grants match a list of who may open what",
		Example: "  tapkey access plan --owner Home -f bookings.csv --state bookings.state",
		Args:    subcommandArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.accessPlanCommand(), a.accessApplyCommand())
	return cmd
}

// accessFlags are the flags of the commands that plan.
type accessFlags struct {
	owner       *ownerFlag
	file, state string
	zone        func() (*time.Location, error)
	locks       []string
	exclusive   bool
}

func newAccessFlags(cmd *cobra.Command) *accessFlags {
	f := &accessFlags{owner: newOwnerFlag(cmd), zone: zoneFlag(cmd, "`ZONE` of times without one, such as Europe/Vienna (default: the local one)")}
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "`FILE` with the wants; - is standard input")
	mustBeSet(cmd, "file")
	notEmpty(cmd.Flags().Func, "state", "`FILE` that records which grants are managed", &f.state)
	cmd.Flags().StringArrayVar(&f.locks, "lock", nil, "consider only this `LOCK` (can be repeated)")
	cmd.Flags().BoolVar(&f.exclusive, "exclusive", false, "manage all grants of the locks")
	cmd.MarkFlagsOneRequired("state", "exclusive")
	cmd.MarkFlagsMutuallyExclusive("state", "exclusive")
	return f
}

func (a *app) accessPlanCommand() *cobra.Command {
	var flags *accessFlags
	detailed := false
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show which grants have to be created, changed and revoked",
		Long: "Show which grants have to be created, changed and revoked so that they match\n" +
			"the wants in a file. docs/cli.md describes the file.",
		Example: "  tapkey access plan --owner Home -f bookings.csv --state bookings.state",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			planned, stop, err := a.plan(cmd, flags, "listBoundLocks", "listContacts", "listBoundCards", "listGrants")
			if err != nil {
				return err
			}
			defer stop()
			if a.json {
				err = printJSON(cmd.OutOrStdout(), planned.changes)
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), planned.changes.String())
			}
			if err == nil && detailed && (!planned.changes.Empty() || len(planned.changes.Conflicts()) > 0) {
				return errChanges
			}
			return asFailure(err)
		},
	}
	flags = newAccessFlags(cmd)
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with status 3 if there are changes or conflicts")
	return cmd
}

func (a *app) accessApplyCommand() *cobra.Command {
	var flags *accessFlags
	var opts access.Options
	yes, rate := false, 0.0
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Create, change and revoke grants as planned",
		Long: "Create, change and revoke grants so that they match the wants in a file. After\n" +
			"an error or an interrupt, run the command again. docs/cli.md describes the file.",
		Example: "  tapkey access apply --owner Home -f bookings.csv --state bookings.state --yes",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(rate > 0) {
				return fmt.Errorf("--rate %v is not positive", rate)
			}
			if opts.Concurrency < 1 {
				return fmt.Errorf("--concurrency %d is less than 1", opts.Concurrency)
			}
			opts.Limiter = access.PerSecond(rate)
			return a.apply(cmd, flags, opts, yes)
		},
	}
	flags = newAccessFlags(cmd)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&opts.Force, "force", false, "allow any number of revocations")
	cmd.Flags().BoolVar(&opts.KeepGoing, "keep-going", false, "go on after a change that fails")
	cmd.Flags().Float64Var(&rate, "rate", 10, "maximum `NUMBER` of calls per second")
	cmd.Flags().IntVar(&opts.Concurrency, "concurrency", 4, "maximum `NUMBER` of changes in flight")
	return cmd
}

// A planned is a plan and what is needed to apply it.
type planned struct {
	*call
	changes *access.ChangeSet
	state   access.State // nil for an exclusive scope
}

// plan reads the wants and plans. The caller must call stop in the end. The errors of the file
// and those of the plan are printed together.
func (a *app) plan(cmd *cobra.Command, flags *accessFlags, operations ...string) (p planned, stop func(), err error) {
	wants, lines, invalid, err := readWantsFile(cmd.InOrStdin(), flags)
	if err != nil {
		return planned{}, nil, err
	}
	p, stop, err = a.planWants(cmd.Context(), flags, wants, operations)
	for _, e := range wantErrors(err) {
		invalid = append(invalid, lineError{lines[e.Index], e.Err})
	}
	if len(invalid) > 0 {
		if err == nil {
			stop()
		}
		return planned{}, nil, printLineErrors(cmd.ErrOrStderr(), flags.file, invalid)
	}
	return p, stop, err
}

// planWants plans.
func (a *app) planWants(ctx context.Context, flags *accessFlags, wants []access.Want, operations []string) (p planned, stop func(), err error) {
	c, scope, closeState := &call{}, access.Scope{Locks: flags.locks, Exclusive: flags.exclusive}, func() {}
	if flags.state != "" {
		state, err := access.OpenState(flags.state)
		if err != nil {
			return planned{}, nil, err
		}
		scope.State, closeState = state, func() { _ = state.Close() }
	}
	disconnect, err := a.connect(ctx, c, flags.owner, operations)
	if err != nil {
		closeState()
		return planned{}, nil, err
	}
	stop = func() {
		disconnect()
		closeState()
	}
	changes, err := access.Plan(ctx, c.Client, c.ownerID, wants, scope)
	if err != nil {
		stop()
		return planned{}, nil, asFailure(err)
	}
	return planned{c, changes, scope.State}, stop, nil
}

// apply plans, asks for confirmation and applies the plan.
func (a *app) apply(cmd *cobra.Command, flags *accessFlags, opts access.Options, yes bool) error {
	p, stop, err := a.plan(cmd, flags, "listBoundLocks", "listContacts", "listBoundCards", "listGrants",
		"createContact", "createGrant", "updateGrant", "revokeGrant")
	if err != nil {
		return err
	}
	defer stop()
	if _, err := io.WriteString(cmd.OutOrStdout(), p.changes.String()); err != nil {
		return asFailure(err)
	}
	if !p.changes.Empty() && !yes {
		if err := confirm(cmd, "Apply this plan?"); err != nil {
			return err
		}
	}
	opts.State = p.state
	report := newChangeReport(cmd.ErrOrStderr())
	opts.Progress = report.add
	err = p.changes.Apply(cmd.Context(), p.Client, opts)
	if err := report.result(cmd.OutOrStdout(), err); err != nil {
		return err
	}
	if conflicts := len(p.changes.Conflicts()); conflicts > 0 {
		return &failure{fmt.Errorf("%d conflicts were left as they are", conflicts)}
	}
	return nil
}

// errChanges is the result of a plan with changes, for --detailed-exitcode. It has no message.
var errChanges = errors.New("")

// A changeReport shows the progress of changes and their errors.
type changeReport struct {
	w             io.Writer
	visible       bool // progress is shown
	last          time.Time
	total, failed int
	done          int
}

func newChangeReport(w io.Writer) *changeReport {
	return &changeReport{w: w, visible: isTerminal(w)}
}

// add shows that a change has ended.
func (r *changeReport) add(p access.Progress) {
	r.total, r.done = p.Total, r.done+1
	if p.Err != nil {
		r.done--
		r.failed++
		r.clear()
		fmt.Fprintln(r.w, "tapkey:", oneLine(p.Err.Error()+serverMessage(p.Err)))
	}
	if r.visible && (time.Since(r.last) >= progressInterval || p.Done == p.Total) {
		r.last = time.Now()
		fmt.Fprintf(r.w, "\r%-40s", fmt.Sprintf("%d of %d changes", p.Done, p.Total))
	}
}

// clear removes the line with the progress.
func (r *changeReport) clear() {
	if r.visible && !r.last.IsZero() {
		fmt.Fprintf(r.w, "\r%-40s\r", "")
	}
}

// result prints the number of changes, and returns the error of a run without the errors that
// have been shown.
func (r *changeReport) result(w io.Writer, err error) error {
	r.clear()
	if r.total > 0 {
		fmt.Fprintf(w, "%d of %d changes were made.\n", r.done, r.total)
	}
	limit, limited := errors.AsType[*access.RevocationLimitError](err)
	switch {
	case err == nil:
		return nil
	case limited:
		return &failure{fmt.Errorf("%w: check the input, or use --force", limit)}
	case r.failed > 0 && !errors.Is(err, context.Canceled):
		return &failure{quietError{fmt.Sprintf("%d changes failed; to continue, run the command again", r.failed), err}}
	}
	return asFailure(err)
}

// A quietError has a short text for an error whose text has been printed.
type quietError struct {
	text string
	err  error
}

func (e quietError) Error() string { return e.text }
func (e quietError) Unwrap() error { return e.err }
