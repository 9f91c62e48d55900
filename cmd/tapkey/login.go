package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/cmd/tapkey/internal/profile"
	"github.com/tapkey-go/tapkey-go/internal/secretfile"
)

// offlineAccess is the scope of refresh tokens.
const offlineAccess = "offline_access"

type loginFlags struct {
	clientID, secretFile, redirectURI string
	askSecret                         bool
	scopes                            []string
	port                              int
	noBrowser, service, insecure      bool
}

func (a *app) loginCommand() *cobra.Command {
	var flags loginFlags
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in, and keep the token for all commands",
		Long: "Sign in as a person in the browser, and keep the token for all commands. The\n" +
			"client in Tapkey's portal needs Authorization Code with PKCE, offline_access and\n" +
			"the redirect URI http://127.0.0.1:8111/authorize/.",
		Example: "  tapkey login --client-id tapkey-sandbox-app --port 8111",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.login(cmd, flags) },
	}
	f := cmd.Flags()
	notEmpty(f.Func, "client-id", "`ID` of the client", &flags.clientID)
	f.BoolVar(&flags.askSecret, "ask-secret", false, "ask for the client secret")
	notEmpty(f.Func, "secret-file", "`FILE` with the client secret", &flags.secretFile)
	f.StringArrayVar(&flags.scopes, "scope", nil, "`SCOPE` to request; repeatable (default: all)")
	notEmpty(f.Func, "redirect-uri", "registered redirect `URI`, if not on this port", &flags.redirectURI)
	f.IntVar(&flags.port, "port", 0, "`PORT` of the redirect URI (default 8111)")
	f.BoolVar(&flags.noBrowser, "no-browser", false, "print the URL and read the one it ends on")
	f.BoolVar(&flags.service, "client-credentials", false, "sign in as a service")
	f.BoolVar(&flags.insecure, "insecure-storage", false, "do not use the keyring")
	cmd.MarkFlagsMutuallyExclusive("redirect-uri", "port")
	cmd.MarkFlagsMutuallyExclusive("ask-secret", "secret-file")
	for _, name := range []string{"redirect-uri", "port", "no-browser"} {
		cmd.MarkFlagsMutuallyExclusive("client-credentials", name)
	}
	return cmd
}

func (a *app) login(cmd *cobra.Command, flags loginFlags) error {
	if a.useSandbox {
		return errors.New("--sandbox has no effect: the new server would end with the command; start tapkey sandbox")
	}
	if cmd.Flags().Changed("port") && (flags.port < 1 || flags.port > 65535) {
		return fmt.Errorf("--port %d is not between 1 and 65535", flags.port)
	}
	s, err := a.readSettings(&settings{}, true)
	if err != nil {
		return err
	}
	l := &login{settings: s, flags: flags, cmd: cmd, stderr: cmd.ErrOrStderr(), prompt: newPrompt(cmd.InOrStdin(), cmd.ErrOrStderr())}
	if err := l.complete(cmd.Context()); err != nil {
		return err
	}
	app, err := l.app()
	if err != nil {
		return err
	}
	store, storage, reason, err := s.dir.NewStore(cmd.Context(), s.name, flags.insecure)
	if err != nil {
		return err
	}
	l.profile.Storage = storage
	if storage == profile.File {
		l.warnOfFiles(reason)
	}
	if flags.service {
		err = l.asService(cmd.Context(), store)
	} else {
		err = l.asPerson(cmd.Context(), app, store)
	}
	if err != nil {
		return err
	}
	if err := l.save(cmd.Context(), store); err != nil {
		return err
	}
	if haveCredentials() {
		fmt.Fprintf(l.stderr, "tapkey: %s and the secret in the environment take precedence over the profile: unset them\n", client.EnvClientID)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "signed in: profile %s, %s\n", s.name, s.baseURL)
	return asFailure(err)
}

// A login is one run of tapkey login.
type login struct {
	*settings
	flags  loginFlags
	cmd    *cobra.Command
	stderr io.Writer
	prompt *prompt

	profile profile.Profile // to be saved
	secret  string          // "" for a public client
}

