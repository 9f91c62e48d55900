package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestTokenIsPrintedOnlyWithShow(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	r := tapkeyMain(t, env, "token", "--show")
	r.checkSuccess(t)
	if strings.Count(r.stdout, ".") != 2 || strings.Count(r.stdout, "\n") != 1 {
		t.Fatalf("token --show = %q, want one line with a JWT", r.stdout)
	}
	signature := strings.Split(strings.TrimSpace(r.stdout), ".")[2]
	for _, flag := range []string{"--json", "--json=false"} {
		r := tapkeyMain(t, env, "token", flag)
		r.checkSuccess(t)
		checkContains(t, r.name, r.stdout, "tapkey-sandbox")
		checkLacks(t, r.name, r.stdout, signature, "eyJ")
	}
}

func TestTokenScopes(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	env = append(env, "TAPKEY_SCOPES=read:logs")
	for _, test := range []struct {
		args []string
		want string
	}{{nil, "read:logs"}, {[]string{"--scope", "read:grants", "--scope", "write:grants"}, "read:grants write:grants"}} {
		r := tapkeyMain(t, env, append([]string{"token", "--json"}, test.args...)...)
		r.checkSuccess(t)
		var about struct{ Claims struct{ Scope []string } }
		must(t, json.Unmarshal([]byte(r.stdout), &about))
		check(t, r.name+": scopes", strings.Join(about.Claims.Scope, " "), test.want)
	}
	for scope, want := range map[string]int{"": exitMisuse, "no such": exitMisuse, "read:everything": exitAuth} {
		tapkeyMain(t, env, "token", "--scope", scope).checkFailure(t, want)
	}
}

func TestTokenThatIsNotAJWT(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.FaultMalformedToken, Operation: "token"}))
	r := tapkeyMain(t, env, "token", "--json")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, `"claims": null`)
}
