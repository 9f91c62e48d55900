package main

import (
	"path/filepath"
	"testing"
)

func TestEnvironmentByName(t *testing.T) {
	t.Parallel()
	credentials := []string{"TAPKEY_CLIENT_ID=id", "TAPKEY_CLIENT_SECRET=s3cret"}
	server, env := startSandbox(t)
	for _, test := range []struct {
		env  []string
		args []string
		want string
	}{
		{credentials, []string{"--env", "staging"}, `unknown environment "staging": use production or sandbox`},
		{credentials, []string{"--env", ""}, "value is empty"},
		{credentials, []string{"--env", "sandbox", "--sandbox"}, "--sandbox excludes --env"},
		{credentials, []string{"--token-dir", t.TempDir(), "--sandbox"}, "--sandbox excludes --env and --token-dir"},
		{append(credentials, "TAPKEY_ENV=staging"), nil, "use production or sandbox"},
		{append(credentials, "TAPKEY_BASE_URI=https://my.tapkey.com"), []string{"--env", "sandbox"}, "the base URL is that of production"},
		{append(credentials, "TAPKEY_CLIENT_SECRET_FILE=/s"), nil, "are both set"},
	} {
		tapkeyMain(t, test.env, append([]string{"owners", "list"}, test.args...)...).checkFailure(t, 2, test.want)
	}
	// The URLs of the sandbox are those of no environment of Tapkey.
	tapkeyMain(t, env, "owners", "list", "--env", "sandbox").checkSuccess(t)
	check(t, "token requests", server.TokenRequests(), 1)
}

func TestTokenDirectory(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	dir := filepath.Join(t.TempDir(), "tokens")
	for range 3 {
		tapkeyMain(t, env, "owners", "list", "--token-dir", dir).checkSuccess(t)
	}
	check(t, "token requests of three commands", server.TokenRequests(), 1)
	server.RevokeTokens()
	for range 2 {
		tapkeyMain(t, env, "owners", "list", "--token-dir", dir).checkSuccess(t)
	}
	check(t, "token requests after the token was revoked", server.TokenRequests(), 2)
	tapkeyMain(t, env, "owners", "list", "--token-dir", "/dev/null/x").checkFailure(t, 2, "token store: ")
}
