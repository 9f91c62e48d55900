package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

type tokenFlags struct {
	scopes []string
	show   bool
}

func (a *app) tokenCommand() *cobra.Command {
	var flags tokenFlags
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Get an access token and show its claims",
		Long: "Get an access token and show its claims and its remaining lifetime. The claims\n" +
			"are not verified. With --show, print only the token, for example for\n" +
			"curl -H \"Authorization: Bearer $(tapkey token --show)\".",
		Example: "  tapkey token --scope read:grants",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.showToken(cmd, flags) },
	}
	a.outputFlags(cmd)
	cmd.Flags().StringArrayVar(&flags.scopes, "scope", nil, "`SCOPE` to request; repeatable")
	cmd.Flags().BoolVar(&flags.show, "show", false, "print the token itself")
	for _, name := range outputFlagNames {
		cmd.MarkFlagsMutuallyExclusive(name, "show")
	}
	return cmd
}

func (a *app) showToken(cmd *cobra.Command, flags tokenFlags) error {
	out, err := a.newOutput(cmd)
	if err != nil {
		return err
	}
	var opts []client.Option
	if flags.scopes != nil {
		opts = append(opts, client.WithScopes(flags.scopes...))
	}
	c, done, err := a.newClient(cmd.Context(), nil, opts...)
	if err != nil {
		return err
	}
	defer done()
	token, err := c.Token(cmd.Context())
	if err != nil {
		return asFailure(err)
	}
	switch about := describe(token); {
	case flags.show:
		_, err = fmt.Fprintln(out.w, token.AccessToken)
	case !out.hasColumns():
		err = printValue(out, about)
	default:
		out.width = 0 // the terminal wraps long values, which can then be copied
		err = printAll(out, claimColumns, about.rows())
	}
	return asFailure(err)
}

// A tokenInfo describes an access token.
type tokenInfo struct {
	Expires          *time.Time     `json:"expires"` // null if not known
	RemainingSeconds int            `json:"remainingSeconds"`
	Claims           map[string]any `json:"claims"` // null if the token is not a JWT
}

// describe decodes the claims of a token, without verifying them.
func describe(token *oauth2.Token) tokenInfo {
	var about tokenInfo
	if !token.Expiry.IsZero() {
		about.Expires = new(token.Expiry.UTC().Truncate(time.Second))
		about.RemainingSeconds = int(time.Until(token.Expiry).Seconds())
	}
	if parts := strings.Split(token.AccessToken, "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &about.Claims) // fails if the token is not a JWT
	}
	return about
}

type claim struct {
	name  string
	value any
}

var claimColumns = []column[claim]{
	{"CLAIM", "", func(c claim) any { return c.name }},
	{"VALUE", "", func(c claim) any { return c.value }},
}

// rows returns the claims and the remaining lifetime as rows of a table.
func (i tokenInfo) rows() iter.Seq2[claim, error] {
	return func(yield func(claim, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(i.Claims)) {
			if !yield(claim{name, claimValue(name, i.Claims[name])}, nil) {
				return
			}
		}
		yield(claim{"(remaining)", time.Duration(i.RemainingSeconds) * time.Second}, nil)
	}
}

// claimValue converts the value of a claim to the value of a cell.
func claimValue(name string, value any) any {
	switch v := value.(type) {
	case float64:
		if slices.Contains([]string{"exp", "iat", "nbf", "auth_time"}, name) {
			return new(time.Unix(int64(v), 0))
		}
	case []any:
		return strings.TrimSuffix(fmt.Sprintln(v...), "\n")
	}
	return value
}
