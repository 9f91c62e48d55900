package issue

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/issue/githubtest"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
	"github.com/tapkey-go/tapkey-go/internal/closedport"
)

// repository returns the repository of a server, without pauses before retries.
func repository(t *testing.T, url string, more ...string) *Repository {
	t.Helper()
	env := map[string]string{
		"GITHUB_REPOSITORY": githubtest.Repository, "GITHUB_TOKEN": githubtest.Token, "GITHUB_API_URL": url, "GITHUB_RUN_ID": "42",
	}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	r, err := FromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	r.pause = 0
	return r
}

// result returns a report: a finding for each operation, or agreement on all of covered.
func result(findings ...string) live.Report {
	r := live.Report{Verdict: verdict.Agrees}
	for _, id := range []string{"getOwner", "getBoundCard"} {
		r.Operations = append(r.Operations, contract.Coverage{Operation: id, Method: "GET", Objects: 1})
	}
	for _, id := range findings {
		r.Verdict = verdict.Disagrees
		r.Findings = append(r.Findings, contract.Finding{Operation: id, Side: contract.Response, Status: 200, Class: contract.UnknownField, Pointer: "/nickname", Count: 1})
	}
	return r
}

// update updates the issue and compares what was changed.
func update(t *testing.T, r *Repository, result live.Report, want string) {
	t.Helper()
	got, err := r.Update(t.Context(), "", "live", result)
	if err != nil || got.Change != want {
		t.Fatalf("got the change %q and error %v, want %q and none", got.Change, err, want)
	}
}

func requests(t *testing.T, s *githubtest.Server, want ...string) {
	t.Helper()
	if got := s.Requests(); !slices.Equal(got, want) {
		t.Errorf("got the requests %q, want %q", got, want)
	}
}

// One issue is opened, updated and closed. A comment is added only when the findings change.
func TestUpdate(t *testing.T) {
	s := githubtest.Start(t)
	r := repository(t, s.URL)

	update(t, r, result(), "")
	requests(t, s, "GET /issues")
	update(t, r, result("getOwner"), "opened")
	requests(t, s, "GET /issues", "POST /issues", "GET /issues")
	again := result("getOwner")
	again.Findings[0].Count = 3
	update(t, r, again, "updated")
	requests(t, s, "GET /issues", "PATCH /issues/1")
	update(t, r, result("getOwner", "getBoundCard"), "updated")
	requests(t, s, "GET /issues", "PATCH /issues/1", "POST /issues/1/comments")
	if i := s.Issues()[0]; !strings.Contains(i.Body, "getBoundCard") || !strings.Contains(i.Body, "(https://github.com/octocat/hello/actions/runs/42)") {
		t.Errorf("got the text\n%s\nwant the current findings and a link to the run", i.Body)
	}

	// What could not be checked changes nothing.
	update(t, r, live.Report{Verdict: verdict.NotChecked}, "")
	requests(t, s)
	// An operation that had findings was not checked.
	partly := result()
	partly.Operations[1].Objects = 0
	update(t, r, partly, "left open, because this run did not check getBoundCard")
	requests(t, s, "GET /issues")

	update(t, r, result(), "closed")
	requests(t, s, "GET /issues", "PATCH /issues/1", "POST /issues/1/comments")
	if i := s.Issues()[0]; i.State != "closed" || i.StateReason != "completed" || len(i.Comments) != 2 {
		t.Errorf("got the issue %+v, want it closed and completed, with 2 comments", i)
	}
	update(t, r, result("getOwner"), "opened")
	if issues := s.Issues(); len(issues) != 2 || issues[1].State != "open" {
		t.Errorf("got %+v, want a second issue after the first was closed", issues)
	}
}

