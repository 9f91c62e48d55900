package interop

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/creack/pty"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A person signs in with tapkey login: the command runs on a pseudo-terminal and opens the
// browser, in which the person signs in and consents. Later commands use the token. If the
// person declines, the command says so.
func TestLoginOfTheCommand(t *testing.T) {
	browser := newChromium(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	redirect := "http://" + l.Addr().String() + "/authorize/"
	l.Close()
	s, err := sandbox.Start(sandbox.WithRedirectURI(redirect))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := newTapkey(t, s)

	b := newTab(t, browser, s, nil)
	login := c.start("login", "--client-id", s.PublicClient().ID, "--redirect-uri", redirect, "--insecure-storage")
	b.run(chromedp.Navigate(c.opened()))
	b.shows("Sign in")
	b.keys(s.Person().Name + kb.Tab + s.Person().Password + kb.Enter)
	b.shows("Allow access?")
	b.run(chromedp.Click(chromedp.CSS("button[value=allow]")))
	b.shows("You are signed in")
	if screen, status := login.end(); status != 0 || !strings.Contains(screen, "signed in: profile default") {
		t.Fatalf("login: got exit status %d and %q, want 0 and the profile", status, screen)
	}

	tokens := s.TokenRequests()
	for range 3 {
		if screen, status := c.start("owners", "list").end(); status != 0 || !strings.Contains(screen, "Home") {
			t.Fatalf("owners list: got exit status %d and %q, want 0 and Home", status, screen)
		}
	}
	if n := s.TokenRequests() - tokens; n != 0 {
		t.Errorf("got %d token requests of three commands after the login, want 0", n)
	}

	b = newTab(t, browser, s, nil)
	login = c.start("login", "--profile", "other", "--client-id", s.PublicClient().ID, "--redirect-uri", redirect, "--insecure-storage")
	b.run(chromedp.Navigate(c.opened()))
	b.shows("Sign in")
	b.run(chromedp.Click(chromedp.CSS("button[value=cancel]")))
	b.shows("Sign-in declined")
	if screen, status := login.end(); status == 0 || !strings.Contains(screen, "access_denied") {
		t.Errorf("declined: got exit status %d and %q, want another than 0 and access_denied", status, screen)
	}
}

// tapkey is the command with a directory for its configuration. In place of the desktop's
// browser it opens the test.
type tapkey struct {
	*testing.T
	program string
	env     []string
	urls    string // named pipe to which xdg-open writes a URL
}

func newTapkey(t *testing.T, s *sandbox.Server) *tapkey {
	t.Helper()
	dir := t.TempDir()
	c := &tapkey{T: t, program: filepath.Join(dir, "tapkey"), urls: filepath.Join(dir, "urls")}
	if out, err := exec.Command("go", "build", "-C", "..", "-o", c.program, "./cmd/tapkey").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := syscall.Mkfifo(c.urls, 0o600); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nprintf '%s\\n' \"$1\" >'" + c.urls + "'\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(s.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	c.env = []string{
		"HOME=" + dir, "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "PATH=" + dir + ":" + os.Getenv("PATH"), "DISPLAY=:0", "TERM=xterm",
		"TAPKEY_BASE_URI=" + base.Scheme + "://" + base.Host, "TAPKEY_TOKEN_ENDPOINT=" + s.TokenURL(),
	}
	return c
}

// terminalRun is a run of the command on a pseudo-terminal.
type terminalRun struct {
	cmd   *exec.Cmd
	ended chan struct{}

	screen bytes.Buffer // complete when ended is closed
}

func (c *tapkey) start(args ...string) *terminalRun {
	c.Helper()
	r := &terminalRun{cmd: exec.Command(c.program, args...), ended: make(chan struct{})}
	r.cmd.Env = c.env
	terminal, err := pty.Start(r.cmd)
	if err != nil {
		c.Skipf("%s: not run (no pseudo-terminal: %v)", c.Name(), err)
	}
	c.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = terminal.Close()
	})
	go func() {
		defer close(r.ended)
		_, _ = r.screen.ReadFrom(terminal) // ends with the command
	}()
	return r
}

// opened returns the URL that the command opens.
func (c *tapkey) opened() string {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	lines := make(chan string, 1)
	go func() {
		pipe, err := os.Open(c.urls)
		if err != nil {
			close(lines)
			return
		}
		defer pipe.Close()
		line, _ := bufio.NewReader(pipe).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	select {
	case line := <-lines:
		return line
	case <-ctx.Done():
		c.Fatal("the command opens no browser")
		return ""
	}
}

// end waits for the command, and returns the text on the screen and the exit status.
func (r *terminalRun) end() (screen string, status int) {
	<-r.ended
	_ = r.cmd.Wait()
	return r.screen.String(), r.cmd.ProcessState.ExitCode()
}
