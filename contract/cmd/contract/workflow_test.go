package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// step is a step of a workflow.
type step struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Env  map[string]string `yaml:"env"`
	With map[string]string `yaml:"with"`
	Run  string            `yaml:"run"`
}

type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Steps       []step
	}
}

// ownWorkflows returns the workflows of this repository, by file name.
func ownWorkflows(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, ".github", "workflows", "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("got %d workflows and error %v, want at least 3", len(files), err)
	}
	workflows := make(map[string]workflow)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(data, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		workflows[filepath.Base(file)] = w
	}
	return workflows
}

// ownSteps returns the steps of a workflow of this repository, by name.
func ownSteps(t *testing.T, file string) map[string]step {
	t.Helper()
	steps := make(map[string]step)
	for _, job := range ownWorkflows(t)[file].Jobs {
		for _, s := range job.Steps {
			steps[s.Name] = s
		}
	}
	return steps
}

// Actions are pinned to commits, because a tag can be moved to other code. This also applies
// to the workflow that services copy. A checkout does not keep its token.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	check := func(where string, s step) (isAction bool) {
		switch {
		case s.Uses == "" || s.Uses == "./":
			return false
		case !pinned.MatchString(s.Uses):
			t.Errorf("%s: got %s, want it pinned to a commit", where, s.Uses)
		case strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false":
			t.Errorf("%s: got persist-credentials %q, want false", where, s.With["persist-credentials"])
		}
		return true
	}
	actions := 0
	for file, w := range ownWorkflows(t) {
		for name, job := range w.Jobs {
			for _, s := range job.Steps {
				if check(file+": "+name, s) {
					actions++
				}
			}
		}
	}
	if actions < 5 {
		t.Errorf("got %d actions in the workflows, want at least 5", actions)
	}
	for _, s := range readMetadata(t).Runs.Steps {
		check("action.yml", s.step)
	}
	documented := documentedUses(t)
	if len(documented) < 3 {
		t.Errorf("got %d actions in the documentation, want at least 3", len(documented))
	}
	for _, s := range documented {
		if version := regexp.MustCompile(`^tapkey-go/tapkey-go@v[0-9]+\.[0-9]+\.[0-9]+$`); !version.MatchString(s.Uses) {
			check("contract-checks.md", s)
		}
	}
}

// A workflow has read access. Write access is granted to single jobs.
func TestPermissionsAreSmall(t *testing.T) {
	allowed := map[string]string{
		"contract-live.yml live issues":    "write",
		"release.yml release contents":     "write",
		"release.yml release packages":     "write", // the image
		"release.yml release id-token":     "write", // the signature and the provenance
		"release.yml release attestations": "write",
	}
	for file, w := range ownWorkflows(t) {
		if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
			t.Errorf("%s: got permissions %v, want contents: read", file, w.Permissions)
		}
		for name, job := range w.Jobs {
			for what, access := range job.Permissions {
				if access != "read" && allowed[file+" "+name+" "+what] != access {
					t.Errorf("%s: got permission %s: %s for the job %s, want only %v", file, what, access, name, allowed)
				}
			}
		}
	}
}

// runner runs steps as GitHub does. Its gh command records its arguments.
type runner struct {
	*testing.T
	dir string
}

func newRunner(t *testing.T) runner {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("workflow steps: not run (bash is not installed)")
	}
	dir := t.TempDir()
	write(t, dir, "bin/gh", "#!/bin/sh\necho \"$1 $2\" >> \"$RUNNER_TEMP/commands\"\n[ \"$2\" != list ] || cat \"$RUNNER_TEMP/open\"\n")
	write(t, dir, "open", "")
	if err := os.Chmod(filepath.Join(dir, "bin", "gh"), 0o755); err != nil {
		t.Fatal(err)
	}
	return runner{t, dir}
}

// run runs a step and returns its exit status and its output.
func (r runner) run(s step) (int, string) {
	r.Helper()
	if s.Run == "" {
		r.Fatalf("got no step %q, want one", s.Name)
	}
	command := exec.CommandContext(r.Context(), "bash", "-e", "-o", "pipefail", "-c", s.Run)
	command.Env = append(os.Environ(),
		"RUNNER_TEMP="+r.dir,
		"PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"),
		"GITHUB_STEP_SUMMARY="+filepath.Join(r.dir, "summary"),
		"GITHUB_OUTPUT="+filepath.Join(r.dir, "output"),
	)
	command.Dir = r.dir
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		r.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(out)
}

func (r runner) file(name string) string {
	data, _ := os.ReadFile(filepath.Join(r.dir, name))
	return string(data)
}