// Issues of others are left alone: without the label, with another title, and pull requests.
func TestIssuesOfOthers(t *testing.T) {
	s := githubtest.Start(t)
	r := repository(t, s.URL)
	title, labels := Title("", "live"), []githubtest.Label{{Name: "Tapkey-Contract"}}
	text := newMark(title, result()).String() + "\n"
	s.Add(githubtest.Issue{Title: title, Body: text})
	s.Add(githubtest.Issue{Title: "Another", Body: "x", Labels: labels})
	s.Add(githubtest.Issue{Title: title, Body: text, Labels: labels, PullRequest: map[string]string{"url": "x"}})
	s.Add(githubtest.Issue{Title: title, Body: text, Labels: labels, State: "closed"})
	update(t, r, result(), "")
	update(t, r, result("getOwner"), "opened")
	if got, err := r.Update(t.Context(), "Staging", "live", result("getOwner")); err != nil || got != (Issue{6, "opened"}) {
		t.Errorf("another title: got %+v and error %v, want issue 6 opened", got, err)
	}
	update(t, r, result(), "closed")
	for i, issue := range s.Issues() {
		if want := []string{"open", "open", "open", "closed", "closed", "open"}[i]; issue.State != want || len(issue.Comments) != map[int]int{4: 1}[i] {
			t.Errorf("got the issue %+v, want it %s", issue, want)
		}
	}
}

// People may edit the title or the text of an issue, and GitHub's editor ends lines with \r\n.
func TestAnEditedIssueIsFound(t *testing.T) {
	for name, edit := range map[string]func(*githubtest.Issue){
		"title":             func(i *githubtest.Issue) { i.Title = "Tapkey is wrong again" },
		"text":              func(i *githubtest.Issue) { i.Body = "We know." },
		"text above":        func(i *githubtest.Issue) { i.Body = "We know.\r\n" + strings.ReplaceAll(i.Body, "\n", "\r\n") },
		"title and ending":  func(i *githubtest.Issue) { i.Title, i.Body = "x", i.Body+"\nmore" },
		"case of the label": func(i *githubtest.Issue) { i.Labels = []githubtest.Label{{Name: "TAPKEY-contract"}} },
	} {
		t.Run(name, func(t *testing.T) {
			first, s := githubtest.Start(t), githubtest.Start(t)
			update(t, repository(t, first.URL), result("getOwner"), "opened")
			edited := first.Issues()[0]
			edit(&edited)
			s.Add(edited)
			r := repository(t, s.URL)
			update(t, r, result("getOwner"), "updated")
			update(t, r, result(), "closed")
			if n := len(s.Issues()); n != 1 {
				t.Errorf("got %d issues, want 1", n)
			}
		})
	}
}

// Runs at the same time open one issue.
func TestConcurrentRuns(t *testing.T) {
	s := githubtest.Start(t)
	const runs = 4
	var arrived sync.WaitGroup
	arrived.Add(runs)
	var mu sync.Mutex
	lists := 0
	s.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		lists++
		first := r.Method == http.MethodGet && lists <= runs
		mu.Unlock()
		if first { // no run opens its issue before all have looked
			arrived.Done()
			arrived.Wait()
		}
		return false
	})
	var wg sync.WaitGroup
	for range runs {
		r := repository(t, s.URL)
		wg.Go(func() {
			if _, err := r.Update(t.Context(), "", "live", result("getOwner")); err != nil {
				t.Errorf("got error %v, want none", err)
			}
		})
	}
	wg.Wait()
	update(t, repository(t, s.URL), result("getOwner"), "updated")
	issues := s.Issues()
	for i, issue := range issues {
		if (issue.State == "open") != (i == 0) {
			t.Errorf("got issue %d %s, want only the first open", issue.Number, issue.State)
		}
	}
	if len(issues) < 2 {
		t.Errorf("got %d issues, want several runs to have opened one", len(issues))
	}
}

// The list has several pages.
func TestManyIssues(t *testing.T) {
	s := githubtest.Start(t)
	r := repository(t, s.URL)
	update(t, r, result("getOwner"), "opened")
	for range 250 {
		s.Add(githubtest.Issue{Title: "Another", Labels: []githubtest.Label{{Name: Label}}})
	}
	update(t, r, result("getOwner"), "updated")
	if n := len(s.Issues()); n != 251 {
		t.Errorf("got %d issues, want 251", n)
	}
}

