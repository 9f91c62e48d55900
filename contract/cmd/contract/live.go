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
		Short: "Does the API that the environment points at answer as the contract says?",
		Long: `Does the API that the environment points at answer as the contract says?

Only GET is sent, one call at a time. The environment is that of the client:
TAPKEY_CLIENT_ID, TAPKEY_CLIENT_SECRET, TAPKEY_BASE_URI, TAPKEY_TOKEN_ENDPOINT and
TAPKEY_SCOPES, which may be left out: all reads need
  ` + strings.Join(live.ReadScopes(), " "),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.Top < 1 || o.Owners < 1 || deadline <= 0:
				return fmt.Errorf("--top, --owners and --deadline have to be positive")
			case o.IdentityProvider != "" && o.Owner == "":
				return fmt.Errorf("--identity-provider needs --owner: it belongs to one owner account")
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
	cmd.Flags().StringVar(&record, "record", "", "write what was answered, without its data, into `DIR`")
	cmd.Flags().StringVar(&o.Owner, "owner", "", "look at this owner account only, by its id")
	cmd.Flags().StringVar(&o.IdentityProvider, "identity-provider", "", "id of an identity provider; without it those of the contacts")
	cmd.Flags().IntVar(&o.Top, "top", 5, "how many items of a list to ask for")
	cmd.Flags().IntVar(&o.Owners, "owners", 10, "how many owner accounts to look at at most")
	cmd.Flags().DurationVar(&deadline, "deadline", 2*time.Minute, "how long all of it may take")
	cmd.Flags().BoolVar(&o.Complete, "complete", false, "exit with 3 unless every read was checked")
	return cmd
}

// onTerminal reports whether somebody watches.
func (out output) onTerminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !out.json && !out.markdown
}
