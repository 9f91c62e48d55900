package client_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

func TestEnvironments(t *testing.T) {
	const (
		production, productionLogin = "https://my.tapkey.com", "https://login.tapkey.com/connect/token"
		sandbox, sandboxLogin       = "https://my.sandbox.tapkey.io", "https://login.sandbox.tapkey.io/connect/token"
	)
	source := client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}))
	env := client.WithEnvironment
	for name, test := range map[string]struct {
		variables map[string]string
		opts      []client.Option
		base      string // the wanted base URL, without /api/v1
		token     string
		want      string // the wanted error
	}{
		"default":               {nil, nil, production, productionLogin, ""},
		"production":            {nil, []client.Option{env(client.Production)}, production, productionLogin, ""},
		"sandbox":               {nil, []client.Option{env(client.Sandbox)}, sandbox, sandboxLogin, ""},
		"variable":              {map[string]string{"TAPKEY_ENV": "sandbox"}, nil, sandbox, sandboxLogin, ""},
		"option later":          {map[string]string{"TAPKEY_ENV": "sandbox"}, []client.Option{env(client.Production)}, production, productionLogin, ""},
		"twice":                 {nil, []client.Option{env("nonsense"), env(client.Sandbox)}, sandbox, sandboxLogin, ""},
		"unknown":               {map[string]string{"TAPKEY_ENV": "staging"}, nil, "", "", `unknown environment "staging": use production or sandbox`},
		"another case":          {nil, []client.Option{env("Sandbox")}, "", "", "use production or sandbox"},
		"empty":                 {nil, []client.Option{env("")}, "", "", "use production or sandbox"},
		"line break":            {nil, []client.Option{env("sandbox\nx")}, "", "", "use production or sandbox"},
		"a proxy":               {nil, []client.Option{env(client.Sandbox), client.WithBaseURL("https://proxy.example/api/v1")}, "https://proxy.example", sandboxLogin, ""},
		"a proxy for both":      {nil, []client.Option{env(client.Sandbox), client.WithBaseURL("http://127.0.0.1:1/api/v1"), client.WithTokenURL("http://127.0.0.1:1/t")}, "http://127.0.0.1:1", "http://127.0.0.1:1/t", ""},
		"its own URL":           {nil, []client.Option{client.WithBaseURL(sandbox + "/api/v1"), env(client.Sandbox)}, sandbox, sandboxLogin, ""},
		"base URL, other":       {nil, []client.Option{env(client.Sandbox), client.WithBaseURL(production + "/api/v1")}, "", "", "the environment is sandbox, but the base URL is that of production"},
		"base URL, other, back": {nil, []client.Option{client.WithBaseURL("https://MY.Sandbox.Tapkey.IO.:443/api/v1"), env(client.Production)}, "", "", "but the base URL is that of sandbox"},
		"login as base URL":     {nil, []client.Option{env(client.Sandbox), client.WithBaseURL("https://login.tapkey.com/api/v1")}, "", "", "is that of production"},
		"token URL, other":      {nil, []client.Option{env(client.Sandbox), client.WithTokenURL(productionLogin)}, "", "", "but the token URL is that of production"},
		"only the base URL":     {map[string]string{"TAPKEY_BASE_URI": sandbox}, nil, "", "", "set both with WithEnvironment or TAPKEY_ENV"},
		"only the token URL":    {map[string]string{"TAPKEY_TOKEN_ENDPOINT": sandboxLogin}, nil, "", "", "the base URL is that of the environment production, but the token URL is that of sandbox"},
		"mixed variables":       {map[string]string{"TAPKEY_BASE_URI": production, "TAPKEY_TOKEN_ENDPOINT": sandboxLogin}, nil, "", "", "but the token URL is that of sandbox"},
		"both variables":        {map[string]string{"TAPKEY_BASE_URI": sandbox, "TAPKEY_TOKEN_ENDPOINT": sandboxLogin}, nil, sandbox, sandboxLogin, ""},
		"variables, other env":  {map[string]string{"TAPKEY_BASE_URI": sandbox, "TAPKEY_TOKEN_ENDPOINT": sandboxLogin, "TAPKEY_ENV": "production"}, nil, "", "", "the environment is production"},
		"source":                {nil, []client.Option{env(client.Sandbox), source}, sandbox, "", ""},
		"source, base URL":      {nil, []client.Option{client.WithBaseURL(sandbox + "/api/v1"), source}, sandbox, "", ""},
		"source, other":         {nil, []client.Option{env(client.Production), client.WithBaseURL(sandbox + "/api/v1"), source}, "", "", "but the base URL is that of sandbox"},
		"like production":       {nil, []client.Option{env(client.Sandbox), client.WithBaseURL("https://my.tapkey.com.example/api/v1")}, "https://my.tapkey.com.example", sandboxLogin, ""},
	} {
		t.Run(name, func(t *testing.T) {
			setEnvironment(t, test.variables)
			opts := append([]client.Option{client.WithCredentials("id", "s3cret"), client.FromEnv()}, test.opts...)
			c, err := client.New(opts...)
			if test.want != "" {
				if !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got error %v, want ErrConfig with %q on one line", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			equal(t, "base URL", c.BaseURL(), test.base+"/api/v1")
			equal(t, "token URL", c.TokenURL(), test.token)
		})
	}
}
