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

// confirm asks a question on the terminal and returns nil if the answer is yes.
func confirm(cmd *cobra.Command, question string) error {
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || !isTerminal(cmd.ErrOrStderr()) {
		return errors.New("this asks before it acts, and there is no terminal to ask on: say --yes")
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", oneLine(question))
	answer := make(chan string, 1)
	go func() { // which an interruption leaves behind: nothing ends a read from a terminal
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-cmd.Context().Done():
		fmt.Fprintln(cmd.ErrOrStderr())
		return cmd.Context().Err()
	case line := <-answer:
		if line == "y" || line == "yes" {
			return nil
		}
		return &failure{errors.New("nothing was done")}
	}
}
