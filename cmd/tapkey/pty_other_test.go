//go:build !linux

package main

import (
	"os/exec"
	"testing"
)

func onTerminal(t *testing.T, _ *exec.Cmd, _ func(string)) (string, int) {
	t.Helper()
	t.Skip("terminal: not run (Linux only)")
	return "", 0
}
