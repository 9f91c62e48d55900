package doctor_test

import "github.com/tapkey-go/tapkey-go/doctor"

// oauthError returns the body of an error of RFC 6749, section 5.2.
func oauthError(code, description string) string {
	if description == "" {
		return `{"error":"` + code + `"}`
	}
	return `{"error":"` + code + `","error_description":"` + description + `"}`
}

// tokenSituations are responses of token endpoints.
func tokenSituations() []situation {
	return []situation{
		{"IdentityServer, client", toToken, 400, jsonType, oauthError("invalid_client", ""), doctor.InvalidClient, ""},
		{"IdentityServer, scope", toToken, 400, jsonType, oauthError("invalid_scope", ""), doctor.InvalidScope, ""},
		{"IdentityServer, grant type", toToken, 400, jsonType, oauthError("unauthorized_client", ""), doctor.UnauthorizedClient, ""},
		{"IdentityServer, unknown grant type", toToken, 400, jsonType, oauthError("unsupported_grant_type", ""), doctor.UnauthorizedClient, ""},
		{"invalid request", toToken, 400, jsonType, oauthError("invalid_request", ""), doctor.RequestRefused, ""},
		{"invalid request, grant type", toToken, 400, jsonType, oauthError("invalid_request", "The grant type is disabled for this client"), doctor.UnauthorizedClient, ""},
		{"invalid request, no client", toToken, 400, jsonType, oauthError("invalid_request", "no client authentication mechanism provided"), doctor.InvalidClient, ""},
		{"invalid request, scope", toToken, 400, jsonType, oauthError("invalid_request", "The scope parameter is required"), doctor.InvalidScope, ""},
		{"invalid grant", toToken, 400, jsonType, oauthError("invalid_grant", ""), doctor.RequestRefused, ""},
		{"server error as 400", toToken, 400, jsonType, oauthError("server_error", ""), doctor.ServerError, ""},
		{"temporarily unavailable", toToken, 503, jsonType, oauthError("temporarily_unavailable", ""), doctor.ServerError, ""},
		{"429, JSON", toToken, 429, jsonType, oauthError("too_many_requests", "Global limit has been reached"), doctor.RateLimited, ""},
		{"429, slow down", toToken, 429, jsonType + "\nRetry-After: 5", oauthError("slow_down", ""), doctor.RateLimited, ""},
		{"400, slow down", toToken, 400, jsonType, oauthError("slow_down", ""), doctor.RateLimited, ""},
		{"RFC 6749, 401", toToken, 401, jsonType + "\n" + challenged(`Basic realm="token"`), oauthError("invalid_client", ""), doctor.InvalidClient, ""},
		{"Entra, secret", toToken, 401, jsonType, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Trace ID: 1","error_codes":[7000215],"timestamp":"2026-11-27 10:00:00Z","trace_id":"1"}`, doctor.InvalidClient, ""},
		{"Entra, application", toToken, 400, jsonType, oauthError("unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'."), doctor.InvalidClient, ""},
		{"Entra, scope", toToken, 400, jsonType, oauthError("invalid_scope", "AADSTS1002012: The provided value for scope is not valid."), doctor.InvalidScope, ""},
		{"Entra, resource", toToken, 400, jsonType, oauthError("invalid_resource", "AADSTS500011: The resource principal was not found."), doctor.RequestRefused, ""},
		{"Okta, client", toToken, 401, jsonType, oauthError("invalid_client", "The client secret supplied for a confidential client is invalid."), doctor.InvalidClient, ""},
		{"Okta, scope", toToken, 400, jsonType, oauthError("invalid_scope", "One or more scopes are not configured for the authorization server resource."), doctor.InvalidScope, ""},
		{"Auth0, secret", toToken, 401, jsonType, oauthError("access_denied", "Unauthorized"), doctor.InvalidClient, ""},
		{"Auth0, grant", toToken, 403, jsonType, oauthError("unauthorized_client", "Grant type 'client_credentials' not allowed for the client."), doctor.UnauthorizedClient, ""},
		{"Auth0, audience", toToken, 403, jsonType, oauthError("access_denied", "Client is not authorized to access the API."), doctor.RequestRefused, ""},
		{"Keycloak, secret", toToken, 401, jsonType, oauthError("unauthorized_client", "Invalid client or Invalid client credentials"), doctor.InvalidClient, ""},
		{"Keycloak, service account", toToken, 401, jsonType, oauthError("unauthorized_client", "Client not enabled to retrieve service account"), doctor.UnauthorizedClient, ""},
		{"oidc-provider, client", toToken, 401, jsonType, oauthError("invalid_client", "client authentication failed"), doctor.InvalidClient, ""},
		{"oidc-provider, grant type", toToken, 400, jsonType, oauthError("unauthorized_client", "requested grant type is not allowed for this client"), doctor.UnauthorizedClient, ""},
		{"fosite, client", toToken, 401, jsonType, oauthError("invalid_client", "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method)."), doctor.InvalidClient, ""},
		{"fosite, grant type", toToken, 400, jsonType, oauthError("unauthorized_client", "The client is not authorized to request a token using this method. The OAuth 2.0 Client is not allowed to use authorization grant 'client_credentials'."), doctor.UnauthorizedClient, ""},
		{"go-oauth2, grant type", toToken, 401, jsonType, oauthError("unsupported_grant_type", "The authorization grant type is not supported by the authorization server"), doctor.UnauthorizedClient, ""},
		{"Spring, client", toToken, 401, jsonType, oauthError("invalid_client", ""), doctor.InvalidClient, ""},
		{"Spring, old", toToken, 401, jsonType + "\n" + challenged(`Basic realm="oauth2/client"`), oauthError("unauthorized", "Bad credentials"), doctor.InvalidClient, ""},
		{"refused with 200", toToken, 200, jsonType, oauthError("invalid_scope", ""), doctor.InvalidScope, ""},
		{"byte order mark", toToken, 400, jsonType, "\ufeff" + oauthError("invalid_client", ""), doctor.InvalidClient, ""},
		{"JSON as text", toToken, 400, textType, oauthError("invalid_client", ""), doctor.InvalidClient, ""},
		{"JSON as HTML", toToken, 400, htmlType, oauthError("invalid_scope", ""), doctor.InvalidScope, ""},

		// 200 without a usable token.
		{"no token", toToken, 200, jsonType, `{}`, doctor.MalformedToken, ""},
		{"empty token", toToken, 200, jsonType, `{"access_token":"","expires_in":3600}`, doctor.MalformedToken, ""},
		{"token null", toToken, 200, jsonType, `{"access_token":null}`, doctor.MalformedToken, ""},
		{"token a number", toToken, 200, jsonType, `{"access_token":5}`, doctor.MalformedToken, ""},
		{"token an object", toToken, 200, jsonType, `{"access_token":{"value":"x"}}`, doctor.MalformedToken, ""},
		{"cut off", toToken, 200, jsonType, `{"access_token":"eyJhbGciOi`, doctor.MalformedToken, ""},
		{"no body", toToken, 200, jsonType, ``, doctor.MalformedToken, ""},
		{"204", toToken, 204, "", ``, doctor.MalformedToken, ""},
		{"list", toToken, 200, jsonType, `[]`, doctor.MalformedToken, ""},
		{"token quoted", toToken, 200, jsonType, `{"access_token":"\"x\""}`, doctor.MalformedToken, ""},
		{"token prefixed", toToken, 200, jsonType, `{"access_token":"Bearer x"}`, doctor.MalformedToken, ""},
		{"another type", toToken, 200, jsonType, `{"access_token":"x","token_type":"mac"}`, doctor.MalformedToken, ""},
		// The API accepts the token, so nothing is wrong with it.
		{"JWT of two parts", toToken, 200, jsonType, `{"access_token":"a.b"}`, doctor.OK, doctor.OK},
		{"JWT without a signature part", toToken, 200, jsonType, `{"access_token":"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTk5fQ"}`, doctor.OK, doctor.OK},
		{"JWT without its start", toToken, 200, jsonType, `{"access_token":"yJhbGciOiJSUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTk5fQ.c2ln.x"}`, doctor.OK, doctor.OK},
		{"expired", toToken, 200, jsonType, `{"access_token":"e30.eyJleHAiOjF9.c2ln"}`, doctor.OK, doctor.OK},
		{"scope not granted", toToken, 200, jsonType, `{"access_token":"x","scope":"read:grants"}`, doctor.OK, doctor.OK},

		// Another address.
		{"404, HTML", toToken, 404, htmlType, "<html><head><title>404 - File or directory not found.</title>", doctor.WrongAddress, ""},
		{"404, no body", toToken, 404, "", "", doctor.WrongAddress, ""},
		{"404, JSON", toToken, 404, jsonType, `{"status":404,"error":"Not Found","path":"/connect/token"}`, doctor.WrongAddress, ""},
		{"404, realm", toToken, 404, jsonType, `{"error":"Realm does not exist"}`, doctor.WrongAddress, ""},
		{"405, no body", toToken, 405, "Allow: GET", "", doctor.WrongAddress, ""},
		{"200 with the login page", toToken, 200, htmlType, "<!doctype html><title>Sign in</title>", doctor.UnexpectedResponse, ""},
		{"200 with a form", toToken, 200, "Content-Type: application/x-www-form-urlencoded", "access_token=x&token_type=bearer", doctor.UnexpectedResponse, ""},
		{"302 to the login page", toToken, 302, "Location: https://login.example/Account/Login?ReturnUrl=%2F", "", doctor.Redirected, ""},
		{"307", toToken, 307, "Location: http://login.example/connect/token", "", doctor.Redirected, ""},

		// Nothing says who sent it.
		{"400, no body", toToken, 400, "", "", doctor.UnknownResponder, ""},
		{"401, no body", toToken, 401, "", "", doctor.UnknownResponder, ""},
		{"403, no body", toToken, 403, "Server: nginx", "", doctor.UnknownResponder, ""},
		{"400, problem", toToken, 400, problemType, `{"type":"about:blank","title":"Bad Request","status":400}`, doctor.UnknownResponder, ""},
	}
}
