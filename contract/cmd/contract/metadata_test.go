package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// metadata is action.yml, with the keys that GitHub knows.
type metadata struct {
	Name, Description, Author string
	Branding                  struct{ Icon, Color string }
	Inputs                    map[string]struct {
		Description        string
		Required           bool
		Default            string
		DeprecationMessage string `yaml:"deprecationMessage"`
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

// actionStep is a step of a composite action.
type actionStep struct {
	step             `yaml:",inline"`
	ID               string `yaml:"id"`
	Shell            string `yaml:"shell"`
	WorkingDirectory string `yaml:"working-directory"`
	ContinueOnError  string `yaml:"continue-on-error"`
}

func readMetadata(t *testing.T) metadata {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var m metadata
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&m); err != nil {
		t.Fatalf("action.yml: %v", err)
	}
	return m
}

// The action is a composite action that inserts no text into scripts: the shell would run
// what an input contains.
func TestMetadata(t *testing.T) {
	m := readMetadata(t)
	if m.Name == "" || m.Description == "" || m.Runs.Using != "composite" || len(m.Runs.Steps) < 3 {
		t.Errorf("got name %q, description %q, using %q and %d steps, want all of them, composite and at least 3", m.Name, m.Description, m.Runs.Using, len(m.Runs.Steps))
	}
	all := ""
	for i, s := range m.Runs.Steps {
		switch {
		case (s.Run == "") == (s.Uses == ""):
			t.Errorf("step %d: got run %q and uses %q, want one of them", i, s.Run, s.Uses)
		case s.Run != "" && (s.Shell != "bash" || s.With != nil):
			t.Errorf("step %d: got shell %q and with %v, want bash and none", i, s.Shell, s.With)
		case s.Uses != "" && (s.Shell != "" || s.Env != nil):
			t.Errorf("step %d: got shell %q and env %v, want none", i, s.Shell, s.Env)
		case strings.Contains(s.Run, "${{"):
			t.Errorf("step %d: got an expression in the script %q, want it in env", i, s.Run)
		case strings.Count(s.Run, "\n") > 3:
			t.Errorf("step %d: got a script of many lines, want the logic in the program:\n%s", i, s.Run)
		}
		for _, value := range s.Env {
			all += value
		}
	}
	for name, in := range m.Inputs {
		if in.Description == "" || !regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(name) {
			t.Errorf("the input %s: got the description %q, want one, and a name in lower case", name, in.Description)
		}
		if !strings.Contains(all, "inputs."+name+" ") {
			t.Errorf("the input %s: got no use of it, want it in an environment variable", name)
		}
	}
	for name, out := range m.Outputs {
		if out.Description == "" || out.Value != "${{ steps.check.outputs."+name+" }}" {
			t.Errorf("the output %s: got description %q and value %q, want those of the step check", name, out.Description, out.Value)
		}
	}
	for _, used := range regexp.MustCompile(`inputs\.([\w-]+)`).FindAllStringSubmatch(all, -1) {
		if _, ok := m.Inputs[used[1]]; !ok {
			t.Errorf("got a use of the input %s, want one that is declared", used[1])
		}
	}
}

// The action installs the oldest Go version that the module supports, in its latest patch.
func TestGoVersionOfTheAction(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(repository, "contract", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	steps := readMetadata(t).Runs.Steps
	i := slices.IndexFunc(steps, func(s actionStep) bool { return strings.HasPrefix(s.Uses, "actions/setup-go@") })
	if want == nil || i != 0 || steps[i].With["go-version"] != string(want[1]) {
		t.Errorf("got setup-go as step %d of %+v, want it first, with Go %s", i, steps, want)
	}
}

// documentedBlocks returns the blocks of YAML in the documentation.
func documentedBlocks(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(repository, "docs", "contract-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

// documentedUses returns the steps of the documentation that use an action.
func documentedUses(t *testing.T) []step {
	t.Helper()
	var steps []step
	for _, block := range documentedBlocks(t) {
		var w workflow
		var list []step
		if err := yaml.Unmarshal([]byte(block), &list); err != nil {
			if err := yaml.Unmarshal([]byte(block), &w); err != nil {
				t.Fatalf("%v in\n%s", err, block)
			}
		}
		for _, job := range w.Jobs {
			list = append(list, job.Steps...)
		}
		for _, s := range list {
			if s.Uses != "" {
				steps = append(steps, s)
			}
		}
	}
	return steps
}

// The documented workflows are short, and have only inputs of the action.
func TestTheDocumentedWorkflows(t *testing.T) {
	m, uses := readMetadata(t), 0
	for _, s := range documentedUses(t) {
		if !strings.HasPrefix(s.Uses, "tapkey-go/tapkey-go@") {
			continue
		}
		uses++
		for name := range s.With {
			if _, ok := m.Inputs[name]; !ok {
				t.Errorf("got the input %s, want one of the action", name)
			}
		}
	}
	if uses != 2 {
		t.Errorf("got %d uses of the action, want 2", uses)
	}
	for _, block := range documentedBlocks(t) {
		if n := strings.Count(block, "\n"); n > 10 {
			t.Errorf("got %d lines, want at most 10:\n%s", n, block)
		}
	}
	page, err := os.ReadFile(filepath.Join(repository, "docs", "contract-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range m.Inputs {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("got no description of the input %s, want one", name)
		}
	}
	for name := range m.Outputs {
		if !strings.Contains(string(page), "`"+name+"` (") {
			t.Errorf("got no description of the output %s, want one", name)
		}
	}
}
