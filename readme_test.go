package tapkeygo_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// CI runs every target of make that the README tells a reader to run.
func TestReadmeCommandsAreInCI(t *testing.T) {
	ci, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	prerequisites := map[string][]string{"stale": {"generate"}} // it compares with what generate writes
	for _, rule := range regexp.MustCompile(`(?m)^([a-z-]+):([a-z0-9 -]*)##`).FindAllStringSubmatch(string(makefile), -1) {
		prerequisites[rule[1]] = append(prerequisites[rule[1]], strings.Fields(rule[2])...)
	}
	run := map[string]bool{}
	var visit func(target string)
	visit = func(target string) {
		if !run[target] {
			run[target] = true
			for _, next := range prerequisites[target] {
				visit(next)
			}
		}
	}
	for _, target := range makeTarget.FindAllStringSubmatch(string(ci), -1) {
		visit(target[1])
	}
	for _, command := range readDocument(t, "README.md").shell() {
		if target, found := strings.CutPrefix(command, "make "); found && !run[target] {
			t.Errorf("the README says %q, but .ci/run does not run it", command)
		}
	}
}

// What is known less well than by Tapkey's own words is named in the README.
func TestReadmeNamesTheEvidence(t *testing.T) {
	openapi, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, limits, _ := strings.Cut(string(readme), "\n## What it does not promise\n")
	verified, rest, _ := strings.Cut(limits, "*verified*")
	reported, inferred, found := strings.Cut(rest, "*reported*")
	inferred, _, ended := strings.Cut(inferred, "*inferred*")
	if verified == "" || !found || !ended {
		t.Fatal("the README does not name the three classes of evidence")
	}
	item := regexp.MustCompile(`^    (\w+):$`)
	var name string
	named := 0
	for line := range strings.Lines(string(openapi)) {
		if match := item.FindStringSubmatch(strings.TrimRight(line, "\n")); match != nil {
			name = "`" + match[1] + "`"
		}
		class, found := strings.CutPrefix(line, "      x-evidence: ")
		switch class = strings.TrimSpace(class); {
		case !found || class == "verified":
			continue
		case class == "reported" && strings.Contains(reported, name), class == "inferred" && strings.Contains(inferred, name):
			named++
		default:
			t.Errorf("the README does not say that %s is %s", name, class)
		}
	}
	if got := strings.Count(reported+inferred, "`") / 2; named == 0 || got != named {
		t.Errorf("%d are named, %d should be", got, named)
	}
}

// Of the other ways that the README compares with: what oapi-codegen makes of the document.
func TestStockIsAsTheReadmeSays(t *testing.T) {
	files, err := filepath.Glob("bench/internal/peers/stock/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d files", err, len(files))
	}
	stock, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"client.Client = &http.Client{}",         // without limits, time-outs or retries, and with redirects
		"bodyBytes, err := io.ReadAll(rsp.Body)", // whole answers in memory
	} {
		if !strings.Contains(string(stock), line) {
			t.Errorf("it does not say %q", line)
		}
	}
}

// And what net/http does with a redirect to plain http on the same host.
func TestNetHTTPTakesTheTokenAlong(t *testing.T) {
	var got string
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
	}))
	defer plain.Close()
	tls := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer tls.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tls.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer t")
	rsp, err := tls.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()
	if got != "Bearer t" {
		t.Errorf("it sent %q", got)
	}
}
