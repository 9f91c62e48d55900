package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/issue/githubtest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// actionRunner runs the steps of action.yml as GitHub's runner does. Steps that use other
// actions are not run: Go is installed.
type actionRunner struct {
	metadata
	temp      string // RUNNER_TEMP, with the program
	workspace string
	github    *githubtest.Server
	env       map[string]string // of the job
	runs      int
	once      bool // build the program only in the first run
}

func newActionRunner(t *testing.T) *actionRunner {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the action: not run (bash is not installed)")
	}
	return &actionRunner{metadata: readMetadata(t), temp: t.TempDir(), workspace: t.TempDir(), github: githubtest.Start(t), env: map[string]string{}}
}

// ran is the result of a run of the action.
type ran struct {
	status  int // exit status of the last step
	log     string
	summary string
	outputs map[string]string
}

// run runs the action with inputs.
func (a *actionRunner) run(t *testing.T, inputs map[string]string) ran {
	t.Helper()
	a.runs++
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	contexts := map[string]map[string]string{"inputs": {}, "env": a.env, "github": {"token": githubtest.Token}}
	for name, in := range a.Inputs {
		contexts["inputs"][name] = expand(t, in.Default, contexts)
	}
	for name, value := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			t.Fatalf("got no input %s, want one", name)
		}
		contexts["inputs"][name] = value
	}
	var result ran
	for i, s := range a.Runs.Steps {
		if s.If != "" || s.ContinueOnError != "" || s.WorkingDirectory != "" {
			t.Fatalf("step %d has keys that this runner does not know: %+v", i, s)
		}
		if s.Uses != "" || a.once && a.runs > 1 && strings.HasPrefix(s.Run, "go build ") {
			continue
		}
		name := fmt.Sprintf("%d-%d", a.runs, i)
		write(t, a.temp, name+".sh", s.Run)
		for _, file := range []string{"output", "summary"} {
			write(t, a.temp, name+"."+file, "")
		}
		command := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", filepath.Join(a.temp, name+".sh"))
		command.Dir = a.workspace
		env := map[string]string{
			"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": root, "GITHUB_WORKSPACE": a.workspace, "RUNNER_TEMP": a.temp,
			"GITHUB_REPOSITORY": githubtest.Repository, "GITHUB_API_URL": a.github.URL, "GITHUB_SERVER_URL": "https://github.com",
			"GITHUB_RUN_ID": "42", "GITHUB_EVENT_NAME": "schedule",
			"GITHUB_OUTPUT": filepath.Join(a.temp, name+".output"), "GITHUB_STEP_SUMMARY": filepath.Join(a.temp, name+".summary"),
		}
		for _, name := range []string{"PATH", "HOME", "GOCACHE", "GOMODCACHE", "GOPROXY", "GONOSUMDB", "GOFLAGS", "GOTOOLCHAIN", "TMPDIR"} {
			if value, ok := os.LookupEnv(name); ok {
				env[name] = value
			}
		}
		maps.Copy(env, a.env)
		for name, value := range s.Env {
			env[name] = expand(t, value, contexts)
		}
		for name, value := range env {
			command.Env = append(command.Env, name+"="+value)
		}
		out, err := command.CombinedOutput()
		if err != nil && command.ProcessState == nil {
			t.Fatal(err)
		}
		result.log += string(out)
		result.status = command.ProcessState.ExitCode()
		summary, output := a.read(t, name+".summary"), a.read(t, name+".output")
		result.summary += summary
		if s.ID != "" {
			contexts["steps."+s.ID+".outputs"] = parseOutputs(t, output)
		}
		if result.status != 0 {
			break
		}
	}
	result.outputs = map[string]string{}
	for name, out := range a.Outputs {
		result.outputs[name] = expand(t, out.Value, contexts)
	}
	return result
}

