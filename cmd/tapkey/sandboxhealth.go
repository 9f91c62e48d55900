package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// sandboxHealthCommand returns a command that reports whether a sandbox responds. It is the
// health check of the container image, which has no other program.
func sandboxHealthCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "health URL",
		Short:   "Report whether a sandbox responds at URL",
		Example: "  tapkey sandbox health http://127.0.0.1:8080",
		Hidden:  true,
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkHealth(cmd.Context(), args[0]); err != nil {
				return &failure{err}
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "ok")
			return err
		},
	}
}

func checkHealth(ctx context.Context, origin string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(origin, "/")+"/healthz", nil)
	if err != nil {
		return err
	}
	rsp, err := (&http.Client{Transport: &http.Transport{}}).Do(req) // no proxy
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, 16))
	if err != nil {
		return err
	}
	if rsp.StatusCode != http.StatusOK || string(body) != "ok\n" {
		return fmt.Errorf("response of %s/healthz: status %d, not that of a sandbox", origin, rsp.StatusCode)
	}
	return nil
}
