package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestTokenItselfIsShownOnlyWhenAskedFor(t *testing.T) {
	_, env := startSandbox(t)
	token, errs, status := tapkeyMain(t, env, "token", "--show")
	if status != 0 || errs != "" || strings.Count(token, ".") != 2 || strings.Count(token, "\n") != 1 {
		t.Fatalf("status %d, %q, %q", status, token, errs)
	}
	signature := strings.Split(strings.TrimSpace(token), ".")[2]
	for _, flag := range []string{"--json", "--json=false"} {
		out, errs, status := tapkeyMain(t, env, "token", flag)
		if status != 0 || errs != "" || strings.Contains(out, signature) || strings.Contains(out, "eyJ") || !strings.Contains(out, "tapkey-sandbox") {
			t.Errorf("%s: status %d, %q, %q", flag, status, out, errs)
		}
	}
}

func TestTokenScopes(t *testing.T) {
	_, env := startSandbox(t)
	env = append(env, "TAPKEY_SCOPES=read:logs")
	for _, test := range []struct {
		args []string
		want string
	}{{nil, "[read:logs]"}, {[]string{"--scope", "read:grants", "--scope", "write:grants"}, "[read:grants write:grants]"}} {
		out, _, status := tapkeyMain(t, env, append([]string{"token", "--json"}, test.args...)...)
		var about struct{ Claims struct{ Scope []string } }
		if err := json.Unmarshal([]byte(out), &about); err != nil || status != 0 || "["+strings.Join(about.Claims.Scope, " ")+"]" != test.want {
			t.Errorf("%v: status %d, %q (%v)", test.args, status, out, err)
		}
	}
	for args, want := range map[string]int{"": 2, "no such": 2, "read:everything": 4} {
		if out, errs, status := tapkeyMain(t, env, "token", "--scope", args); status != want || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("--scope %q: status %d, %q, %q", args, status, out, errs)
		}
	}
}

func TestTokenThatIsNoJWT(t *testing.T) {
	server, env := startSandbox(t)
	if err := server.Inject(sandbox.Fault{Kind: sandbox.FaultMalformedToken, Operation: "token"}); err != nil {
		t.Fatal(err)
	}
	out, errs, status := tapkeyMain(t, env, "token", "--json")
	if status == 0 && !strings.Contains(out, `"claims": null`) || status != 0 && strings.Count(errs, "\n") != 1 {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}
