package interop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// installed holds the result of looking for each package.
var installed sync.Map // name to func() (path string, reason string)

// program returns the path of a program of a Debian package of the same name. It installs
// the package if it can, and otherwise skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	return fileOf(t, name, name)
}

// fileOf returns the path of a program or of another file of a Debian package, like program.
func fileOf(t *testing.T, name, file string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s: not run (-short)", name)
	}
	find, _ := installed.LoadOrStore(name, sync.OnceValues(func() (string, string) { return install(name, file) }))
	path, reason := find.(func() (string, string))()
	if path == "" {
		t.Skipf("%s: not run (%s)", name, reason)
	}
	return path
}

func install(name, file string) (path, reason string) {
	if path := look(file); path != "" {
		return path, ""
	}
	apt, err := exec.LookPath("apt-get")
	switch {
	case err != nil:
		return "", "not installed, and there is no apt-get"
	case os.Geteuid() != 0:
		return "", "not installed, and apt-get needs root"
	}
	cmd := exec.Command(apt, "install", "-y", "--no-install-recommends", name)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // starts no service
	if out, err := cmd.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Sprintf("apt-get install %s: %v: %s", name, err, lines[len(lines)-1])
	}
	if path = look(file); path == "" {
		return "", "not in the package"
	}
	return path, ""
}

// look returns the path of a program, or a path that exists. Servers are in a directory that is
// not in PATH of all users.
func look(name string) string {
	if filepath.IsAbs(name) {
		if _, err := os.Stat(name); err != nil {
			return ""
		}
		return name
	}
	for _, name := range []string{name, filepath.Join("/usr/sbin", name)} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// run starts a program that serves ports on loopback until the test ends, and waits until
// all of them accept connections.
func run(t *testing.T, ports []int, path string, args ...string) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, port := range ports {
		for {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address(port))
			if err == nil {
				_ = conn.Close()
				break
			}
			select {
			case err := <-ended:
				t.Fatalf("%s: %v: %s", path, err, output.String())
			case <-ctx.Done():
				stop()
				t.Fatalf("%s: port %d does not accept connections: %s", path, port, output.String())
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	t.Cleanup(stop)
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// freePorts returns ports on loopback that are free at this moment.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// write writes a file to a directory and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
