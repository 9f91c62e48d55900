package doctor

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
)

// granted are the scopes of a token, as far as they are known.
type granted struct {
	scopes []string
	known  bool
	reason string // why they are not known
}

// grantedScopes returns the scopes of a token: those in the claim scope, or else those in the
// response of the token endpoint. An opaque token and a token without the claim do not show
// their scopes. Neither does the claim scp, whose meaning Tapkey does not document.
func grantedScopes(c *claims, token *oauth2.Token) granted {
	if c != nil && c.scope != nil {
		return granted{scopes: c.scope, known: true}
	}
	switch scope := token.Extra("scope").(type) { // RFC 6749, section 5.1
	case string:
		if fields := strings.Fields(scope); len(fields) > 0 {
			return granted{scopes: fields, known: true}
		}
	case []any:
		var scopes []string
		for _, s := range scope {
			if text, ok := s.(string); ok {
				scopes = append(scopes, strings.Fields(text)...)
			}
		}
		if len(scopes) > 0 {
			return granted{scopes: scopes, known: true}
		}
	}
	switch {
	case c == nil:
		return granted{reason: "the token is opaque"}
	case c.scp != nil:
		return granted{reason: "the token has the claim scp in place of scope"}
	}
	return granted{reason: "the token has no claim scope"}
}

// lacks reports whether the scopes are known and lack one that an operation needs.
func (g granted) lacks(op api.Operation) bool {
	return g.known && slices.ContainsFunc(op.Scopes, func(s string) bool { return !slices.Contains(g.scopes, s) })
}

// missing returns the scopes that operations need and the token lacks, each with the operation
// that needs it. It returns nothing if the scopes of the token are not known.
func (g granted) missing(operations []api.Operation) []string {
	var missing []string
	for _, op := range operations {
		for _, scope := range op.Scopes {
			if g.known && !slices.Contains(g.scopes, scope) {
				missing = append(missing, fmt.Sprintf("%s (for %s)", scope, op.ID))
			}
		}
	}
	return missing
}
