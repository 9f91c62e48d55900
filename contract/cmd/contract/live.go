package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/recording"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// liveRun is a run of live.
type liveRun struct {
	live.Options
	record   string // directory; may be empty
	deadline time.Duration
}

func liveCommand() *cobra.Command {
	var l liveRun
	var out output
	cmd := &cobra.Command{
		Use:   "live",
		Short: "Compare the API of the environment with the contract",
		Long: `Compare the API of the environment with the contract.

The command sends only GET requests, one at a time. It uses the environment variables of
the client: TAPKEY_CLIENT_ID, TAPKEY_CLIENT_SECRET, TAPKEY_BASE_URI, TAPKEY_TOKEN_ENDPOINT
and TAPKEY_SCOPES. Without the last, it requests the scopes that all reads require:
  ` + strings.Join(live.ReadScopes(), " "),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(l.check(), out.check()); err != nil {
				return err
			}
			if out.onTerminal() {
				l.Progress = cmd.ErrOrStderr()
			}
			return out.print(cmd, "live", l.run(cmd.Context()))
		},
	}
	out.flags(cmd)
	cmd.Flags().StringVar(&l.record, "record", "", "write the responses, without their data, to `DIR`")
	cmd.Flags().StringVar(&l.Owner, "owner", "", "id of the only owner account to read")
	cmd.Flags().StringVar(&l.IdentityProvider, "identity-provider", "", "id of the identity provider to read (default: those of the contacts)")
	cmd.Flags().IntVar(&l.Top, "top", defaultTop, "maximum number of items of a list")
	cmd.Flags().IntVar(&l.Owners, "owners", defaultOwners, "maximum number of owner accounts")
	cmd.Flags().DurationVar(&l.deadline, "deadline", defaultDeadline, "maximum duration of the run")
	cmd.Flags().BoolVar(&l.Complete, "complete", false, "exit with status 3 unless every read was checked")
	return cmd
}

const (
	defaultTop      = 5
	defaultOwners   = 10
	defaultDeadline = 2 * time.Minute
)

func (l liveRun) check() error {
	switch {
	case l.Top < 1 || l.Owners < 1 || l.deadline <= 0:
		return errors.New("--top, --owners and --deadline must be positive")
	case l.IdentityProvider != "" && l.Owner == "":
		return errors.New("--identity-provider requires --owner, because an identity provider belongs to one owner account")
	}
	return nil
}

func (l liveRun) run(ctx context.Context) live.Report {
	l.Client = []client.Option{client.WithScopes(live.ReadScopes()...), client.FromEnv()}
	l.HTTP = http.DefaultTransport
	recorder, err := recording.NewRecorder()
	if err != nil {
		return notChecked(err)
	}
	l.Observe = recorder.Observe
	ctx, cancel := context.WithTimeout(ctx, l.deadline)
	defer cancel()
	report, err := live.Run(ctx, l.Options)
	if err != nil {
		return notChecked(err)
	}
	if l.record != "" && report.Checked > 0 {
		if err := recorder.Write(l.record); err != nil {
			report.Verdict, report.Reason = verdict.Worst(report.Verdict, verdict.NotChecked), err.Error()
		}
	}
	return report
}

// onTerminal reports whether progress can be shown.
func (out output) onTerminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !out.json && !out.markdown
}
