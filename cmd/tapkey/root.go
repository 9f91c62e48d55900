package main

import (
	"errors"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// app is what the commands share.
type app struct {
	useSandbox bool
	json       bool
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "tapkey",
		Short: "Call Tapkey's API, or a sandbox of it",
		Long: "Call Tapkey's API, or a sandbox of it.\n" +
			"Environment: " + client.EnvClientID + ", " + client.EnvClientSecret + ";\noptional: " +
			strings.Join([]string{client.EnvBaseURI, client.EnvTokenEndpoint, client.EnvScopes}, ", ") +
			".\nExit status: 0 success, 1 a call failed, 2 misuse.",
		Example:       "  tapkey owners list --sandbox",
		Version:       version(),
		Args:          subcommandArgs,
		Run:           func(cmd *cobra.Command, _ []string) { _ = cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.PersistentFlags().BoolVar(&a.useSandbox, "sandbox", false, "run against a sandbox of its own")
	root.AddCommand(a.owners(), a.doctor(), a.sandbox())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Hidden = true // --help says it already
	}
	return root
}

// subcommandArgs refuses what is no sub-command of a command that only has such.
func subcommandArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return errors.New("unknown command \"" + args[0] + "\" for \"" + cmd.CommandPath() + "\"; see --help")
	}
	return nil
}

// client returns a client for the environment or for a sandbox of its own, and what
// to call when done.
func (a *app) client(opts ...client.Option) (c *client.Client, done func(), err error) {
	if !a.useSandbox {
		c, err := client.New(append([]client.Option{client.FromEnv()}, opts...)...)
		return c, func() {}, err
	}
	server, err := sandbox.Start()
	if err != nil {
		return nil, nil, &failure{err}
	}
	c, err = newSandboxClient(server, opts...)
	return c, func() { _ = server.Close() }, err
}

func newSandboxClient(server *sandbox.Server, opts ...client.Option) (*client.Client, error) {
	return client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	}, opts...)...)
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