// complete determines the profile and the secret.
func (l *login) complete(ctx context.Context) error {
	old := l.fromProfile()
	l.profile = profile.Profile{
		Environment: l.environment, ClientID: cmp.Or(l.flags.clientID, os.Getenv(client.EnvClientID), old.ClientID),
		GrantType: profile.Person, RedirectURI: cmp.Or(l.flags.redirectURI, old.RedirectURI, auth.DefaultRedirectURL),
	}
	if l.flags.port != 0 {
		l.profile.RedirectURI = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(l.flags.port)) + "/authorize/"
	}
	if l.flags.service {
		l.profile.GrantType, l.profile.RedirectURI = profile.ClientCredentials, ""
	}
	if err := l.completeURLs(); err != nil {
		return err
	}
	if l.profile.ClientID == "" {
		return errors.New("--client-id is missing: register an Authorization Code client with PKCE in Tapkey's portal, with the redirect URI " + l.profile.RedirectURI)
	}
	if err := l.completeScopes(old); err != nil {
		return err
	}
	return l.completeSecret(ctx, old)
}

// completeURLs keeps the URLs that are not those of the environment.
func (l *login) completeURLs() error {
	environment := client.Environment(cmp.Or(l.environment, string(client.Production)))
	c, err := client.New(client.WithCredentials("-", "-"), client.WithEnvironment(environment))
	if err != nil {
		return err
	}
	if l.baseURL != c.BaseURL() {
		l.profile.BaseURI = l.baseURL
	}
	if l.tokenURL != c.TokenURL() {
		l.profile.TokenEndpoint = l.tokenURL
	}
	if l.authorizeURL != l.nextTo("/connect/authorize") {
		l.profile.AuthorizationEndpoint = l.authorizeURL
	}
	if l.revokeURL != l.nextTo("/connect/revocation") {
		l.profile.RevocationEndpoint = l.revokeURL
	}
	if l.authorizeURL == "" && !l.flags.service {
		return fmt.Errorf("the authorization endpoint is not known: set %s", envAuthorizationEndpoint)
	}
	return nil
}

// completeScopes sets the scopes: those of the flags, the variable or the profile, or all of
// the contract. A sign-in needs offline_access in addition.
func (l *login) completeScopes(old profile.Profile) error {
	scopes := slices.Clone(l.flags.scopes)
	if len(scopes) == 0 {
		scopes = strings.Fields(os.Getenv(client.EnvScopes))
	}
	if len(scopes) == 0 && old.GrantType == l.profile.GrantType {
		scopes = slices.Clone(old.Scopes)
	}
	if len(scopes) == 0 {
		scopes = allScopes()
	}
	if !l.flags.service && !slices.Contains(scopes, offlineAccess) {
		scopes = append(scopes, offlineAccess)
	}
	l.profile.Scopes = scopes
	return nil
}

// allScopes returns the scopes of all operations of the contract.
func allScopes() []string {
	var operations []string
	for _, n := range nouns {
		for _, v := range n.verbs {
			operations = append(operations, v.operation)
		}
	}
	scopes, err := client.ScopesFor(operations...)
	if err != nil {
		panic(err) // a test compares the operations with the contract
	}
	return scopes
}

// completeSecret sets the secret. That of the environment belongs to the client id there.
func (l *login) completeSecret(ctx context.Context, old profile.Profile) (err error) {
	id := os.Getenv(client.EnvClientID)
	switch {
	case l.flags.secretFile != "":
		l.secret, err = secretfile.Read(l.flags.secretFile)
	case l.flags.askSecret:
		l.secret, err = l.prompt.secret(ctx, "Client secret of "+oneLine(l.profile.ClientID)+": ")
		if err == nil && l.secret == "" {
			err = errors.New("the client secret is empty")
		}
	case id == "" || id == l.profile.ClientID:
		l.secret, err = secretOfEnvironment()
	}
	if err != nil || l.secret != "" {
		return err
	}
	if old.Storage != "" && old.ClientID == l.profile.ClientID {
		if store, err := l.dir.Store(ctx, l.name, old.Storage); err == nil {
			l.secret, _ = profile.LoadSecret(ctx, store, old.ClientID) // asked for again if it cannot be read
		}
	}
	if l.secret == "" && l.flags.service {
		return errors.New("client credentials need a secret: use --ask-secret or --secret-file, or set " + client.EnvClientSecret)
	}
	return nil
}

func (l *login) warnOfFiles(reason error) {
	if reason != nil {
		fmt.Fprintf(l.stderr, "tapkey: the keyring cannot be used: %s\n", oneLine(reason.Error()))
	}
	fmt.Fprintf(l.stderr, "tapkey: secrets and tokens are kept in files that are not encrypted and that only you can read: %s\n", l.dir.Tokens(l.name, profile.File))
}

