package doctor_test

import "github.com/tapkey-go/tapkey-go/doctor"

const (
	problemType = "Content-Type: application/problem+json; charset=utf-8"
	textType    = "Content-Type: text/plain; charset=utf-8"
	htmlType    = "Content-Type: text/html; charset=utf-8"
	xmlType     = "Content-Type: application/xml"
	forbidden   = `{"ErrorCode":"Forbidden"}`
)

// challenged returns the line of a challenge.
func challenged(challenge string) string { return "WWW-Authenticate: " + challenge }

// apiSituations are responses of the API, also as other servers word them.
func apiSituations() []situation {
	return []situation{
		// 401 with an error of RFC 6750.
		{"invalid token", toOwners, 401, challenged(`Bearer error="invalid_token"`), "", doctor.TokenRejected, ""},
		{"invalid token", toGrants, 401, challenged(`Bearer error="invalid_token"`), "", doctor.TokenRejected, ""},
		{"IdentityServer, expired", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="The token expired at '01/01/2026 00:00:00'"`), "", doctor.TokenExpired, ""},
		{"ASP.NET, signature", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="The signature key was not found"`), "", doctor.TokenRejected, ""},
		{"ASP.NET, issuer", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="The issuer 'https://login.example' is invalid"`), "", doctor.TokenRejected, ""},
		{"ASP.NET, audience", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="The audience 'api' is invalid"`), "", doctor.TokenRejected, ""},
		{"ASP.NET, not yet valid", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="The token is not valid before '11/27/2026 10:00:00'"`), "", doctor.ClockSkew, ""},
		{"Spring, expired", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="Jwt expired at 2026-11-27T10:00:00Z", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"`), "", doctor.TokenExpired, ""},
		{"Spring, used before", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="Jwt used before 2026-11-27T10:00:00Z"`), "", doctor.ClockSkew, ""},
		{"RFC 6750, general words", toOwners, 401, challenged(`Bearer error="invalid_token", error_description="The access token provided is expired, revoked, malformed, or invalid for other reasons."`), "", doctor.TokenRejected, ""},
		{"without commas", toOwners, 401, challenged(`Bearer scope="" error="invalid_token" error_description="the token has expired"`), `{"message":"Unauthorized"}`, doctor.TokenExpired, ""},
		{"lower case scheme", toOwners, 401, challenged(`bearer realm=api,error=invalid_token`), "", doctor.TokenRejected, ""},
		{"upper case scheme", toOwners, 401, challenged(`BEARER ERROR="invalid_token"`), "", doctor.TokenRejected, ""},
		{"several schemes in a header", toOwners, 401, challenged(`Basic realm="a, b", Bearer error="invalid_token", Negotiate`), "", doctor.TokenRejected, ""},
		{"several headers", toOwners, 401, challenged("Negotiate") + "\n" + challenged("NTLM") + "\n" + challenged(`Bearer error="invalid_token"`), "", doctor.TokenRejected, ""},
		{"two Bearer challenges", toOwners, 401, challenged("Bearer") + "\n" + challenged(`Bearer error="invalid_token", error_description="token expired"`), "", doctor.TokenExpired, ""},
		{"Envoy, issuer", toOwners, 401, challenged(`Bearer realm="https://api.example/", error="invalid_token"`) + "\n" + textType, "Jwt issuer is not configured", doctor.TokenRejected, ""},
		{"Envoy, expired", toOwners, 401, challenged(`Bearer realm="https://api.example/", error="invalid_token"`) + "\n" + textType, "Jwt is expired", doctor.TokenExpired, ""},
		{"error in the body only", toOwners, 401, jsonType, `{"error":"invalid_token","error_description":"Access token expired: ***"}`, doctor.TokenExpired, ""},
		{"code in the body only", toOwners, 401, jsonType, `{"ErrorCode":"TokenExpired"}`, doctor.TokenExpired, ""},
		{"page of the server with a challenge", toOwners, 401, challenged(`Bearer error="invalid_token"`) + "\n" + htmlType, "<html><title>401</title>", doctor.TokenRejected, ""},
		{"unknown error", toOwners, 401, challenged(`Bearer error="insufficient_claims", claims="e30="`), "", doctor.TokenRejected, ""},
		{"DPoP only", toOwners, 401, challenged(`DPoP algs="ES256", error="invalid_token"`), "", doctor.TokenRejected, ""},

		// Scopes, with both statuses.
		{"401, insufficient scope", toOwners, 401, challenged(`Bearer error="insufficient_scope", scope="read:owneraccounts"`), "", doctor.ScopeMissing, ""},
		{"403, insufficient scope", toOwners, 403, challenged(`Bearer error="insufficient_scope", scope="read:owneraccounts"`), "", doctor.ScopeMissing, ""},
		{"401, insufficient scope", toGrants, 401, challenged(`Bearer error="insufficient_scope"`), forbidden, doctor.ScopeMissing, ""},
		{"403, insufficient scope", toGrants, 403, challenged(`Bearer realm="x", error="insufficient_scope", error_description="The request requires higher privileges than provided by the access token."`), "", doctor.ScopeMissing, ""},
		{"scope without an error", toOwners, 401, challenged(`Bearer realm="x", scope="read:owneraccounts"`), "", doctor.ScopeMissing, ""},
		{"scope in the body", toGrants, 403, jsonType, `{"error":"insufficient_scope"}`, doctor.ScopeMissing, ""},
		{"scope in the words", toOwners, 403, challenged(`Bearer error="invalid_token", error_description="The token lacks a required scope"`), "", doctor.ScopeMissing, ""},

		// Rights for one owner account, with both statuses.
		{"401, no body", toGrants, 401, "", "", doctor.NotAdministrator, ""},
		{"403, no body", toGrants, 403, "", "", doctor.NotAdministrator, ""},
		{"401, bare challenge", toGrants, 401, challenged("Bearer"), `{"ErrorCode":"Unauthorized"}`, doctor.NotAdministrator, ""},
		{"403, code", toGrants, 403, jsonType, forbidden, doctor.NotAdministrator, ""},
		{"403, other code", toGrants, 403, jsonType, `{"ErrorCode":"AccessDenied","ErrorMessage":"No permission for this owner account."}`, doctor.NotAdministrator, ""},
		{"403, no code", toGrants, 403, jsonType, `{}`, doctor.NotAdministrator, ""},
		{"403, problem", toGrants, 403, problemType, `{"type":"https://tools.ietf.org/html/rfc7231#section-6.5.3","title":"Forbidden","status":403,"traceId":"00-1"}`, doctor.NotAdministrator, ""},
		{"403, bare challenge", toGrants, 403, challenged("Bearer"), "", doctor.NotAdministrator, ""},
		{"403, code of a conflict", toGrants, 403, jsonType, `{"ErrorCode":"AlreadyBound"}`, doctor.RequestRefused, ""},
		{"403, no body", toOwners, 403, "", "", doctor.RequestRefused, ""},
		{"403, code", toOwners, 403, jsonType, forbidden, doctor.RequestRefused, ""},
		{"403, client credentials", toOwners, 403, jsonType, `{"ErrorCode":"NotAvailableForClients"}`, doctor.RequestRefused, ""},

		// The token was lost on the way.
		{"bare challenge", toOwners, 401, challenged("Bearer"), "", doctor.HeaderStripped, ""},
		{"bare challenge with a realm", toOwners, 401, challenged(`Bearer realm="api, v1"`) + "\n" + jsonType, `{}`, doctor.HeaderStripped, ""},
		{"protected resource metadata", toOwners, 401, challenged(`Bearer resource_metadata="https://api.example/.well-known/oauth-protected-resource"`), "", doctor.HeaderStripped, ""},
		{"Envoy, missing", toOwners, 401, challenged(`Bearer realm="https://api.example/api/v1/Owners"`) + "\n" + textType, "Jwt is missing", doctor.HeaderStripped, ""},
		{"words, missing", toOwners, 401, jsonType, `{"message":"Missing Authentication Token"}`, doctor.HeaderStripped, ""},
		{"words, not found", toOwners, 401, jsonType, `{"error":"unauthorized","error_description":"Full authentication is required: no bearer token found"}`, doctor.HeaderStripped, ""},
		{"invalid request", toOwners, 400, challenged(`Bearer error="invalid_request", error_description="The request uses more than one method of sending the token"`), "", doctor.HeaderStripped, ""},
		{"invalid request, 401", toOwners, 401, challenged(`Bearer error="invalid_request", error_description="The access token is missing"`), "", doctor.HeaderStripped, ""},
		{"401 without a challenge", toOwners, 401, "", "", doctor.TokenRejected, ""},
		{"401 without a challenge, JSON", toOwners, 401, jsonType, `{"ErrorCode":"Unauthorized"}`, doctor.TokenRejected, ""},

		// The request.
		{"400", toGrants, 400, jsonType, `{"ErrorCode":"InvalidFilter"}`, doctor.RequestRefused, ""},
		{"400, no body", toGrants, 400, "", "", doctor.RequestRefused, ""},
		{"402", toGrants, 402, jsonType, `{"ErrorCode":"PaymentRequired"}`, doctor.RequestRefused, ""},
		{"404, code", toGrants, 404, jsonType, `{"ErrorCode":"NotFound"}`, doctor.RequestRefused, ""},
		{"404, no body", toGrants, 404, "", "", doctor.RequestRefused, ""},
		{"409", toGrants, 409, jsonType, `{"ErrorCode":"Conflict"}`, doctor.RequestRefused, ""},
		{"422", toGrants, 422, problemType, `{"title":"Validation failed"}`, doctor.RequestRefused, ""},
		{"iCal too complex", toCreate, 400, jsonType, `{"ErrorCode":"TimeRestrictionIcalTooComplex","ErrorMessage":"The time restriction is too complex."}`, doctor.ScheduleTooComplex, ""},
		{"duplicate", toCreate, 409, jsonType, `{"ErrorCode":"Duplicate"}`, doctor.GrantExists, ""},
		{"one grant", toCreate, 400, jsonType, `{"ErrorCode":null,"ErrorMessage":"Only one grant is allowed per lock and user/card."}`, doctor.GrantExists, ""},
		{"another conflict", toCreate, 409, jsonType, `{"ErrorCode":"Conflict"}`, doctor.RequestRefused, ""},
		{"403", toCreate, 403, jsonType, forbidden, doctor.NotAdministrator, ""},
		{"404 for the list", toOwners, 404, jsonType, `{"ErrorCode":"NotFound"}`, doctor.WrongAddress, ""},
		{"404 for the list, no body", toOwners, 404, "", "", doctor.WrongAddress, ""},
		{"405 for the list", toOwners, 405, "Allow: POST", "", doctor.WrongAddress, ""},
		{"Spring Boot, 404", toGrants, 404, jsonType, `{"timestamp":"2026-11-27T10:00:00Z","status":404,"error":"Not Found","path":"/api/v1/Owners/1/Grants"}`, doctor.WrongAddress, ""},

		// The server.
		{"500", toOwners, 500, jsonType, `{}`, doctor.ServerError, ""},
		{"500, no body", toGrants, 500, "", "", doctor.ServerError, ""},
		{"503, code", toOwners, 503, jsonType, `{"ErrorCode":"Maintenance"}`, doctor.ServerError, ""},
		{"429, JSON", toOwners, 429, jsonType + "\nRetry-After: 30", `{"ErrorCode":"TooManyRequests"}`, doctor.RateLimited, ""},
		{"429, no body", toGrants, 429, "", "", doctor.RateLimited, ""},
		{"200 with HTML", toOwners, 200, htmlType, "<!doctype html><title>Sign in</title>", doctor.UnexpectedResponse, ""},
		{"200 with null", toOwners, 200, jsonType, "null", doctor.UnexpectedResponse, ""},
		{"200 with an object", toOwners, 200, jsonType, `{"value":[]}`, doctor.UnexpectedResponse, ""},
		{"200, cut off", toOwners, 200, jsonType, `[{"id":"1"`, doctor.UnexpectedResponse, ""},
		{"200, no body", toOwners, 200, jsonType, ``, doctor.UnexpectedResponse, ""},
		{"304", toOwners, 304, "", "", doctor.UnexpectedResponse, ""},
		{"302", toOwners, 302, "Location: https://login.example/?code=s3cret+of/the=client", "", doctor.Redirected, ""},
		{"307 to http", toGrants, 307, "Location: http://my.tapkey.com/api/v1", "", doctor.Redirected, ""},
		{"empty list", toOwners, 200, jsonType, `[]`, doctor.OK, doctor.NoOwnerAccounts},
		{"another owner account", toOwners, 200, jsonType, `[{"id":"2","name":"Work","active":true}]`, doctor.OK, doctor.OK},
	}
}
