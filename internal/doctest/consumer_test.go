package doctest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// consumer creates a module outside the repository with the program in the README. The
// function it returns runs the go command there and returns its standard output.
func consumer(t *testing.T) (run func(env []string, args ...string) string) {
	t.Helper()
	if testing.Short() {
		t.Skip("consumer module: not run (-short)")
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run = func(env []string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off"), env...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
		}
		return string(out)
	}
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write("go.sum", sums)
	write("main.go", readmeProgram(t))
	run(nil, "mod", "init", "example.com/consumer")
	for _, command := range readDocument(t, "README.md").shell() {
		if args, found := strings.CutPrefix(command, "go mod "); found {
			run(nil, append([]string{"mod"}, strings.Fields(strings.ReplaceAll(args, "../tapkey-go", root))...)...)
		}
	}
	return run
}

// readmeProgram returns the program in the README.
func readmeProgram(t *testing.T) []byte {
	t.Helper()
	for _, block := range readDocument(t, "README.md").blocks {
		if block.language == "go" {
			return []byte(block.text)
		}
	}
	t.Fatal("README.md: found no block of Go, want the program")
	return nil
}

func TestTheReadmesProgramListsTheOwners(t *testing.T) {
	atRoot(t)
	run := consumer(t)
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	out := run(environment(server), "run", ".")
	if !strings.Contains(out, "Home\n") {
		t.Errorf("the README's program printed %q, want a line with the owner Home", out)
	}
	if lists, tokens := server.Count("listOwners"), server.TokenRequests(); lists != 1 || tokens != 1 {
		t.Errorf("the README's program sent %d list requests and %d token requests, want 1 and 1", lists, tokens)
	}
}

// The README's program plus one call of another operation fails with the line that cures it.
func TestTheReadmesProgramWithAnotherCall(t *testing.T) {
	atRoot(t)
	const options = "client.New(client.FromEnv())"
	program := strings.Replace(string(readmeProgram(t)), "fmt.Println(owner.ID, owner.Name)", `
		grants, err := c.ListGrants(context.Background(), owner.ID, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(owner.Name, len(grants), "grants")`, 1)
	if !strings.Contains(program, options) || !strings.Contains(program, "ListGrants") {
		t.Fatalf("README.md: got the program %s, want %q and a loop over owners in it", program, options)
	}
	run := consumer(t)
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	execute := func(program string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
		return run(environment(server), "run", file)
	}
	out := execute(program)
	if server.Count("listGrants") != 0 {
		t.Errorf("got %d calls of listGrants, want none", server.Count("listGrants"))
	}
	line := regexp.MustCompile(`add (client\.WithOperations\([^)]*\)) to the options of client\.New`).FindStringSubmatch(out)
	if line == nil {
		t.Fatalf("got output %q, want an error with the line to add", out)
	}
	out = execute(strings.Replace(program, options, "client.New(client.FromEnv(), "+line[1]+")", 1))
	if got := server.Count("listGrants"); got != 4 || !strings.Contains(out, "Home ") {
		t.Errorf("after adding %s: got %d calls of listGrants and output %q, want 4 and the owner Home", line[1], got, out)
	}
}

// A consumer of client links at most 6 modules besides itself and this one, and has at
// most 30 in its module graph.
func TestModulesOfAConsumer(t *testing.T) {
	atRoot(t)
	run := consumer(t)
	lines := func(args ...string) []string {
		fields := strings.Fields(run(nil, args...))
		slices.Sort(fields)
		fields = slices.Compact(fields)
		return slices.DeleteFunc(fields, func(path string) bool {
			return path == modulePath || path == "example.com/consumer"
		})
	}
	linked := lines("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	t.Logf("linked: %v", linked)
	if len(linked) > 6 || len(linked) == 0 {
		t.Errorf("%d modules are linked, want 1 to 6: %v", len(linked), linked)
	}
	graph := lines("list", "-m", "-f", "{{.Path}}", "all")
	t.Logf("in the graph: %d", len(graph))
	if len(graph) > 30 || len(graph) < len(linked) {
		t.Errorf("%d modules are in the graph, want %d to 30: %v", len(graph), len(linked), graph)
	}
}

// The client links no packages that would make a program larger without need.
func TestPackagesOfAConsumer(t *testing.T) {
	atRoot(t)
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./client").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, "net/http") {
		t.Fatalf("got packages %v, want net/http among them", packages)
	}
	for _, path := range []string{"regexp", "regexp/syntax", "text/template", "html/template", "go/ast", "testing"} {
		if slices.Contains(packages, path) {
			t.Errorf("package client depends on %s, want a program without it", path)
		}
	}
}

// maxGrowth is the maximum number of bytes that the client adds to a program that lists owner
// accounts with net/http and encoding/json. It adds 1.3 MB with Go 1.26 on linux/amd64. If a
// typed call refers to the reflection of JSON v2, it adds 0.75 MB more.
const maxGrowth = 1_450_000

func TestSizeOfAConsumer(t *testing.T) {
	atRoot(t)
	run := consumer(t)
	plain, err := filepath.Abs("bench/cmd/bench/testdata/hello/main.go")
	if err != nil {
		t.Fatal(err)
	}
	size := func(program string) int64 {
		t.Helper()
		file := filepath.Join(t.TempDir(), "program")
		run(nil, "build", "-o", file, program)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	without, with := size(plain), size(".")
	t.Logf("got %d bytes with the client and %d without", with, without)
	if growth := with - without; growth <= 0 || growth > maxGrowth {
		t.Errorf("the client adds %d bytes to a program, want 1 to %d", growth, maxGrowth)
	}
}

// go install github.com/tapkey-go/tapkey-go/cmd/tapkey@latest rejects a module whose
// go.mod has replace or exclude directives.
func TestTheCommandCanBeInstalled(t *testing.T) {
	atRoot(t)
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if line := regexp.MustCompile(`(?m)^(replace|exclude)\b.*`).Find(mod); line != nil {
		t.Errorf("go.mod has %q, want no replace or exclude directive", line)
	}
}