func (a *actionRunner) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(a.temp, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok || outputs[name] != "" || strings.Contains(name, "<<") {
			t.Errorf("got the output %q, want name=value once", line)
		}
		outputs[name] = value
	}
	return outputs
}

var expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand evaluates the expressions in a text: values of contexts, and || between them.
func expand(t *testing.T, text string, contexts map[string]map[string]string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(match string) string {
		for term := range strings.SplitSeq(expression.FindStringSubmatch(match)[1], "||") {
			term = strings.TrimSpace(term)
			dot := strings.LastIndex(term, ".")
			if dot < 0 || !regexp.MustCompile(`^[a-z]+(\.[\w-]+)+$`).MatchString(term) {
				t.Fatalf("this runner does not know the expression %q", term)
			}
			if value := contexts[term[:dot]][term[dot+1:]]; value != "" {
				return value
			}
		}
		return ""
	})
}

// credentials returns the inputs for a sandbox.
func credentials(s *sandbox.Server) map[string]string {
	return map[string]string{
		"client-id": s.ClientID(), "client-secret": s.ClientSecret(), "base-uri": s.BaseURL(), "token-endpoint": s.TokenURL(),
	}
}

// expect fails the test unless a run has a status and outputs, and its log has a text.
func expect(t *testing.T, got ran, exit int, status, findings, issue, log string) {
	t.Helper()
	o := got.outputs
	if got.status != exit || o["status"] != status || (o["findings"] == "0") != (findings == "0") || o["issue"] != issue || !strings.Contains(got.log, log) {
		t.Fatalf("got exit status %d, outputs %v and the log\n%s\nwant %d, status %s, findings %s, issue %q and %q",
			got.status, o, got.log, exit, status, findings, issue, log)
	}
}

