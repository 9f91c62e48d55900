package main

import (
	"context"
	"fmt"
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

func liveCommand() *cobra.Command {
	var o live.Options
	var out output
	var record string
	var deadline time.Duration
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
			switch {
			case o.Top < 1 || o.Owners < 1 || deadline <= 0:
				return fmt.Errorf("--top, --owners and --deadline must be positive")
			case o.IdentityProvider != "" && o.Owner == "":
				return fmt.Errorf("--identity-provider requires --owner, because an identity provider belongs to one owner account")
			}
			o.Client = []client.Option{client.WithScopes(live.ReadScopes()...), client.FromEnv()}
			o.HTTP = http.DefaultTransport
			if out.onTerminal() {
				o.Progress = cmd.ErrOrStderr()
			}
			recorder, err := recording.NewRecorder()
			if err != nil {
				return conclude(cmd, "live", verdict.NotChecked, "%v", err)
			}
			o.Observe = recorder.Observe
			ctx, cancel := context.WithTimeout(cmd.Context(), deadline)
			defer cancel()
			report, err := live.Run(ctx, o)
			if err == nil && record != "" && report.Checked > 0 {
				err = recorder.Write(record)
			}
			if err != nil {
				return conclude(cmd, "live", verdict.NotChecked, "%v", err)
			}
			return out.print(cmd, "live", report)
		},
	}
	out.flags(cmd)
	cmd.Flags().StringVar(&record, "record", "", "write the responses, without their data, to `DIR`")
	cmd.Flags().StringVar(&o.Owner, "owner", "", "id of the only owner account to read")
	cmd.Flags().StringVar(&o.IdentityProvider, "identity-provider", "", "id of the identity provider to read (default: those of the contacts)")
	cmd.Flags().IntVar(&o.Top, "top", 5, "maximum number of items of a list")
	cmd.Flags().IntVar(&o.Owners, "owners", 10, "maximum number of owner accounts")
	cmd.Flags().DurationVar(&deadline, "deadline", 2*time.Minute, "maximum duration of the run")
	cmd.Flags().BoolVar(&o.Complete, "complete", false, "exit with status 3 unless every read was checked")
	return cmd
}

// onTerminal reports whether progress can be shown.
func (out output) onTerminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !out.json && !out.markdown
}
