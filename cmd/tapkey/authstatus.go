package main

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/cmd/tapkey/internal/profile"
)

func (a *app) authCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "auth",
		Short:   "Who is signed in",
		Example: "  tapkey auth status",
		Args:    subcommandArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	status := &cobra.Command{
		Use:   "status",
		Short: "Show who is signed in, and where the token is kept",
		Long: "Show the account of the profile: who is signed in, the environment, the scopes,\n" +
			"when the token expires, and where it is kept. It sends no request and prints no\n" +
			"secret. Exit status: 0 signed in, 4 not signed in.",
		Example: "  tapkey auth status",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.authStatus(cmd) },
	}
	a.outputFlags(status)
	cmd.AddCommand(status)
	return cmd
}

// An account is what tapkey auth status prints.
type account struct {
	Profile     string     `json:"profile"`
	Environment string     `json:"environment"` // "" for URLs of another server
	API         string     `json:"api"`
	ClientID    string     `json:"clientId"`
	GrantType   string     `json:"grantType"`
	User        string     `json:"user"` // "" if not known
	Scopes      []string   `json:"scopes"`
	Expires     *time.Time `json:"expires"`   // of the access token; null if there is none
	Renewable   bool       `json:"renewable"` // without the person
	Storage     string     `json:"storage"`
	Path        string     `json:"path"`
	Note        string     `json:"note,omitempty"`
}

func (a *app) authStatus(cmd *cobra.Command) error {
	out, err := a.newOutput(cmd)
	if err != nil {
		return err
	}
	s, err := a.storedProfile()
	if err != nil {
		return err
	}
	if s.profile.Storage == "" {
		return s.notSignedIn()
	}
	about, err := s.status(cmd.Context())
	if err != nil {
		return err
	}
	if !out.hasColumns() {
		return printValue(out, about)
	}
	out.width = 0 // the terminal wraps long values, which can then be copied
	return printAll(out, accountColumns, about.rows())
}

// status returns what is known of the account without a request.
func (s *settings) status(ctx context.Context) (account, error) {
	about := account{
		Profile: s.name, Environment: s.environmentName(), API: s.baseURL, ClientID: s.profile.ClientID,
		GrantType: s.profile.GrantType, Scopes: s.profile.Scopes, Storage: s.profile.Storage, Path: s.dir.Tokens(s.name, s.profile.Storage),
	}
	if about.Scopes == nil {
		about.Scopes = []string{}
	}
	if haveCredentials() {
		about.Note = "commands use " + client.EnvClientID + " and the secret in the environment, not this profile"
	}
	store, err := s.dir.Store(ctx, s.name, s.profile.Storage)
	if err != nil {
		return about, &failure{err}
	}
	if s.profile.GrantType == profile.ClientCredentials {
		secret, err := profile.LoadSecret(ctx, store, s.profile.ClientID)
		switch {
		case err != nil:
			return about, &failure{err}
		case secret == "":
			return about, s.notSignedIn()
		}
		about.Renewable = true
		return about, nil
	}
	app, err := s.app(ctx, store)
	if err != nil {
		return about, err
	}
	token, err := app.StoredToken(ctx, store, s.person())
	switch {
	case err != nil:
		return about, &failure{err}
	case token == nil:
		return about, s.notSignedIn()
	}
	about.describe(token)
	return about, nil
}

// describe adds what the token of a person tells. Its claims are not verified.
func (a *account) describe(token *oauth2.Token) {
	info := describe(token)
	a.Expires, a.Renewable = info.Expires, token.RefreshToken != ""
	for _, name := range []string{"email", "preferred_username", "name", "sub"} {
		if text, ok := info.Claims[name].(string); ok && text != "" {
			a.User = text
			return
		}
	}
}

var accountColumns = []column[claim]{
	{"ACCOUNT", "", func(c claim) any { return c.name }},
	{"VALUE", "", func(c claim) any { return c.value }},
}

// rows returns the account as rows of a table.
func (a account) rows() iter.Seq2[claim, error] {
	expires := any("")
	switch {
	case a.GrantType == profile.ClientCredentials:
		expires = "tokens are requested when they are needed"
	case a.Expires != nil && time.Now().After(*a.Expires) && a.Renewable:
		expires = "expired; the next command renews it"
	case a.Expires != nil:
		expires = a.Expires
	}
	where := a.Path
	if a.Storage == profile.Keyring {
		where += ", encrypted with a key in the keyring"
	} else {
		where += ", not encrypted"
	}
	return func(yield func(claim, error) bool) {
		for _, row := range []claim{
			{"profile", a.Profile}, {"environment", a.Environment}, {"API", a.API}, {"client", a.ClientID},
			{"grant type", a.GrantType}, {"user", a.User}, {"scopes", strings.Join(a.Scopes, " ")},
			{"token expires", expires}, {"stored in", where}, {"note", a.Note},
		} {
			if text, ok := row.value.(string); (!ok || text != "") && !yield(row, nil) {
				return
			}
		}
	}
}
