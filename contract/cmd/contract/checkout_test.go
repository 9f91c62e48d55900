package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

// checkout creates a small source tree like this repository: the document, a go:generate
// line that copies it, Go packages, and a git repository with two tags.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "openapi.yaml", string(tapkeygo.OpenAPI()))
	write(t, dir, "copy.yaml", string(tapkeygo.OpenAPI()))
	write(t, dir, "generate.go", "package tapkeygo\n\n//go:generate go run ./internal/copy -o copy.yaml openapi.yaml\n")
	write(t, dir, "internal/copy/main.go", `package main

import "os"

func main() {
	data, err := os.ReadFile(os.Args[3])
	if err == nil {
		err = os.WriteFile(os.Args[2], data, 0o644)
	}
	if err != nil {
		panic(err)
	}
}
`)
	write(t, dir, "go.mod", "module github.com/tapkey-go/tapkey-go\n\ngo 1.26\n")
	write(t, dir, "api/api.go", goAPI)
	write(t, dir, "gen/tapkey/tapkey.go", goGenerated)
	write(t, dir, "cmd/tapkey/main.go", "package main\n\nfunc Exported() {}\n\nfunc main() {}\n")
	write(t, dir, "internal/engine/engine.go", "package engine\n\nfunc Exported() {}\n")
	write(t, dir, "docs/operations.md", "")
	write(t, dir, "client/client.go", goClient)
	write(t, dir, "contract/recorded/listOwners.200.1.json",
		`{"operation":"listOwners","status":200,"contentType":"application/json","body":[{"id":"x"}]}`)
	git(t, dir, "init", "--quiet")
	commit(t, dir)
	git(t, dir, "tag", "v1.2.3")
	git(t, dir, "tag", "before")
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

func commit(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "add", ".")
	git(t, dir, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "x")
}

const (
	goAPI       = "package api\n\nfunc Begin() {}\n\ntype Settings struct{ Size int }\n\ntype Doer interface{ Do() }\n"
	goClient    = "package client\n\n// Client calls.\n//\n// # Calls\n//\n// none yet\ntype Client struct {\n\tn int\n}\n"
	goGenerated = "package tapkey\n\ntype ClientInterface interface{ ListOwners() }\n\nconst RoleAdmin = \"Admin\"\n"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// edited replaces text in a file of a checkout.
func edited(t *testing.T, dir, name, old, text string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s: got no %q to edit", name, old)
	}
	write(t, dir, name, strings.Replace(string(data), old, text, 1))
}

func TestCheck(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "", "release", "v1.2.3", "--root", dir)
	exits(t, 0, "", "operations", "--write", "--root", dir)
	out := exits(t, 0, "lint: agrees: ", "check", "--root", dir)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 5 {
		t.Errorf("got %d lines, want one for each of the 5 checks:\n%s", len(lines), out)
	}

	// A disagreement takes precedence over a check that could not be made.
	if err := os.RemoveAll(filepath.Join(dir, "contract", "recorded")); err != nil {
		t.Fatal(err)
	}
	exits(t, 3, "replay: could not be checked: ", "check", "--root", dir)
	edited(t, dir, "copy.yaml", "openapi: 3.0.3", "openapi: 3.0.2")
	exits(t, 1, "drift: disagrees: 1 of 1 generated files", "check", "--root", dir)
}

func TestDrift(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "drift: agrees: 1 generated files\n", "drift", "--root", dir)

	edited(t, dir, "openapi.yaml", "version: 0.1.0", "version: 0.1.1")
	exits(t, 1, "copy.yaml is stale: run make generate", "drift", "--root", dir)
	if err := os.Remove(filepath.Join(dir, "copy.yaml")); err != nil {
		t.Fatal(err)
	}
	exits(t, 1, "copy.yaml", "drift", "--root", dir)

	edited(t, dir, "internal/copy/main.go", "package main", "package broken")
	exits(t, 3, "generator: ", "drift", "--root", dir)
	write(t, dir, "generate.go", "package tapkeygo\n")
	exits(t, 3, "no go:generate line", "drift", "--root", dir)
}

func TestLintExits(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "lint: agrees: ", "lint", "--root", dir)
	edited(t, dir, "openapi.yaml", "    OwnerAccount:\n      type: object\n", "    OwnerAccount:\n      type: object\n      additionalProperties: false\n")
	exits(t, 1, "response-closed: an object in a response is closed", "lint", "--root", dir)
	exits(t, 3, "could not be checked", "lint", filepath.Join(dir, "nothing.yaml"))
	exits(t, 3, "could not be checked", "lint", "--root", t.TempDir())
}