// asService requests a token with client credentials, to check them. If the client may not
// have all scopes, each command requests its own.
func (l *login) asService(ctx context.Context, store client.TokenStore) error {
	request := func(scopes []string) error {
		opts := append(l.addressOptions(), client.WithBaseURL(l.baseURL), client.WithTokenURL(l.tokenURL),
			client.WithCredentials(l.profile.ClientID, l.secret), client.WithScopes(scopes...), client.WithTokenStore(store))
		c, err := client.New(opts...)
		if err != nil {
			return err
		}
		_, err = c.Token(ctx)
		return asFailure(err)
	}
	err := request(l.profile.Scopes)
	failed, ok := errors.AsType[*client.TokenError](err)
	if !ok || failed.Code != "invalid_scope" || len(l.flags.scopes) > 0 || os.Getenv(client.EnvScopes) != "" {
		return err
	}
	fmt.Fprintln(l.stderr, "tapkey: the client may not have all scopes: each command requests those that it needs")
	l.profile.Scopes = nil
	return request(mustScopes("listOwners"))
}

// mustScopes returns the scopes of an operation of the contract.
func mustScopes(operation string) []string {
	scopes, err := client.ScopesFor(operation)
	if err != nil {
		panic(err)
	}
	return scopes
}

// app returns the client application with which a person signs in, or nil for a service.
func (l *login) app() (*auth.App, error) {
	if l.flags.service {
		return nil, nil //nolint:nilnil // a service needs none
	}
	if !strings.HasPrefix(l.profile.RedirectURI, "http://") {
		return nil, errors.New("the redirect URI is not http on loopback, where a command can listen")
	}
	return auth.New(auth.Config{
		ClientID: l.profile.ClientID, ClientSecret: l.secret, Scopes: l.profile.Scopes, RedirectURL: l.profile.RedirectURI,
		AuthorizeURL: l.authorizeURL, TokenURL: l.tokenURL,
	})
}

// asPerson signs a person in.
func (l *login) asPerson(ctx context.Context, app *auth.App, store client.TokenStore) error {
	fmt.Fprintf(l.stderr, "In Tapkey's portal, the client needs: Authorization Code with PKCE, offline_access,\n"+
		"the scopes %s,\nand the redirect URI %s\n", strings.Join(l.profile.Scopes, " "), l.profile.RedirectURI)
	options := auth.Login{Show: func(address string) {
		fmt.Fprintf(l.stderr, "If no browser opens, open this URL:\n%s\n", address)
	}}
	if l.flags.noBrowser {
		options.Open = func(context.Context, string) error { return errors.New("--no-browser") }
		options.Show = func(address string) { fmt.Fprintf(l.stderr, "Open this URL in a browser:\n%s\n", address) }
	}
	if l.flags.noBrowser || l.prompt.isTerminal() {
		options.Paste = l.paste
	}
	token, err := app.Login(ctx, options)
	switch {
	case errors.Is(err, auth.ErrListen):
		return &failure{fmt.Errorf("%w: register another redirect URI and use --port, or use --no-browser", err)}
	case errors.Is(err, client.ErrConfig):
		return err
	case err != nil:
		return &failure{err}
	}
	if granted := auth.Scopes(token); len(granted) > 0 {
		l.reportRefused(granted)
		l.profile.Scopes = granted
	}
	return asFailure(app.SaveToken(ctx, store, l.person(), token))
}

// paste asks for the URL on which the browser has ended.
func (l *login) paste(ctx context.Context, problem error) (string, error) {
	if problem != nil && (!l.flags.noBrowser || !errors.Is(problem, auth.ErrNoBrowser)) {
		fmt.Fprintf(l.stderr, "tapkey: %s\n", oneLine(problem.Error()))
	}
	return l.prompt.line(ctx, "Paste the URL on which the browser has ended: ")
}

// reportRefused prints the scopes that were requested and not granted.
func (l *login) reportRefused(granted []string) {
	refused := slices.DeleteFunc(slices.Clone(l.profile.Scopes), func(scope string) bool { return slices.Contains(granted, scope) })
	if len(refused) > 0 {
		fmt.Fprintf(l.stderr, "tapkey: not granted: %s\n", oneLine(strings.Join(refused, " ")))
	}
}

// save saves the secret and the profile.
func (l *login) save(ctx context.Context, store client.TokenStore) error {
	if l.secret != "" {
		if err := profile.SaveSecret(ctx, store, l.profile.ClientID, l.secret); err != nil {
			return &failure{err}
		}
	}
	return asFailure(l.dir.Update(ctx, func(profiles map[string]profile.Profile) { profiles[l.name] = l.profile }))
}
