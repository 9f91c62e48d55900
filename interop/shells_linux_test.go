package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Shells complete the names of entities when the Tab key is pressed, and quote them so that the
// command receives the name.
func TestCompletionInShells(t *testing.T) {
	for _, shell := range []struct {
		name, load string
		args       []string
	}{
		{"bash", ". /usr/share/bash-completion/bash_completion; . <(tapkey completion bash)", []string{"--noprofile", "--norc", "-i"}},
		{"zsh", "autoload -U compinit; compinit -u; . <(tapkey completion zsh)", []string{"-f", "-i"}},
		{"fish", "tapkey completion fish | source", []string{"--no-config", "-i"}},
	} {
		t.Run(shell.name, func(t *testing.T) {
			path := program(t, shell.name)
			if shell.name == "bash" {
				fileOf(t, "bash-completion", "/usr/share/bash-completion/bash_completion")
			}
			server, err := sandbox.Start(sandbox.WithOwner(sandbox.Owner{
				Name: "Home", Locks: []string{"Front Door", "Garage $HOME", "Under`stairs' \"x\""}, Contacts: []string{"sam@example.com"},
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			c := newTapkey(t, server)
			c.env = append(c.env, "TAPKEY_CLIENT_ID="+server.ClientID(), "TAPKEY_CLIENT_SECRET="+server.ClientSecret())
			s := startShell(c, path, shell.args...)
			s.run(shell.load)
			for typed, want := range map[string]string{"Fr": "Front Door", "Gar": "Garage $HOME", "Un": "Under`stairs' \"x\""} {
				out := filepath.Join(t.TempDir(), "lock.json")
				s.run("tapkey locks get --owner Home " + typed + "\t --json >" + out)
				var lock struct{ Title string }
				text, err := os.ReadFile(out)
				if err == nil {
					err = json.Unmarshal(text, &lock)
				}
				if err != nil || lock.Title != want {
					t.Errorf("%s and Tab: got %q (%v), want the lock %q; the screen:\n%s", typed, text, err, want, s.screen())
				}
			}
		})
	}
}

// shell is a shell on a pseudo-terminal.
type shell struct {
	*testing.T
	terminal *os.File
	marker   string // file that exists after a command

	mu     sync.Mutex
	output bytes.Buffer
}

func startShell(c *tapkey, path string, args ...string) *shell {
	c.Helper()
	s := &shell{T: c.T, marker: filepath.Join(c.TempDir(), "ran")}
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Dir = c.env, c.TempDir()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		c.Skipf("%s: not run (no pseudo-terminal: %v)", c.Name(), err)
	}
	s.terminal = terminal
	ended := make(chan struct{})
	c.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = terminal.Close()
		<-ended
		_ = cmd.Wait()
	})
	go func() {
		defer close(ended)
		buffer := make([]byte, 4096)
		for {
			n, err := terminal.Read(buffer)
			s.mu.Lock()
			s.output.Write(buffer[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

// run types a line and waits until the shell has run it.
func (s *shell) run(line string) {
	s.Helper()
	if _, err := s.terminal.WriteString(line + "; touch " + s.marker + "\r"); err != nil {
		s.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		if err := os.Remove(s.marker); err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("%s: not done after a minute; the screen:\n%s", line, s.screen())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *shell) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.String()
}