// A token that cannot set labels would open an issue in each run.
func TestWithoutTheLabel(t *testing.T) {
	s := githubtest.Start(t)
	s.Before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		s.Add(githubtest.Issue{Title: "x"})
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"number": 1, "labels": []}`))
		return true
	})
	_, err := repository(t, s.URL).Update(t.Context(), "", "live", result("getOwner"))
	if err == nil || !strings.Contains(err.Error(), "cannot set the label") || s.Issues()[0].State != "closed" {
		t.Errorf("got error %v and the issue %+v, want an error and the issue closed", err, s.Issues()[0])
	}
}

// Failures of the API are errors on one line, without the token. Only requests that can be
// repeated are repeated.
func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		method   string
		status   int
		message  string
		want     string
		requests int
	}{
		"no permission":    {"", 403, "Resource not accessible by integration", "GET issues: 403 Forbidden: Resource not accessible by integration (the job needs the permission issues: write)", 1},
		"cannot write":     {"POST", 403, "Resource not accessible by integration", "POST issues: 403 Forbidden: ", 2},
		"unavailable":      {"", 503, "Unavailable", "GET issues: 503 Service Unavailable: Unavailable", 3},
		"an error of POST": {"POST", 502, "", "POST issues: 502 Bad Gateway", 2},
		"disabled":         {"", 410, "Issues are disabled for this repo", "issues are disabled in this repository", 1},
		"the token":        {"", 401, "Bad token " + githubtest.Token, "401 Unauthorized: Bad token ***", 1},
		"a hostile text":   {"", 400, "no\r\n::error::\x1b[31mred\u202e", "400 Bad Request: no ::error:: [31mred", 1},
		"a redirect":       {"", 301, "", "301 Moved Permanently", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.Start(t)
			s.Fail(test.method, test.status, test.message)
			got, err := repository(t, s.URL).Update(t.Context(), "", "live", result("getOwner"))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), githubtest.Token) || strings.ContainsAny(err.Error(), "\r\n\x1b") {
				t.Errorf("got %+v and error %q, want an error with %q", got, err, test.want)
			}
			if n := len(s.Requests()); n != test.requests {
				t.Errorf("got %d requests, want %d", n, test.requests)
			}
		})
	}

	// A failure that passes.
	s := githubtest.Start(t)
	failed := false
	s.Before(func(w http.ResponseWriter, _ *http.Request) bool {
		defer func() { failed = true }()
		if !failed {
			w.WriteHeader(http.StatusBadGateway)
		}
		return !failed
	})
	update(t, repository(t, s.URL), result("getOwner"), "opened")

	// A redirect is not followed: the token is for one server.
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) }))
	defer other.Close()
	moved := githubtest.Start(t)
	moved.Before(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		return true
	})
	if _, err := repository(t, moved.URL).Update(t.Context(), "", "live", result()); err == nil || !strings.Contains(err.Error(), "307 Temporary Redirect") {
		t.Errorf("a redirect: got error %v, want 307", err)
	}

	// No server, and a response that is not JSON.
	closed := "http://" + closedport.Address(t)
	if _, err := repository(t, closed).Update(t.Context(), "", "live", result("getOwner")); err == nil || strings.Contains(err.Error(), "repos/") {
		t.Errorf("no server: got error %v, want one without the URL", err)
	}
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer html.Close()
	if _, err := repository(t, html.URL).Update(t.Context(), "", "live", result("getOwner")); err == nil || !strings.Contains(err.Error(), "invalid response") {
		t.Errorf("HTML: got error %v, want an invalid response", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := repository(t, s.URL).Update(ctx, "", "live", result("getOwner")); err == nil {
		t.Error("a cancelled context: got no error, want one")
	}
}

// The text of an issue has at most 65,536 characters, however many findings there are.
func TestLongIssue(t *testing.T) {
	s := githubtest.Start(t)
	r := repository(t, s.URL)
	long := result("getOwner")
	for i := range 5000 {
		long.Findings = append(long.Findings, contract.Finding{
			Operation: "getOwner", Class: contract.UnknownField, Pointer: "/" + strings.Repeat("ü", 1000), Detail: strings.Repeat("|", i%3000), Count: i,
		})
		long.Errors = append(long.Errors, live.Failure{Error: strings.Repeat("x", 1000), Count: i})
	}
	update(t, r, long, "opened")
	body := s.Issues()[0].Body
	if !strings.Contains(body, "more findings are not shown here.") || !strings.Contains(body, "| `getBoundCard` | yes |") {
		t.Errorf("got the text %.2000s, want the number of findings that are not in it, and the reads", body)
	}
	if len(body) > maxBody || len(body) < maxBody/3 {
		t.Errorf("got %d bytes, want at most %d and at least a third of it", len(body), maxBody)
	}
}

func TestFromEnv(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"GITHUB_REPOSITORY", "", "GITHUB_REPOSITORY is not set"},
		{"GITHUB_REPOSITORY", "octocat", "not the name of a repository"},
		{"GITHUB_REPOSITORY", "octocat/..", "not the name of a repository"},
		{"GITHUB_REPOSITORY", "../user", "not the name of a repository"},
		{"GITHUB_REPOSITORY", "octocat/hello?x", "not the name of a repository"},
		{"GITHUB_REPOSITORY", "octocat/hello\n", "not the name of a repository"},
		{"GITHUB_TOKEN", "", "GITHUB_TOKEN is not set"},
		{"GITHUB_TOKEN", "to\nken", "GITHUB_TOKEN is not a token"},
		{"GITHUB_API_URL", "http://api.example.com", "must use https"},
		{"GITHUB_API_URL", "ftp://127.0.0.1", "must use https"},
		{"GITHUB_API_URL", "https://user@api.example.com", "not a URL"},
		{"GITHUB_API_URL", "https://api.example.com/?x", "not a URL"},
		{"GITHUB_API_URL", "$(id)", "not a URL"},
		{"GITHUB_API_URL", "\"\n", "not a URL"},
	} {
		env := map[string]string{"GITHUB_REPOSITORY": githubtest.Repository, "GITHUB_TOKEN": githubtest.Token}
		env[test.name] = test.value
		if _, err := FromEnv(func(name string) string { return env[name] }); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s=%q: got error %v, want %q", test.name, test.value, err, test.want)
		}
	}
	for server, want := range map[string]string{
		"": "https://github.com/octocat/hello/actions/runs/42", "https://git.example.com": "https://git.example.com/octocat/hello/actions/runs/42",
		"javascript:alert(1)": "", "https://x)[y](z": "",
	} {
		r := repository(t, "https://api.example.com/v3/", "GITHUB_SERVER_URL", server)
		if r.run != want || r.issues != "https://api.example.com/v3/repos/octocat/hello/issues" {
			t.Errorf("%s: got the run %q and the issues %q, want %q", server, r.run, r.issues, want)
		}
	}
	if r := repository(t, "https://api.example.com", "GITHUB_RUN_ID", "1) @everyone"); r.run != "" {
		t.Errorf("got the run %q, want none", r.run)
	}
}

// A mark can hold any title, and text of others cannot be taken for one.
func TestMark(t *testing.T) {
	for _, title := range []string{"a -->", "<b>", "\"'\\", "–", "-- > @octocat", `{"title":"x"} -->`} {
		m := newMark(title, result("getOwner"))
		text := m.String()
		if strings.Count(text, "-->") != 1 || strings.Contains(text, "\n") {
			t.Errorf("got %s, want one end of the comment", text)
		}
		if got := markOf("x\n" + text + "\r\ny"); got.Title != title || !slices.Equal(got.Operations, m.Operations) {
			t.Errorf("got the mark %+v, want %+v", got, m)
		}
	}
	hostile := result("getOwner")
	hostile.Findings[0].Detail = "\n" + newMark("stolen", result()).String() + "\n"
	hostile.Errors = []live.Failure{{Error: hostile.Findings[0].Detail, Count: 1}}
	hostile.Reason = hostile.Findings[0].Detail
	if found := marks.FindAllString(new(Repository).body("mine", "live", hostile), -1); len(found) != 1 || markOf(found[0]).Title != "mine" {
		t.Errorf("got the marks %q, want only that of the issue", found)
	}
}