// The action opens one issue for a deviation, updates it, and closes it when the API agrees
// again. What goes wrong at GitHub does not hide the result.
func TestAction(t *testing.T) {
	a := newActionRunner(t)
	s := startSandbox(t)
	inputs := credentials(s)

	deviate := func() {
		if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
			t.Fatal(err)
		}
	}
	agree := func() {
		if err := s.ClearFaults(); err != nil {
			t.Fatal(err)
		}
	}
	issues := func(want ...string) {
		t.Helper()
		var got []string
		for _, i := range a.github.Issues() {
			got = append(got, i.State)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got the issues %v, want %v", got, want)
		}
	}

	deviate()
	first := a.run(t, inputs)
	expect(t, first, 1, "1", "some", "1", "issue 1: opened")
	issues("open")
	if body := a.github.Issues()[0].Body; !strings.Contains(first.summary, "## Contract: live disagrees") || !strings.Contains(body, "sandboxUnknown") || !strings.Contains(first.log, "::error::contract live disagrees: ") {
		t.Errorf("got the summary\n%s\nthe issue\n%s\nand the log\n%s\nwant the findings", first.summary, body, first.log)
	}
	var report struct {
		Verdict  string
		Findings []any
	}
	if data, err := os.ReadFile(first.outputs["report"]); err != nil || json.Unmarshal(data, &report) != nil || report.Verdict != "disagrees" || fmt.Sprint(len(report.Findings)) != first.outputs["findings"] {
		t.Errorf("got the report %+v and error %v, want %s findings", report, err, first.outputs["findings"])
	}

	a.github.Requests()
	expect(t, a.run(t, inputs), 1, "1", "some", "1", "issue 1: updated")
	issues("open")
	if got, want := a.github.Requests(), []string{"GET /issues", "PATCH /issues/1"}; !slices.Equal(got, want) {
		t.Errorf("got the requests %q, want %q", got, want)
	}

	// GitHub fails, in several ways.
	for _, status := range []int{401, 403, 404, 422, 502} {
		a.github.Fail("", status, "\n::error::x")
		expect(t, a.run(t, inputs), 1, "1", "some", "", "::warning::the issue could not be updated: GET issues: "+fmt.Sprint(status))
	}
	a.github.Fail("PATCH", 403, "no")
	expect(t, a.run(t, inputs), 1, "1", "some", "1", "::warning::the issue could not be updated: PATCH issues/1: 403")
	a.github.Before(nil)
	without := maps.Clone(inputs)
	without["token"] = ""
	expect(t, a.run(t, without), 1, "1", "some", "", "::warning::the issue could not be updated: GITHUB_TOKEN is not set")

	// No issue is wanted, or the run is not on a schedule.
	a.github.Requests()
	without = maps.Clone(inputs)
	without["issue"] = "false"
	expect(t, a.run(t, without), 1, "1", "some", "", "")
	a.env["GITHUB_EVENT_NAME"] = "pull_request"
	expect(t, a.run(t, inputs), 1, "1", "some", "", "::notice::no issue is written in a pull request")
	delete(a.env, "GITHUB_EVENT_NAME")
	if got := a.github.Requests(); len(got) != 0 {
		t.Errorf("got the requests %q, want none", got)
	}

	// The check could not be made. The job is green, the issue stays.
	agree()
	if err := s.Inject(sandbox.Fault{Kind: sandbox.Fault401}); err != nil {
		t.Fatal(err)
	}
	expect(t, a.run(t, inputs), 0, "3", "0", "", "::warning::contract live could not be checked: ")
	issues("open")

	agree()
	green := a.run(t, inputs)
	expect(t, green, 0, "0", "0", "1", "issue 1: closed")
	issues("closed")
	if !strings.Contains(green.summary, "## Contract: live agrees") || strings.Contains(green.log, "::warning::") || strings.Contains(green.log, "::error::") {
		t.Errorf("got the summary\n%s\nand the log\n%s\nwant agreement", green.summary, green.log)
	}
	a.github.Fail("", 403, "no")
	expect(t, a.run(t, inputs), 0, "0", "0", "", "::warning::the issue could not be updated")
	a.github.Before(nil)

	// The environment variables of the client are the defaults.
	maps.Copy(a.env, map[string]string{
		"TAPKEY_CLIENT_ID": s.ClientID(), "TAPKEY_CLIENT_SECRET": s.ClientSecret(), "TAPKEY_BASE_URI": s.BaseURL(), "TAPKEY_TOKEN_ENDPOINT": s.TokenURL(),
	})
	expect(t, a.run(t, nil), 0, "0", "0", "", "18 of 18 reads checked")
	expect(t, a.run(t, map[string]string{"owner": homeID, "complete": "true"}), 0, "3", "0", "", "not every read was checked")
	// The build ignores the settings of the job.
	maps.Copy(a.env, map[string]string{"GOOS": "plan9", "GOFLAGS": "-mod=vendor", "GOWORK": "/nowhere/go.work"})
	expect(t, a.run(t, nil), 0, "0", "0", "", "")
}

func TestActionReplay(t *testing.T) {
	a := newActionRunner(t)
	replay := map[string]string{"check": "replay"}
	expect(t, a.run(t, replay), 3, "3", "0", "", "::error::contract replay could not be checked: there are no recordings")
	recordings := filepath.Join(a.workspace, "testdata", "tapkey")
	if err := os.CopyFS(recordings, os.DirFS(filepath.Join("..", "..", "recorded"))); err != nil {
		t.Fatal(err)
	}
	got := a.run(t, replay)
	expect(t, got, 0, "0", "0", "", "18 of 18 reads checked")
	if !strings.Contains(got.summary, "## Contract: replay agrees") {
		t.Errorf("got the summary\n%s\nwant agreement", got.summary)
	}
	write(t, recordings, "broken.json", `{"operation":"listOwners","status":200,"contentType":"application/json","body":[{"id":7}]}`)
	expect(t, a.run(t, replay), 1, "1", "some", "1", "issue 1: opened")
	if got := a.github.Issues()[0].Title; got != "The recorded responses of the Tapkey API disagree with the contract" {
		t.Errorf("got the title %q, want that of replay", got)
	}
	write(t, recordings, "\n::error::x`@octocat`.json", "{")
	got = a.run(t, replay)
	expect(t, got, 3, "3", "0", "", "is not a recording")
	if strings.Contains(got.log, "\n::error::x") {
		t.Errorf("got the log\n%s\nwant no command from the name of a file", got.log)
	}
}

