package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/cmd/tapkey/internal/profile"
)

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Revoke and remove the token of a profile",
		Long: "Revoke the token of a person where the server allows it, and remove the secrets\n" +
			"and tokens of the profile from this machine. The settings of the profile remain.",
		Example: "  tapkey logout",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.logout(cmd) },
	}
}

// storedProfile returns the settings of the profile alone. Environment variables may set other
// ones for commands.
func (a *app) storedProfile() (*settings, error) {
	if a.useSandbox {
		return nil, errors.New("--sandbox has no profiles")
	}
	if a.environment != "" {
		return nil, errors.New("--env has no effect: a profile has one environment")
	}
	s, err := a.readSettings(&settings{profileOnly: true}, true)
	if err != nil {
		return nil, err
	}
	if s.profile == nil {
		return nil, fmt.Errorf("profile %s is %w: it does not exist in %s", s.name, errNotSignedIn, s.dir.Config())
	}
	return s, nil
}

func (a *app) logout(cmd *cobra.Command) error {
	s, err := a.storedProfile()
	if err != nil {
		return err
	}
	if s.profile.Storage == "" {
		return s.notSignedIn()
	}
	if s.profile.GrantType == profile.Person {
		if err := s.revoke(cmd.Context()); err != nil {
			if cmd.Context().Err() != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "tapkey: the token was not revoked: %s\n", oneLine(err.Error()))
		}
	}
	if err := s.dir.Remove(cmd.Context(), s.name, s.profile.Storage); err != nil {
		return &failure{err}
	}
	err = s.dir.Update(cmd.Context(), func(profiles map[string]profile.Profile) {
		if p, ok := profiles[s.name]; ok {
			p.Storage = ""
			profiles[s.name] = p
		}
	})
	if err != nil {
		return &failure{err}
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "signed out: profile %s\n", s.name)
	return asFailure(err)
}

// revoke revokes the token of the profile.
func (s *settings) revoke(ctx context.Context) error {
	store, err := s.dir.Store(ctx, s.name, s.profile.Storage)
	if err != nil {
		return err
	}
	app, err := s.app(ctx, store)
	if err != nil {
		return err
	}
	token, err := app.StoredToken(ctx, store, s.person())
	if err != nil {
		return err
	}
	return app.Revoke(ctx, token)
}
