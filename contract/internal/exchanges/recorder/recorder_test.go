package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const unknownOwner = "/Owners/nobody/Contacts"

// A request is recorded with its operation and its test, and without its token. A response is
// recorded only if it is the sandbox's and no fault was injected.
func TestRecorder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(EnvDir, dir)
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(server.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	send := func(target string, edit func(*http.Request)) error {
		t.Helper()
		ctx := api.ContextWithOperation(t.Context(), &api.Operation{ID: "listOwners"})
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(server.BaseURL(), "/api/v1")+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		edit(req)
		rsp, err := Send(req, base, func() (*http.Response, error) { return http.DefaultClient.Do(req) })
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, rsp.Body)
		return errors.Join(err, rsp.Body.Close())
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	body := func(text string) func(*http.Request) {
		return func(req *http.Request) {
			req.Method, req.Body = http.MethodPut, io.NopCloser(strings.NewReader(text))
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
			req.ContentLength = int64(len(text))
			req.Header.Set("Content-Type", "application/json")
		}
	}
	must(send("/api/v1/Owners?$top=1", func(*http.Request) {}))
	must(send("/api/v1"+unknownOwner, body(`{"title":"x"}`)))
	must(send("/api/v1"+unknownOwner, func(req *http.Request) { body("{}")(req); req.GetBody = nil }))
	must(send("/api/v1/Owners", func(req *http.Request) { req.Header.Set("Authorization", token.AccessToken) }))
	must(server.Inject(sandbox.Fault{Kind: sandbox.Fault500, Count: 1}))
	must(send("/api/v1/Owners", func(*http.Request) {}))
	must(server.Inject(sandbox.Fault{Kind: sandbox.FaultReset}))
	if err := send("/api/v1/Owners", func(req *http.Request) { *req = *req.WithContext(context.Background()) }); err == nil {
		t.Error("a reset: got no error, want one")
	}
	must(server.ClearFaults())
	must(send("/elsewhere", func(*http.Request) {}))

	type summary struct {
		operation, method, target, authorization, body string
		unknown                                        bool
		status                                         int
	}
	want := []summary{
		{"listOwners", "GET", "/Owners?$top=1", "Bearer recorded", "", false, 400},
		{"listOwners", "PUT", unknownOwner, "Bearer recorded", `{"title":"x"}`, false, 401},
		{"listOwners", "PUT", unknownOwner, "Bearer recorded", "", true, 401},
		{"listOwners", "GET", "/Owners", "other recorded", "", false, 401},
		{"listOwners", "GET", "/Owners", "Bearer recorded", "", false, 0},
		{"", "GET", "/Owners", "Bearer recorded", "", false, 0},
	}
	var got []summary
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got %d files and error %v, want 1", len(files), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), token.AccessToken) {
		t.Error("the file contains the token")
	}
	for line := range strings.Lines(string(text)) {
		var l Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Response != nil {
			got[l.ID-1].status = l.Response.Status
			if !l.Response.Complete || l.Response.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got the response %+v, want it complete and JSON", l.Response)
			}
			continue
		}
		r := l.Request
		if name := "contract/internal/exchanges/recorder TestRecorder"; r.Test != name {
			t.Errorf("got the test %q, want %q", r.Test, name)
		}
		got = append(got, summary{r.Operation, r.Method, r.Target, r.Header.Get("Authorization"), string(r.Body), r.Unknown, 0})
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestTestIn(t *testing.T) {
	const module = "github.com/tapkey-go/tapkey-go/"
	for function, want := range map[string]string{
		module + "client_test.TestRetries":             "client TestRetries",
		module + "client_test.TestRetries.func1.2":     "client TestRetries",
		module + "client_test.ExampleClient_errors":    "client ExampleClient_errors",
		module + "client_test.FuzzPathValues.func1":    "client FuzzPathValues",
		module + "cmd/tapkey.TestConfirm(0xc000)":      "cmd/tapkey TestConfirm",
		module + "examples/owners_test.TestList.func1": "examples/owners TestList",
		module + "examples/owners.TestList":            "examples/owners TestList",
		module + "cmd/tapkey.TestMain":                 "",
		module + "cmd/tapkey.main":                     "",
		module + "client.(*Client).Do":                 "",
		module + "client_test.(*service).client":       "",
		"example.com/other.TestRetries":                "",
		"testing.tRunner":                              "",
		"":                                             "",
	} {
		if got := testIn(function); got != want {
			t.Errorf("testIn(%q): got %q, want %q", function, got, want)
		}
	}
}
