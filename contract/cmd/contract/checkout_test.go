package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

// checkout makes a small source tree of the same shape as this repository: a document,
// a go:generate line that copies it, two Go packages, and a git history with one tag.
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
	write(t, dir, "docs/operations.md", "")
	write(t, dir, "client/client.go", goClient)
	write(t, dir, "contract/recorded/listOwners.200.1.json",
		`{"operation":"listOwners","status":200,"contentType":"application/json","body":[{"id":"x"}]}`)
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "."},
		{"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "x"},
		{"tag", "v1.2.3"}, {"tag", "before"},
	} {
		git := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	return dir
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

// edited changes a file of a checkout.
func edited(t *testing.T, dir, name, old, text string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	write(t, dir, name, strings.Replace(string(data), old, text, 1))
}

func TestCheckOfACleanCheckout(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "", "release", "v1.2.3", "--root", dir)
	exits(t, 0, "", "operations", "--write", "--root", dir)
	out := exits(t, 0, "lint: agrees: ", "check", "--root", dir)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 5 {
		t.Errorf("want a line for each check:\n%s", out)
	}

	// A disagreement is worth more than what could not be checked.
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
	exits(t, 1, "copy.yaml is not what openapi.yaml gives", "drift", "--root", dir)
	if err := os.Remove(filepath.Join(dir, "copy.yaml")); err != nil {
		t.Fatal(err)
	}
	exits(t, 1, "copy.yaml", "drift", "--root", dir)

	edited(t, dir, "internal/copy/main.go", "package main", "package broken")
	exits(t, 3, "the generator: ", "drift", "--root", dir)
	write(t, dir, "generate.go", "package tapkeygo\n")
	exits(t, 3, "no go:generate line", "drift", "--root", dir)
}

func TestLintExits(t *testing.T) {
	dir := checkout(t)
	exits(t, 0, "lint: agrees: ", "lint", "--root", dir)
	edited(t, dir, "openapi.yaml", "    OwnerAccount:\n      type: object\n", "    OwnerAccount:\n      type: object\n      additionalProperties: false\n")
	exits(t, 1, "answer-closed: an object in an answer is closed", "lint", "--root", dir)
	exits(t, 3, "could not be checked", "lint", filepath.Join(dir, "nothing.yaml"))
	exits(t, 3, "could not be checked", "lint", "--root", t.TempDir())
}

// Changes to the Go API, each against the tag. apidiff would call a method that is
// added to any interface a break; the generator's own is for nobody to implement.
func TestBreakingGoAPI(t *testing.T) {
	const api, generated = "api/api.go", "gen/tapkey/tapkey.go"
	tests := map[string]struct {
		file, old, text string
		status          int
		words           string
	}{
		"nothing":                 {api, "package api", "package api", 0, "no change since v1.2.3; the next version is v1.2.4"},
		"a function added":        {api, "func Begin() {}", "func Begin() {}\n\nfunc End() {}", 0, "make it v1.3.0"},
		"a comment":               {api, "func Begin() {}", "// Begin begins.\nfunc Begin() {}", 0, "no change"},
		"a field added":           {api, "Size int", "Size, Age int", 0, "make it v1.3.0"},
		"a call added":            {generated, "ListOwners()", "ListOwners(); GetOwner()", 0, "make it v1.3.0"},
		"a function renamed":      {api, "func Begin()", "func Start()", 1, "breaks: api: go-incompatible: Begin: removed"},
		"a parameter added":       {api, "func Begin()", "func Begin(_ int)", 1, "make it v2.0.0"},
		"a field retyped":         {api, "Size int", "Size string", 1, "Settings.Size: changed from int to string"},
		"a call removed":          {generated, "ListOwners()", "", 1, "ClientInterface.ListOwners: removed"},
		"another interface grows": {api, "Do() }", "Do(); Undo() }", 1, "Doer.Undo: added"},
		"a constant renamed":      {generated, "RoleAdmin", "RoleAdministrator", 1, "RoleAdmin: removed"},
		"a constant's value":      {generated, `"Admin"`, `"Administrator"`, 1, "RoleAdmin: value changed"},
	}
	dir := checkout(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			write(t, dir, api, goAPI)
			write(t, dir, generated, goGenerated)
			edited(t, dir, test.file, test.old, test.text)
			exits(t, test.status, test.words, "breaking", "--root", dir, "--base", "v1.2.3")
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
	exits(t, 3, "could not be checked", "breaking", "--root", dir) // nothing was released
	exits(t, 0, "", "release", "v0.4.2", "--root", dir)
	exits(t, 0, "no change since v0.4.2; the next version is v0.4.3 (contract and Go API)", "breaking", "--root", dir)

	old := filepath.Join(t.TempDir(), "old.yaml")
	write(t, filepath.Dir(old), "old.yaml", string(tapkeygo.OpenAPI()))
	edited(t, dir, "openapi.yaml", "operationId: getOwner\n", "operationId: readOwner\n")
	exits(t, 1, "make it v0.5.0", "breaking", "--root", dir)
	exits(t, 1, "make it v2.0.0", "breaking", "--root", dir, "--base", "v1.2.3")
	exits(t, 1, "since v0.1.0", "breaking", "--root", dir, "--base", "before") // by the document
	exits(t, 1, "contract only, a file has no Go API", "breaking", "--root", dir, "--base", old)

	exits(t, 3, "git cannot give v9.9.9", "breaking", "--root", dir, "--base", "v9.9.9")
	exits(t, 3, "is no git revision", "breaking", "--root", dir, "--base", "--output=x")
	write(t, dir, "api/api.go", "package api\n\nfunc broken( {\n")
	exits(t, 3, "could not be checked", "breaking", "--root", dir)
	write(t, dir, "openapi.yaml", "openapi: [")
	exits(t, 3, "the current document cannot be read", "breaking", "--root", dir)
}