// The Go API of the source tree is compared with that of a git revision.
func TestBreakingGoAPI(t *testing.T) {
	const api, generated = "api/api.go", "gen/tapkey/tapkey.go"
	tests := map[string]struct {
		file, old, text string
		status          int
		want            string
	}{
		"nothing":             {api, "package api", "package api", 0, "no change since v1.2.3; the next version is v1.2.4 (contract and Go API)"},
		"a function added":    {api, "func Begin() {}", "func Begin() {}\n\nfunc End() {}", 0, "none breaks programs; the next version is v1.3.0"},
		"a call added":        {generated, "ListOwners()", "ListOwners(); GetOwner()", 0, "none breaks programs; the next version is v1.3.0"},
		"a function renamed":  {api, "func Begin()", "func Start()", 1, "breaks: api: go-feature-removed: func Begin()"},
		"a parameter added":   {api, "func Begin()", "func Begin(_ int)", 1, "break programs; the next version is v2.0.0"},
		"an interface's call": {api, "Do() }", "Do(); Undo() }", 1, "breaks: api: go-interface-extended: type Doer interface, Undo()"},
		"a command's name":    {"cmd/tapkey/main.go", "Exported", "Other", 0, "no change since v1.2.3"},
		"an internal name":    {"internal/engine/engine.go", "Exported", "Other", 0, "no change since v1.2.3"},
	}
	dir := checkout(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			write(t, dir, api, goAPI)
			write(t, dir, generated, goGenerated)
			edited(t, dir, test.file, test.old, test.text)
			exits(t, test.status, test.want, "breaking", "--root", dir, "--base", "v1.2.3")
		})
	}
	write(t, dir, api, goAPI)
	if err := os.RemoveAll(filepath.Join(dir, "gen")); err != nil {
		t.Fatal(err)
	}
	exits(t, 1, "gen/tapkey: go-package-removed", "breaking", "--root", dir, "--base", "v1.2.3")
}

func TestBreakingBases(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "breaking: agrees: nothing has been released yet; the first version will be v0.1.0\n", "breaking", "--root", dir)
	exits(t, 0, "", "release", "v0.4.2", "--root", dir)
	exits(t, 0, "no change since v0.4.2; the next version is v0.4.3 (contract and Go API)", "breaking", "--root", dir)

	old := filepath.Join(t.TempDir(), "old.yaml")
	write(t, filepath.Dir(old), "old.yaml", string(tapkeygo.OpenAPI()))
	edited(t, dir, "openapi.yaml", "operationId: getOwner\n", "operationId: readOwner\n")
	exits(t, 1, "the next version is v0.5.0", "breaking", "--root", dir)
	exits(t, 1, "the next version is v2.0.0", "breaking", "--root", dir, "--base", "v1.2.3")
	exits(t, 1, "1 of 1 changes since before break programs (contract and Go API)\n", "breaking", "--root", dir, "--base", "before")
	exits(t, 1, "old.yaml break programs (contract only: a file has no Go API)\n", "breaking", "--root", dir, "--base", old)

	exits(t, 3, "git cannot read revision v9.9.9", "breaking", "--root", dir, "--base", "v9.9.9")
	exits(t, 3, "invalid git revision", "breaking", "--root", dir, "--base", "--output=x")
	write(t, dir, "api/api.go", "package api\n\nfunc broken( {\n")
	exits(t, 3, "could not be checked", "breaking", "--root", dir)
	write(t, dir, "openapi.yaml", "openapi: [")
	exits(t, 3, "the current document cannot be read", "breaking", "--root", dir)
}

// A release is kept as text: a line for each exported feature.
func TestRelease(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "contract/released is now v0.1.0\n", "release", "v0.1.0", "--root", dir)
	for name, want := range map[string]string{
		"VERSION":      "v0.1.0\n",
		"openapi.yaml": string(tapkeygo.OpenAPI()),
		"goapi.txt": `pkg api, func Begin()
pkg api, type Doer interface
pkg api, type Doer interface, Do()
pkg api, type Doer interface, implementable
pkg api, type Settings struct
pkg api, type Settings struct, Size int
pkg api, type Settings struct, comparable
pkg client, type Client struct
pkg client, type Client struct, comparable
pkg gen/tapkey, const RoleAdmin untyped string = "Admin"
pkg gen/tapkey, type ClientInterface interface
pkg gen/tapkey, type ClientInterface interface, ListOwners()
pkg gen/tapkey, type ClientInterface interface, implementable
`,
	} {
		got, err := os.ReadFile(filepath.Join(dir, "contract", "released", name))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %v\n%swant\n%s", name, err, got, want)
		}
	}

	// A merge conflict, or a part that is missing, is not an empty API.
	edited(t, dir, "contract/released/goapi.txt", "pkg api, func Begin()", "<<<<<<< HEAD")
	exits(t, 3, `line 1 of the Go API is not a feature: "<<<<<<< HEAD`, "breaking", "--root", dir)
	for _, name := range []string{"goapi.txt", "openapi.yaml", "VERSION"} {
		if err := os.Remove(filepath.Join(dir, "contract", "released", name)); err != nil {
			t.Fatal(err)
		}
		exits(t, 3, "breaking: could not be checked: ", "breaking", "--root", dir)
	}
}

// A shallow clone has what a comparison with the last release or with HEAD needs.
func TestBreakingInAShallowClone(t *testing.T) {
	dir, clone := checkout(t), filepath.Join(t.TempDir(), "clone")
	exits(t, 0, "", "release", "v0.4.2", "--root", dir)
	commit(t, dir)
	git(t, dir, "clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(dir), clone)
	exits(t, 0, "no change since v0.4.2", "breaking", "--root", clone)
	exits(t, 0, "no change since HEAD (contract and Go API)\n", "breaking", "--root", clone, "--base", "HEAD")
	exits(t, 3, "git cannot read revision HEAD~1 (is this a shallow clone?)", "breaking", "--root", clone, "--base", "HEAD~1")
}
