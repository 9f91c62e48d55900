package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

type sandboxFlags struct {
	addr, caFile              string
	tokenLifetime             time.Duration
	owners, locks, logEntries int
	faults                    []string
	control, nonLoopback      bool
}

func (a *app) sandboxCommand() *cobra.Command {
	var flags sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve Tapkey in a process, for tests, until interrupted",
		Long: "Serve Tapkey in a process, for tests, until interrupted. It prints the\n" +
			"environment to use as lines for a shell, and in the end what it served.",
		Example: "  tapkey sandbox --faults 503,operation=listGrants,count=2",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return serveSandbox(cmd, flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.addr, "addr", "127.0.0.1:0", "address; port 0 is any")
	f.StringVar(&flags.caFile, "tls", "", "serve TLS; write the CA to this file")
	f.DurationVar(&flags.tokenLifetime, "token-lifetime", time.Hour, "life of access tokens")
	f.IntVar(&flags.owners, "owners", 0, "generated owner accounts, not the usual")
	f.IntVar(&flags.locks, "locks", 3, "locks in each of them")
	f.IntVar(&flags.logEntries, "log-entries", 100, "log entries in each of them")
	f.StringArrayVar(&flags.faults, "faults", nil, "a fault, such as 429,operation=listGrants")
	f.BoolVar(&flags.control, "control", false, "allow control over HTTP under /_sandbox/")
	f.BoolVar(&flags.nonLoopback, "allow-non-loopback", false, "let others reach it")
	return cmd
}

// options translates the flags; what is wrong with them is misuse.
func (f sandboxFlags) options() ([]sandbox.Option, error) {
	if f.owners < 0 || f.locks < 0 || f.logEntries < 0 {
		return nil, fmt.Errorf("%d owners with %d locks and %d log entries", f.owners, f.locks, f.logEntries)
	}
	opts := []sandbox.Option{sandbox.WithAddr(f.addr), sandbox.WithTokenLifetime(f.tokenLifetime)}
	if f.owners > 0 {
		opts = append(opts, sandbox.WithGenerated(f.owners, f.locks, f.logEntries))
	}
	for _, text := range f.faults {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			return nil, err
		}
		opts = append(opts, sandbox.WithFaults(fault))
	}
	for _, o := range []struct {
		set    bool
		option func() sandbox.Option
	}{{f.caFile != "", sandbox.WithTLS}, {f.control, sandbox.WithControl}, {f.nonLoopback, sandbox.WithNonLoopback}} {
		if o.set {
			opts = append(opts, o.option())
		}
	}
	return opts, nil
}

func serveSandbox(cmd *cobra.Command, flags sandboxFlags) error {
	opts, err := flags.options()
	if err != nil {
		return err
	}
	server, err := sandbox.Start(opts...)
	if err != nil {
		return &failure{err}
	}
	defer server.Close()
	if flags.caFile != "" {
		if err := os.WriteFile(flags.caFile, server.CertPEM(), 0o600); err != nil {
			return &failure{err}
		}
	}
	for _, v := range [][2]string{
		{client.EnvClientID, server.ClientID()},
		{client.EnvClientSecret, server.ClientSecret()},
		{client.EnvBaseURI, strings.TrimSuffix(server.BaseURL(), "/api/v1")},
		{client.EnvTokenEndpoint, server.TokenURL()},
	} {
		fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", v[0], v[1])
	}
	<-cmd.Context().Done()
	printServed(cmd.ErrOrStderr(), server)
	return nil
}

// printServed tells how often each operation was asked for.
func printServed(w io.Writer, server *sandbox.Server) {
	counts := map[string]int{}
	for _, r := range server.Requests() {
		counts[cmp.Or(r.Operation, "other")]++
	}
	fmt.Fprintf(w, "served %d requests\n", len(server.Requests()))
	for _, operation := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "%7d %s\n", counts[operation], operation)
	}
}