// Inputs are text, whatever is in them. Invalid ones are reported.
func TestActionInputs(t *testing.T) {
	a := newActionRunner(t)
	a.once = true
	s := startSandbox(t)
	hostile := []string{
		"$(touch pwned)", "`touch pwned`", "\"; touch pwned; \"", "'; touch pwned #", "x\ntouch pwned", "x\n::error::pwned", "x\r\n##[error]pwned",
		"--help", "-x", "https://x/\"$(touch pwned)\"", "${{ github.token }}", "$GITHUB_TOKEN", "%0A::error::pwned", "@octocat <b>", "\x1b[31mred", strings.Repeat("x", 20000),
		"status=0\nfindings=0", "../../etc/passwd", "<<EOF", "* ? [a]",
	}
	for i, text := range hostile {
		// Inputs that are used as text, one after the other.
		name := []string{"base-uri", "token-endpoint", "client-id", "client-secret", "scopes", "owner", "recordings", "check", "issue", "complete", "identity-provider"}
		for _, name := range []string{name[i%len(name)], name[(i+5)%len(name)], "base-uri"} {
			inputs := credentials(s)
			inputs[name] = text
			want := "23"
			switch name {
			case "recordings":
				inputs["check"] = "replay"
			case "owner":
				inputs["issue"], want = "false", "1" // 404 is not documented
			}
			got := a.run(t, inputs)
			if status := got.outputs["status"]; len(status) != 1 || !strings.Contains(want, status) {
				t.Errorf("%s=%q: got status %q and the log\n%s\nwant one of %s", name, text, status, got.log, want)
			}
			for line := range strings.Lines(got.log) {
				if regexp.MustCompile(`^\s*::`).MatchString(line) && !regexp.MustCompile(`^::(add-mask|warning|error)::`).MatchString(line) || strings.HasPrefix(line, "::error::pwned") || strings.Contains(line, "##[error]") && !strings.HasPrefix(line, "::") {
					t.Errorf("%s=%q: got the command %q, want none", name, text, line)
				}
			}
		}
	}
	if _, err := os.Stat(filepath.Join(a.workspace, "pwned")); err == nil {
		t.Error("got the file pwned, want no input run by the shell")
	}
	if n := len(a.github.Issues()); n != 0 {
		t.Errorf("got %d issues, want none", n)
	}

	for name, value := range map[string]string{"check": "lint", "issue": "yes", "complete": "1", "identity-provider": "x"} {
		expect(t, a.run(t, map[string]string{name: value}), 2, "2", "", "", "::error::the input "+name)
	}
	expect(t, a.run(t, map[string]string{"check": "replay", "recordings": ""}), 2, "2", "", "", "::error::the input recordings")

	// A title is text, too.
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
		t.Fatal(err)
	}
	inputs := credentials(s)
	inputs["issue-title"] = "a \"b\" $(touch pwned)\n--> " + strings.Repeat("ü", 300)
	expect(t, a.run(t, inputs), 1, "1", "some", "1", "issue 1: opened")
	expect(t, a.run(t, inputs), 1, "1", "some", "1", "issue 1: updated")
}