// The workflow of this repository runs its own action. Without credentials it prints a
// notice and runs no other step.
func TestOwnLiveWorkflow(t *testing.T) {
	steps := ownSteps(t, "contract-live.yml")
	r, credentials := newRunner(t), steps["Are there credentials?"]
	for id, secret := range map[string]bool{"": false, "id": true} {
		for key, present := range map[string]bool{"": false, "key": secret} {
			write(t, r.dir, "output", "")
			t.Setenv("TAPKEY_CLIENT_ID", id)
			t.Setenv("TAPKEY_CLIENT_SECRET", key)
			status, out := r.run(credentials)
			skipped := strings.Contains(out, "::notice::contract live: skipped, the environment tapkey has no secret TAPKEY_CLIENT_")
			if status != 0 || skipped == present || (r.file("output") == "present=true\n") != present {
				t.Errorf("id %q, secret %q: got exit status %d, %s and output %q, want 0 and present %t", id, key, status, out, r.file("output"), present)
			}
		}
	}
	inputs, ran := readMetadata(t).Inputs, 0
	for _, job := range ownWorkflows(t)["contract-live.yml"].Jobs {
		for _, s := range job.Steps {
			if s.Name != "Are there credentials?" && s.If != "steps.credentials.outputs.present == 'true'" {
				t.Errorf("%q: got the condition %q, want it to require credentials", s.Uses, s.If)
			}
			if s.Uses != "./" {
				continue
			}
			ran++
			for name := range s.With {
				if _, ok := inputs[name]; !ok {
					t.Errorf("got the input %s, want one of the action", name)
				}
			}
		}
	}
	if ran != 1 {
		t.Errorf("got the action %d times, want once", ran)
	}
}

// A release has the text of its section in the changelog. Without a section, no release is
// made.
func TestReleaseWorkflow(t *testing.T) {
	release := ownSteps(t, "release.yml")["Make the release"]
	r := newRunner(t)
	notes, err := os.ReadFile(filepath.Join(repository, "tools", "release-notes.sh"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, r.dir, "tools/release-notes.sh", string(notes))
	write(t, r.dir, "CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## v0.2.0, 2027-01-15\n\n### Fixed\n\n- This.\n\n## v0.1.0\n\n- That.\n\n## v0.0.9\n")
	for version, want := range map[string]string{
		"v0.2.0": "### Fixed\n\n- This.\n\n", "v0.1.0": "- That.\n\n", "v0.0.9": "", "v0.2": "", "v0.3.0": "",
	} {
		t.Setenv("GITHUB_REF_NAME", version)
		write(t, r.dir, "commands", "")
		status, out := r.run(release)
		made := r.file("commands") == "release create\n"
		if (status == 0) != (want != "") || made != (want != "") || r.file("notes.md") != want {
			t.Errorf("%s: got exit status %d, %s, notes %q and the gh commands %q, want notes %q", version, status, out, r.file("notes.md"), r.file("commands"), want)
		}
	}
}

// The fast checks of release-check.sh report what is wrong. make release-check runs all.
func TestReleaseCheck(t *testing.T) {
	r := newRunner(t)
	r.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	dir := filepath.Join(r.dir, "checkout")
	for _, name := range []string{"release-check.sh", "release-notes.sh"} {
		script, err := os.ReadFile(filepath.Join(repository, "tools", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "tools/"+name, string(script))
	}
	write(t, dir, "go.mod", "module example.com/x\n\ngo 1.26\n")
	write(t, dir, "CHANGELOG.md", "# Changelog\n\n## v0.2.0, 2027-01-15\n\n### Fixed\n\n- This.\n")
	shell := func(command string) (int, string) {
		r.Helper()
		return r.run(step{Run: "cd checkout; " + command})
	}
	commit := "git add . && git -c user.name=x -c user.email=x@example.com commit --quiet -m x"
	if status, out := shell("git init --quiet && " + commit + " && git tag v0.1.0 && echo >> CHANGELOG.md && " + commit); status != 0 {
		t.Fatal(out)
	}
	for command, want := range map[string]string{
		"v0.2.0 version":   "0 version: v0.2.0 can be the tag\n",
		"v0.1.0 version":   "1 version: FAILED\n  v0.1.0 is another commit\n",
		"v2.0.0 version":   "1 version: FAILED\n",
		"v0.2.0-1 version": "1 version: FAILED\n",
		"latest version":   "1 version: FAILED\n",
		"v0.2.0 changelog": "0 changelog: 1 entries\n",
		"v0.3.0 changelog": "1 changelog: FAILED\n  CHANGELOG.md has nothing under \"## v0.3.0\"\n",
		"v0.2.0 commit":    "0 commit: ",
		"v0.2.0 tidy":      "0 tidy: 1 modules\n",
		"v0.2.0 nonsense":  "2 there is no check nonsense \n",
	} {
		status, out := shell("sh tools/release-check.sh " + command)
		if got := strconv.Itoa(status) + " " + out; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
	for change, check := range map[string]string{
		"echo '### New' >> CHANGELOG.md": "changelog",
		"touch new":                      "commit",
		"git tag contract/v0.2.0 v0.1.0": "version",
		"mkdir -p more; echo 'module x/' > more/go.mod; git add -A": "tidy",
	} {
		if status, out := shell(change + "; sh tools/release-check.sh v0.2.0 " + check); status != 1 {
			t.Errorf("%s: %s: got exit status %d and %s, want 1", change, check, status, out)
		}
		if status, out := shell("git tag -d contract/v0.2.0 || true; git reset --hard --quiet && git clean -fdq"); status != 0 {
			t.Fatal(out)
		}
	}
}
