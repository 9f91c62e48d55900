package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func (a *app) sandbox() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve Tapkey in a process, for tests, until interrupted",
		Long: "Serve Tapkey in a process, for tests, until interrupted.\n\n" +
			"It prints the environment to use, as lines for a shell.",
		Example: "  tapkey sandbox --addr 127.0.0.1:8080",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := sandbox.Start(sandbox.WithAddr(addr))
			if err != nil {
				return &failure{err}
			}
			defer server.Close()
			for _, v := range [][2]string{
				{client.EnvClientID, server.ClientID()},
				{client.EnvClientSecret, server.ClientSecret()},
				{client.EnvBaseURI, strings.TrimSuffix(server.BaseURL(), "/api/v1")},
				{client.EnvTokenEndpoint, server.TokenURL()},
			} {
				fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", v[0], v[1])
			}
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "loopback address; port 0 is any")
	return cmd
}