// Text in the log has no commands to the runner, wherever they are in a line.
func TestWorkflowLog(t *testing.T) {
	var b strings.Builder
	log := workflowLog{&b}
	log.text("failed: ##[error]x\n::error::y\n \t::warning file=z::\na ::b 127.0.0.1 [::1]:80\n")
	log.annotate("error", "50%\n::error::x\r\x1b[31m")
	want := "failed: (command)error]x\n(command)error::y\n(command)warning file=z::\na ::b 127.0.0.1 [::1]:80\n::error::50%25 ::error::x [31m\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// Secrets are masked first, and are in no other line.
func TestActionSecrets(t *testing.T) {
	a := newActionRunner(t)
	secret := "first%line\nsecond line"
	seen := http.NewServeMux()
	seen.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client", "error_description": "no " + r.PostFormValue("client_secret") + " @octocat\n::error::x"})
	})
	server := httptest.NewServer(seen)
	defer server.Close()
	got := a.run(t, map[string]string{"client-id": "id", "client-secret": secret, "base-uri": server.URL, "token-endpoint": server.URL + "/token"})
	if want := "::add-mask::first%25line\n::add-mask::second line\n::add-mask::" + githubtest.Token + "\n"; !strings.HasPrefix(got.log, want) {
		t.Errorf("got the log\n%s\nwant it to begin with\n%s", got.log, want)
	}
	s := startSandbox(t)
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
		t.Fatal(err)
	}
	got = a.run(t, credentials(s))
	expect(t, got, 1, "1", "some", "1", "")
	rest := strings.ReplaceAll(got.log, "::add-mask::"+s.ClientSecret(), "") + got.summary + a.github.Issues()[0].Body + fmt.Sprint(got.outputs)
	for _, value := range []string{s.ClientSecret(), s.ClientID()} {
		if strings.Contains(rest, value) {
			t.Errorf("got the secret %q outside of its mask, want none", value)
		}
	}
}

// Text of a server remains text in the log, in the summary and in the issue.
func TestActionWithAHostileServer(t *testing.T) {
	a := newActionRunner(t)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"abcdefgh","token_type":"Bearer","expires_in":3600}`))
	})
	names := []string{"@octocat", "<img src=x>", "`@octocat`", "[a](https://evil.example)", "a|b", "\n::error::x", "##[error]x", "\x1b[31m", "-->", "https://evil.example", "#1", "@everyone.here"}
	mux.HandleFunc("GET /api/v1/Owners", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		owner := map[string]any{"id": "x"}
		for _, name := range names {
			owner[name] = 1
		}
		_ = json.NewEncoder(w).Encode([]any{owner})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; x=\"@octocat <b> ::error::\"")
		w.Header().Set("X-Request-Id", "@octocat")
		w.WriteHeader(http.StatusTeapot)
		_ = json.NewEncoder(w).Encode(map[string]string{"ErrorCode": "@octocat", "ErrorMessage": "cc @octocat <b>x</b>\n::error::x ##[error]y [a](https://evil.example)"})
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	got := a.run(t, map[string]string{"client-id": "id", "client-secret": "secret", "base-uri": server.URL, "token-endpoint": server.URL + "/token"})
	expect(t, got, 1, "1", "some", "1", "")
	code := regexp.MustCompile("`[^`\n]*`|<!-- tapkey-contract [^>]* -->|https://github.com/octocat/hello/actions/runs/42")
	for where, text := range map[string]string{"the summary": got.summary, "the issue": a.github.Issues()[0].Body} {
		if !strings.Contains(text, "`/*/@octocat`") {
			t.Errorf("%s: got\n%s\nwant the names of unknown fields", where, text)
		}
		outside := code.ReplaceAllString(text, "")
		for _, part := range []string{"octocat", "<", "evil", "everyone", "\x1b", "::"} {
			if strings.Contains(outside, part) {
				t.Errorf("%s: got %q outside of code in\n%s", where, part, text)
			}
		}
	}
	if regexp.MustCompile(`(?m)^\s*::error::x|##\[|\x1b`).MatchString(got.log) {
		t.Errorf("got the log\n%s\nwant no commands from a server", got.log)
	}
}
