package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// openTimeout is how long the program that opens the browser may take to fail.
const openTimeout = 3 * time.Second

// openBrowser opens a URL in the browser of the desktop.
func openBrowser(ctx context.Context, address string) error {
	name, args, err := browserCommand(runtime.GOOS, os.Getenv, address)
	if err != nil {
		return err
	}
	// The browser may be a child of the command. It must not end with ctx.
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // one of the commands below, without ctx
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(openTimeout)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	case <-timer.C: // the browser runs
	case <-ctx.Done():
	}
	return nil
}

// browserCommand returns the command that opens a URL. No shell interprets it.
func browserCommand(goos string, getenv func(string) string, address string) (name string, args []string, err error) {
	switch goos {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", address}, nil
	case "darwin":
		return "open", []string{address}, nil
	}
	if getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" && getenv("BROWSER") == "" {
		return "", nil, errors.New("this machine has no display")
	}
	return "xdg-open", []string{address}, nil
}
