package main

import (
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestSandboxHealth(t *testing.T) {
	server, err := sandbox.Start()
	must(t, err)
	defer server.Close()
	for _, url := range []string{server.Issuer(), server.Issuer() + "/"} {
		if got := tapkeyMain(t, nil, "sandbox", "health", url); got.status != 0 || got.stdout != "ok\n" {
			t.Errorf("health of %s = status %d, stdout %q, stderr %q; want 0 and ok", url, got.status, got.stdout, got.stderr)
		}
	}
	if counts := server.Counts(); len(counts) != 0 {
		t.Errorf("counts = %v, want no request", counts)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("ok\n", 10)))
	}))
	defer other.Close()
	missing := httptest.NewServer(http.NotFoundHandler())
	defer missing.Close()
	must(t, server.Close())
	for _, url := range []string{other.URL, missing.URL, server.Issuer(), "", "127.0.0.1", "file:///etc", "http://[", "http://127.0.0.1:99999"} {
		tapkeyMain(t, nil, "sandbox", "health", url).checkFailure(t, exitFailed)
	}
	tapkeyMain(t, nil, "sandbox", "health").checkFailure(t, exitMisuse)
}

func TestVersion(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "3d3c42e"}
	date := debug.BuildSetting{Key: "vcs.time", Value: "2026-11-27T08:22:08Z"}
	for want, info := range map[string]debug.BuildInfo{
		"(devel)": {},
		"v0.2.0":  {Main: debug.Module{Version: "v0.2.0"}},
		"v0.2.0 (commit 3d3c42e, 2026-11-27T08:22:08Z)": {Main: debug.Module{Version: "v0.2.0"}, Settings: []debug.BuildSetting{commit, date}},
	} {
		if got := versionOf(&info); got != want {
			t.Errorf("version of %v = %q, want %q", info, got, want)
		}
	}
}
