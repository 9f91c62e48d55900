package main

import (
	"errors"
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
	faults, redirectURIs      []string
	control, nonLoopback      bool
}

func (a *app) sandboxCommand() *cobra.Command {
	var flags sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a sandbox of the Tapkey API until interrupted",
		Long: "Serve a sandbox of the Tapkey API until interrupted. It prints the environment\n" +
			"of a client, how to sign in and, at the end, the number of requests served.",
		Example: "  tapkey sandbox --faults 503,operation=listGrants,count=2",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.complete(cmd.Flags().Changed); err != nil {
				return err
			}
			return serveSandbox(cmd, flags)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.addr, "addr", "127.0.0.1:0", "`ADDRESS` to listen on; port 0 means any free port")
	f.StringVar(&flags.caFile, "tls", "", "serve TLS and write the CA certificate to `FILE`")
	f.DurationVar(&flags.tokenLifetime, "token-lifetime", time.Hour, "`LIFETIME` of access tokens")
	f.IntVar(&flags.owners, "owners", 0, "`NUMBER` of owner accounts to generate instead of the default data; 1 if --locks or --log-entries is set")
	f.IntVar(&flags.locks, "locks", 3, "`NUMBER` of locks per generated owner account")
	f.IntVar(&flags.logEntries, "log-entries", 100, "`NUMBER` of log entries per generated owner account")
	f.StringArrayVar(&flags.faults, "faults", nil, "`FAULT` to inject, such as 429,operation=listGrants; repeatable")
	f.StringArrayVar(&flags.redirectURIs, "redirect-uri", nil, "register a redirect `URI`; repeatable")
	f.BoolVar(&flags.control, "control", false, "serve the control endpoints under /_sandbox/")
	f.BoolVar(&flags.nonLoopback, "allow-non-loopback", false, "allow an address other than loopback")
	cmd.AddCommand(sandboxHealthCommand())
	return cmd
}

// complete sets the flags that follow from others. It returns an error for flags that
// would have no effect. The function set reports whether a flag is given.
func (f *sandboxFlags) complete(set func(name string) bool) error {
	if f.owners < 0 || f.locks < 0 || f.logEntries < 0 {
		return fmt.Errorf("negative number: --owners %d, --locks %d, --log-entries %d", f.owners, f.locks, f.logEntries)
	}
	generated := set("locks") || set("log-entries")
	if generated && !set("owners") {
		f.owners = 1
	}
	switch {
	case f.tokenLifetime < time.Second:
		return fmt.Errorf("--token-lifetime %v is less than 1s", f.tokenLifetime)
	case generated && f.owners == 0:
		return errors.New("--locks and --log-entries have no effect with --owners 0")
	case set("log-entries") && f.logEntries > 0 && f.locks == 0:
		return fmt.Errorf("--log-entries %d has no effect with --locks 0", f.logEntries)
	case set("tls") && f.caFile == "":
		return errors.New("the file name of --tls is empty")
	}
	return nil
}

// options returns the options that the flags set.
func (f sandboxFlags) options() ([]sandbox.Option, error) {
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
	for _, uri := range f.redirectURIs {
		opts = append(opts, sandbox.WithRedirectURI(uri))
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
		{envAuthorizationEndpoint, server.AuthorizeURL()},
	} {
		fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", v[0], v[1])
	}
	printSignIn(cmd.OutOrStdout(), server)
	<-cmd.Context().Done()
	printServed(cmd.ErrOrStderr(), server)
	return nil
}

// printSignIn prints what a person needs to sign in, as comments of a shell.
func printSignIn(w io.Writer, server *sandbox.Server) {
	person, public, web := server.Person(), server.PublicClient(), server.WebClient()
	fmt.Fprintf(w, "# To sign in: %s, password %s\n", person.Name, person.Password)
	fmt.Fprintf(w, "# Public client: %s\n", public.ID)
	fmt.Fprintf(w, "# Confidential client: %s, secret %s\n", web.ID, web.Secret)
	fmt.Fprintf(w, "# Redirect URIs of both: %s\n", strings.Join(public.RedirectURIs, " "))
}

// printServed prints the number of requests for each operation.
func printServed(w io.Writer, server *sandbox.Server) {
	counts, total := server.Counts(), 0
	for _, n := range counts {
		total += n
	}
	fmt.Fprintf(w, "served %d requests\n", total)
	for _, operation := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "%7d %s\n", counts[operation], operation)
	}
}
