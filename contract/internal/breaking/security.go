package breaking

import (
	"cmp"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// grantTypes returns the names of the flows of a security scheme.
func grantTypes(s *openapi3.SecurityScheme) []string { return slices.Sorted(maps.Keys(flows(s))) }

// flows returns the flows of a security scheme by name.
func flows(s *openapi3.SecurityScheme) map[string]*openapi3.OAuthFlow {
	list := make(map[string]*openapi3.OAuthFlow)
	if s.Flows == nil {
		return list
	}
	for name, f := range map[string]*openapi3.OAuthFlow{
		"implicit":          s.Flows.Implicit,
		"password":          s.Flows.Password,
		"clientCredentials": s.Flows.ClientCredentials,
		"authorizationCode": s.Flows.AuthorizationCode,
	} {
		if f != nil {
			list[name] = f
		}
	}
	return list
}

// securityRules compares the flows of security schemes, each alone: a program uses one.
func securityRules(before, after *openapi3.T) []Change {
	var changes []Change
	for name, was := range before.Components.SecuritySchemes {
		is := after.Components.SecuritySchemes[name]
		if is == nil {
			continue // no break, unless an operation used it, which oasdiff reports
		}
		changes = append(changes, flowRules("components/securitySchemes/"+name, was.Value, is.Value)...)
	}
	return changes
}

func flowRules(where string, before, after *openapi3.SecurityScheme) []Change {
	var changes []Change
	is := flows(after)
	for name, was := range flows(before) {
		at := where + "/flows/" + name
		now, ok := is[name]
		if !ok {
			changes = append(changes, Change{Rule: "grant-type-removed", Where: at, Text: "the grant type was removed", Breaking: true})
			continue
		}
		// Without a refresh URL, tokens are refreshed at the token URL.
		if url := cmp.Or(now.RefreshURL, now.TokenURL); was.RefreshURL != "" && was.RefreshURL != url {
			changes = append(changes, Change{
				Rule: "refresh-url-changed", Where: at, Text: "the refresh URL is " + url + "; was: " + was.RefreshURL, Breaking: true,
			})
		}
		if was.RefreshURL == "" && now.RefreshURL != "" {
			changes = append(changes, Change{Rule: "refresh-url-added", Where: at, Text: "the refresh URL is " + now.RefreshURL})
		}
		for scope := range was.Scopes {
			if _, ok := now.Scopes[scope]; !ok {
				changes = append(changes, Change{Rule: "scope-removed", Where: at, Text: "the scope " + scope + " was removed", Breaking: true})
			}
		}
	}
	for name := range is {
		if _, ok := flows(before)[name]; !ok {
			changes = append(changes, Change{Rule: "grant-type-added", Where: where + "/flows/" + name, Text: "the grant type was added"})
		}
	}
	return changes
}
