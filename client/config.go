package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/secretfile"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// config holds the settings of a Client.
type config struct {
	// Set by a sharedOption.
	id, secret      string
	secretFile      string                                                // used instead of secret, if not empty
	credentialsFunc *func(context.Context) (id, secret string, err error) // used instead of id and secret, if not nil
	source          *oauth2.TokenSource                                   // used instead of id and secret, if not nil
	store           *TokenStore                                           // nil without one
	fromEnv         bool
	scopes          []string
	explicit        bool     // scopes are those of WithScopes or TAPKEY_SCOPES
	operations      []string // of WithOperations, which scopes are for; nil without it
	authStyle       oauth2.AuthStyle
	environment     *Environment // of WithEnvironment; nil without it
	baseURL         string
	ownBaseURL      bool // baseURL is that of an option
	tokenURL        string
	ownTokenURL     bool // tokenURL is that of an option
	httpClient      *http.Client
	sleep           func(context.Context, time.Duration) error // between attempts
	clock           clock                                      // for the lifetime of a token

	// Set by an ownOption.
	userAgent string
	retries   int
	logger    *slog.Logger
	editors   []tapkey.RequestEditorFn
	settings  api.Settings

	timeout           time.Duration // of a call; 0 for none
	attemptTimeout    time.Duration // 0 for that of the http.Client
	callMiddleware    []Middleware
	attemptMiddleware []Middleware
	limiter, slots    gate // of attempts; may be nil

	fixed   string // why a sharedOption is refused; empty in New
	problem error  // what the first invalid option has found
}

// applyAll applies options and returns the error of the first one that is invalid.
func (c *config) applyAll(opts []Option) error {
	for _, opt := range opts {
		if opt == nil {
			c.fail(errors.New("an option is nil"))
		} else {
			opt.apply(c)
		}
	}
	return c.problem
}

// fail records that an option is invalid.
func (c *config) fail(err error) {
	if c.problem == nil {
		c.problem = err
	}
}

func (c *config) apply(opts []Option) error {
	if err := c.applyAll(opts); err != nil {
		return err
	}
	return c.checkOwn()
}

// checkOwn validates the settings that are specific to a variant.
func (c *config) checkOwn() error {
	for _, editor := range c.editors {
		if editor == nil {
			return errors.New("a request editor is nil")
		}
	}
	switch {
	case c.userAgent != "" && (strings.TrimSpace(c.userAgent) == "" || strings.ContainsFunc(c.userAgent, unicode.IsControl)):
		return errors.New("user agent is only spaces or contains a control character")
	case c.retries < 0:
		return fmt.Errorf("retries: %d is less than 0", c.retries)
	case c.settings.MaxResponseBytes < 1:
		return fmt.Errorf("maximum response size: %d bytes is less than 1", c.settings.MaxResponseBytes)
	case c.settings.PageSize < 1:
		return fmt.Errorf("page size: %d is less than 1", c.settings.PageSize)
	case c.settings.ReadAhead < 0:
		return fmt.Errorf("read-ahead: %d pages is less than 0", c.settings.ReadAhead)
	}
	return nil
}

// checkShared validates the settings that a Client shares with its variants.
func (c *config) checkShared() error {
	if c.httpClient == nil {
		return errors.New("http.Client is nil")
	}
	if c.operations != nil {
		scopes, err := ScopesFor(c.operations...)
		if err != nil {
			return err
		}
		c.scopes = scopes
	}
	if err := c.resolveEnvironment(); err != nil {
		return err
	}
	if err := c.checkStore(); err != nil {
		return err
	}
	if err := tokenendpoint.CheckURL(c.baseURL); err != nil {
		return fmt.Errorf("base URL: %w", err)
	}
	if c.source != nil {
		if *c.source == nil {
			return errors.New("token source is nil")
		}
		return nil
	}
	if err := tokenendpoint.CheckURL(c.tokenURL); err != nil {
		return fmt.Errorf("token URL: %w", err)
	}
	if err := c.checkStyle(); err != nil {
		return err
	}
	if err := tokenendpoint.CheckScopes(c.scopes); err != nil {
		return err
	}
	return c.checkCredentials()
}

func (c *config) checkStyle() error {
	if c.authStyle != oauth2.AuthStyleInParams && c.authStyle != oauth2.AuthStyleInHeader {
		return errors.New("auth style is neither oauth2.AuthStyleInParams nor oauth2.AuthStyleInHeader")
	}
	return nil
}

func (c *config) checkCredentials() error {
	if c.credentialsFunc != nil {
		if *c.credentialsFunc == nil {
			return errors.New("credentials function is nil")
		}
		return nil
	}
	secret := c.secret
	switch {
	case c.secret != "" && c.secretFile != "":
		return errors.New("environment variables " + EnvClientSecret + " and " + EnvClientSecretFile + " are both set: unset one")
	case c.secretFile != "":
		var err error
		if secret, err = secretfile.Read(c.secretFile); err != nil {
			return err
		}
	}
	switch {
	case c.fromEnv && c.id == "":
		return errors.New("environment variable " + EnvClientID + " is missing")
	case c.fromEnv && secret == "":
		return errors.New("environment variable " + EnvClientSecret + " is missing")
	case c.id == "" && secret == "":
		return errors.New("no credentials: use WithCredentials, WithTokenSource or FromEnv")
	}
	return checkCredentials(c.id, secret)
}

func checkCredentials(id, secret string) error {
	switch {
	case id == "":
		return errors.New("client id is missing")
	case secret == "":
		return errors.New("client secret is missing")
	}
	if err := engine.CheckCharacters(id); err != nil {
		return fmt.Errorf("client id %w", err)
	}
	if err := engine.CheckCharacters(secret); err != nil {
		return fmt.Errorf("client secret %w", err)
	}
	return nil
}
