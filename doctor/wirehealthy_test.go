package doctor_test

import "github.com/tapkey-go/tapkey-go/doctor"

const (
	jsonType = "Content-Type: application/json"
	owners   = `[{"id":"1","name":"Home","active":true}]`
	scopesOK = `"scope":"read:owneraccounts read:grants read:core:entities read:logs read:owneraccount:permissions"`
	tokenOK  = `{"access_token":"` + bearer + `","expires_in":3600,"token_type":"Bearer",` + scopesOK + `}`
)

// healthySituations are responses with nothing wrong, however unusual.
func healthySituations() []situation {
	var all []situation
	for _, s := range []situation{
		{name: "plain", to: toOwners, header: jsonType, body: owners},
		{name: "through a proxy", to: toOwners, header: jsonType + "\nVia: 1.1 proxy.example (squid/5.7)\nX-Cache: MISS from proxy", body: owners},
		{name: "behind a gateway", to: toOwners, header: jsonType + "\nServer: envoy\nX-Envoy-Upstream-Service-Time: 12", body: owners},
		{name: "a challenge with 200", to: toOwners, header: jsonType + "\nWWW-Authenticate: Negotiate", body: owners},
		{name: "charset", to: toOwners, header: "Content-Type: application/json; charset=utf-8", body: owners},
		{name: "byte order mark", to: toOwners, header: jsonType, body: "\ufeff" + owners},
		{name: "more fields", to: toOwners, header: jsonType, body: `[{"id":"1","name":"<html>","error":"invalid_token","active":true}]`},
		{name: "Retry-After with 200", to: toOwners, header: jsonType + "\nRetry-After: 10", body: owners},
		{name: "no grants", to: toGrants, header: jsonType, body: `[]`},
		{name: "lower case type", to: toToken, header: jsonType, body: `{"access_token":"` + bearer + `","token_type":"bearer","expires_in":3600,` + scopesOK + `}`},
		{name: "token as text", to: toToken, header: "Content-Type: text/plain", body: tokenOK},
		{name: "token without type", to: toToken, body: `{"access_token":"` + bearer + `",` + scopesOK + `}`},
		{name: "empty error", to: toToken, header: jsonType, body: `{"access_token":"` + bearer + `","error":"",` + scopesOK + `}`},
		{name: "opaque token with dots", to: toToken, header: jsonType, body: `{"access_token":"ory_at_bWq4Jm9oNnPqRk2xVd3s.Yc5tHe8uKf1zLg7aMb0w"}`},
		{name: "PASETO", to: toToken, header: jsonType, body: `{"access_token":"v4.local.bWq4Jm9oNnPqRk2xVd3sYc5tHe8uKf1zLg7aMb0w"}`},
		{name: "no scope in the response", to: toToken, header: jsonType, body: `{"access_token":"` + bearer + `","expires_in":3600}`},
		{name: "lifetime as text", to: toToken, header: jsonType + "\nVia: 1.1 x", body: `{"access_token":"` + bearer + `","expires_in":"3600"}`},
		{name: "through a proxy", to: toToken, header: jsonType + "\nVia: 1.1 vegur\nProxy-Status: proxy; received-status=200", body: tokenOK},
	} {
		s.status, s.explain = 200, doctor.OK
		all = append(all, s)
	}
	return all
}
