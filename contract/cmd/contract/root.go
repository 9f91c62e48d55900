package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// outcome is the verdict of a check as an error. Any other error of cobra is misuse.
type outcome verdict.Verdict

func (o outcome) Error() string { return verdict.Verdict(o).String() }

// run runs a command line and returns its exit status. A check that panics could not be
// made; the exit status of the runtime, 2, would mean misuse.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "contract: %v\n%s", p, debug.Stack())
			status = int(verdict.NotChecked)
		}
	}()
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var o outcome
	switch {
	case err == nil:
		return int(verdict.Agrees)
	case errors.As(err, &o):
		return int(o)
	}
	fmt.Fprintf(stderr, "contract: %v\nTry contract --help.\n", err)
	return int(verdict.Misuse)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "contract",
		Short: "Check the contract of the Tapkey client",
		Long: `Check the contract of the Tapkey client.

Exit status: 0 agrees, 1 disagrees, 2 misuse, 3 could not be checked.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("no check given")
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().String("root", "", "source tree to check (default: the one that contains the working directory)")
	root.AddCommand(
		checkCommand(), lintCommand(), driftCommand(), operationsCommand(), breakingCommand(), releaseCommand(),
		liveCommand(), replayCommand(), actionCommand(), exchangesCommand(), selftestCommand(),
	)
	return root
}

// conclude prints the last line of a check and returns the verdict as an error.
func conclude(cmd *cobra.Command, name string, v verdict.Verdict, format string, args ...any) error {
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %s: %s\n", name, v, fmt.Sprintf(format, args...))
	if v == verdict.Agrees {
		return nil
	}
	return outcome(v)
}

// findRoot returns the source tree: the directory with openapi.yaml and generate.go.
func findRoot(cmd *cobra.Command) (string, error) {
	dir, err := cmd.Flags().GetString("root")
	if err != nil {
		return "", err
	}
	if dir != "" {
		return dir, isRoot(dir)
	}
	if dir, err = os.Getwd(); err != nil {
		return "", err
	}
	for isRoot(dir) != nil {
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is not in a source tree: use --root")
		}
		dir = parent
	}
	return dir, nil
}

func isRoot(dir string) error {
	for _, name := range []string{"openapi.yaml", "generate.go"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
