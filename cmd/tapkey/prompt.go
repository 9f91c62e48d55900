package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxLine is the maximum length of a line of input, in bytes.
const maxLine = 64 << 10

// A prompt reads lines from standard input.
type prompt struct {
	in      *os.File // nil if the input is not a file
	stderr  io.Writer
	scanner *bufio.Scanner
}

func newPrompt(in io.Reader, stderr io.Writer) *prompt {
	p := &prompt{stderr: stderr, scanner: bufio.NewScanner(in)}
	p.in, _ = in.(*os.File)
	p.scanner.Buffer(nil, maxLine)
	return p
}

// isTerminal reports whether a person can be asked.
func (p *prompt) isTerminal() bool {
	return p.in != nil && term.IsTerminal(int(p.in.Fd()))
}

// line asks for a line and waits until ctx is done.
func (p *prompt) line(ctx context.Context, question string) (string, error) {
	fmt.Fprint(p.stderr, question)
	return p.wait(ctx, func() (string, error) {
		if p.scanner.Scan() {
			return strings.TrimSpace(p.scanner.Text()), nil
		}
		if err := p.scanner.Err(); err != nil {
			return "", errors.New("standard input has a line that is too long, or cannot be read")
		}
		return "", errors.New("standard input has ended")
	})
}

// secret asks for a secret, which a terminal does not show. An interrupt restores the terminal.
func (p *prompt) secret(ctx context.Context, question string) (string, error) {
	if !p.isTerminal() {
		return p.line(ctx, "")
	}
	fd := int(p.in.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(p.stderr, question)
	defer fmt.Fprintln(p.stderr)
	secret, err := p.wait(ctx, func() (string, error) {
		text, err := term.ReadPassword(fd)
		return strings.TrimSpace(string(text)), err
	})
	if err != nil {
		_ = term.Restore(fd, state)
	}
	return secret, err
}

// wait calls a function that reads. Reading cannot be canceled: after an interrupt it does not
// end.
func (p *prompt) wait(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
