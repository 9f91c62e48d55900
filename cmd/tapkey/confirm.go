package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// canConfirm returns an error if there is no terminal for a question.
func canConfirm(cmd *cobra.Command) error {
	if in, ok := cmd.InOrStdin().(*os.File); !ok || !term.IsTerminal(int(in.Fd())) {
		return errors.New("confirmation required, but standard input is not a terminal: use --yes")
	}
	if !isTerminal(cmd.ErrOrStderr()) {
		return errors.New("confirmation required, but standard error is not a terminal: use --yes")
	}
	return nil
}

// confirm asks the user a question on the terminal and returns nil if the reply is yes.
func confirm(cmd *cobra.Command, question string) error {
	if err := canConfirm(cmd); err != nil {
		return err
	}
	in := cmd.InOrStdin()
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", oneLine(question))
	reply := make(chan string, 1)
	go func() { // reading from a terminal cannot be canceled: after an interrupt this does not end
		line, _ := bufio.NewReader(in).ReadString('\n')
		reply <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-cmd.Context().Done():
		fmt.Fprintln(cmd.ErrOrStderr())
		return cmd.Context().Err()
	case line := <-reply:
		if line == "y" || line == "yes" {
			return nil
		}
		return &failure{errors.New("not confirmed: nothing was changed")}
	}
}
