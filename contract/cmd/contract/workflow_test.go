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

	"github.com/tapkey-go/tapkey-go/sandbox"
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

// documentedSteps returns the steps of the workflows in the documentation, by name.
func documentedSteps(t *testing.T) map[string]step {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(repository, "docs", "contract-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := make(map[string]step)
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		var w workflow
		var list []step
		if err := yaml.Unmarshal([]byte(block[1]), &w); err != nil {
			if err := yaml.Unmarshal([]byte(block[1]), &list); err != nil {
				t.Fatal(err)
			}
		}
		for _, job := range w.Jobs {
			list = append(list, job.Steps...)
		}
		for _, s := range list {
			steps[s.Name] = s
		}
	}
	return steps
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
		case s.Uses == "":
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
	page, err := os.ReadFile(filepath.Join(repository, "docs", "contract-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := regexp.MustCompile(`- uses: (\S+)`).FindAllStringSubmatch(string(page), -1)
	if len(documented) < 2 {
		t.Errorf("got %d actions in the documentation, want at least 2", len(documented))
	}
	for _, uses := range documented {
		if !pinned.MatchString(uses[1]) {
			t.Errorf("contract-checks.md: got %s, want it pinned to a commit", uses[1])
		}
	}
}

// A workflow has read access. Write access is granted to single jobs.
func TestPermissionsAreSmall(t *testing.T) {
	allowed := map[string]string{"contract-live.yml issues": "write", "release.yml contents": "write"}
	for file, w := range ownWorkflows(t) {
		if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
			t.Errorf("%s: got permissions %v, want contents: read", file, w.Permissions)
		}
		for name, job := range w.Jobs {
			for what, access := range job.Permissions {
				if access != "read" && allowed[file+" "+what] != access {
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

// withProgram builds the program at the path that the steps use.
func (r runner) withProgram() runner {
	r.Helper()
	build := exec.CommandContext(r.Context(), "go", "build", "-o", filepath.Join(r.dir, "contract"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		r.Fatalf("%v\n%s", err, out)
	}
	return r
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

// The documented workflow opens one issue for a disagreement, and none if the check could
// not be made.
func TestTheDocumentedWorkflow(t *testing.T) {
	steps := documentedSteps(t)
	compare, report := steps["Compare the API with the contract"], steps["Report a disagreement"]
	if want := "steps.live.outputs.status == '1'"; report.If != want {
		t.Fatalf("the condition of the report: got %q, want %q", report.If, want)
	}

	t.Run("agrees", func(t *testing.T) {
		startSandbox(t)
		r := newRunner(t).withProgram()
		if status, out := r.run(compare); status != 0 || r.file("output") != "status=0\n" || !strings.Contains(r.file("summary"), "live agrees") {
			t.Errorf("got exit status %d, %s, output %q and summary %q, want 0, status=0 and live agrees", status, out, r.file("output"), r.file("summary"))
		}
	})
	t.Run("could not be checked", func(t *testing.T) {
		startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault401}))
		r := newRunner(t).withProgram()
		status, out := r.run(compare)
		if status != 0 || r.file("output") != "status=3\n" || !strings.Contains(out, "::warning::") {
			t.Errorf("got exit status %d, %s and output %q, want 0, a warning and status=3", status, out, r.file("output"))
		}
	})
	t.Run("disagrees", func(t *testing.T) {
		startSandbox(t)
		t.Setenv("TAPKEY_SCOPES", "")
		s := startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.FaultExtraFields}))
		defer s.Close()
		r := newRunner(t).withProgram()
		if status, out := r.run(compare); status != 0 || r.file("output") != "status=1\n" {
			t.Errorf("got exit status %d, %s and output %q, want 0 and status=1", status, out, r.file("output"))
		}
		if status, out := r.run(report); status != 1 || r.file("commands") != "issue list\nissue create\n" {
			t.Errorf("got exit status %d, %s and the gh commands %q, want 1, list and create", status, out, r.file("commands"))
		}
		write(t, r.dir, "open", "7\n")
		write(t, r.dir, "commands", "")
		if status, out := r.run(report); status != 1 || r.file("commands") != "issue list\nissue comment\n" {
			t.Errorf("got exit status %d, %s and the gh commands %q, want 1, list and comment", status, out, r.file("commands"))
		}
	})
	t.Run("replay", func(t *testing.T) {
		r := newRunner(t).withProgram()
		replay := steps["Compare the recorded responses with the contract"]
		if status, out := r.run(replay); status != 3 {
			t.Errorf("without recordings: got exit status %d and %s, want 3", status, out)
		}
		if err := os.CopyFS(filepath.Join(r.dir, "testdata", "tapkey"), os.DirFS(filepath.Join("..", "..", "recorded"))); err != nil {
			t.Fatal(err)
		}
		if status, out := r.run(replay); status != 0 || !strings.Contains(r.file("summary"), "replay agrees") {
			t.Errorf("got exit status %d, %s and summary %q, want 0 and replay agrees", status, out, r.file("summary"))
		}
	})
}

// The workflow of this repository has the documented steps. Without credentials it prints
// a notice and runs no other step.
func TestOwnLiveWorkflow(t *testing.T) {
	steps, documented := ownSteps(t, "contract-live.yml"), documentedSteps(t)
	for _, name := range []string{"Compare the API with the contract", "Report a disagreement"} {
		if steps[name].Run == "" || steps[name].Run != documented[name].Run {
			t.Errorf("%s: got %q, want %q as in the documentation", name, steps[name].Run, documented[name].Run)
		}
	}
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
	for name, s := range steps {
		guarded := s.If == "steps.credentials.outputs.present == 'true'" || s.If == "steps.live.outputs.status == '1'"
		if name != "Are there credentials?" && !guarded {
			t.Errorf("%q: got the condition %q, want it to require credentials", name, s.If)
		}
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
