package doctor

// ID identifies a kind of finding. IDs are stable.
type ID string

// IDs of findings.
const (
	ConfigMissing       ID = "config-missing"
	NotHTTPS            ID = "not-https"
	Redirected          ID = "redirected"
	Unreachable         ID = "unreachable"
	TLS                 ID = "tls"
	InvalidClient       ID = "invalid-client"
	UnauthorizedClient  ID = "unauthorized-client"
	InvalidScope        ID = "invalid-scope"
	MalformedToken      ID = "malformed-token"
	TokenExpired        ID = "token-expired"
	ClockSkew           ID = "clock-skew"
	ScopeMissing        ID = "scope-missing"
	MissingBearerPrefix ID = "missing-bearer-prefix"
	TokenRejected       ID = "token-rejected"
	NoOwnerAccounts     ID = "no-owner-accounts"
	NotAdministrator    ID = "not-administrator"
	RateLimited         ID = "rate-limited"
	ServerError         ID = "server-error"
	RequestRefused      ID = "request-refused"
	UnexpectedResponse  ID = "unexpected-response"
	OK                  ID = "ok"
)

// Severity is the severity of a finding.
type Severity string

// Severities.
const (
	SeverityError   Severity = "error"   // calls fail
	SeverityInfo    Severity = "info"    // nothing is wrong
	SeverityUnknown Severity = "unknown" // nothing is known to be wrong, but not everything could be checked
)

// Finding is a result of [Explain] or [Diagnose]. Its texts can be printed as they are.
type Finding struct {
	ID       ID       `json:"id"`                 // such as "scope-missing"
	Severity Severity `json:"severity"`           // whether calls fail because of it
	Cause    string   `json:"cause"`              // why calls fail
	Remedy   string   `json:"remedy"`             // what to do
	Evidence string   `json:"evidence,omitempty"` // what was observed; holds no secret and no token
}

// catalog holds the cause and the remedy of every finding, in the order of the checks.
var catalog = []Finding{
	{ID: ConfigMissing,
		Cause:  "The configuration is incomplete or contradictory.",
		Remedy: "Set TAPKEY_CLIENT_ID and TAPKEY_CLIENT_SECRET, or use the options of client.New. Tapkey's portal (portal.tapkey.io) shows the client id; it shows the secret only once, when it is created."},
	{ID: NotHTTPS,
		Cause:  "Credentials or the token would be sent unencrypted.",
		Remedy: "Use https in the base URL and in the token URL. Plain http is allowed for loopback only."},
	{ID: Redirected,
		Cause:  "The server redirected the request. Redirects are not followed, because credentials are bound to one origin.",
		Remedy: "Set the base URL or the token URL to the final address. Common causes are http instead of https, and the login page of a proxy."},
	{ID: Unreachable,
		Cause:  "No response was received from the server.",
		Remedy: "Check the host name, the network, the proxy and the firewall between this machine and the server."},
	{ID: TLS,
		Cause:  "The server's certificate was not accepted.",
		Remedy: "Check the host name. Install the certificate authority of your proxy, or pass an http.Client that trusts it to client.WithHTTPClient."},
	{ID: InvalidClient,
		Cause:  "The token endpoint does not accept the client id and secret.",
		Remedy: "Compare the client id with the one in Tapkey's portal (portal.tapkey.io, the client's details). If in doubt, create a new secret there."},
	{ID: UnauthorizedClient,
		Cause:  "The client may not use the grant type client_credentials.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), register a client that uses client credentials, with a service account."},
	{ID: InvalidScope,
		Cause:  "A requested scope does not exist or is not enabled for the client.",
		Remedy: "Enable the scope for the client in Tapkey's portal (portal.tapkey.io, the client's details: Core Entities, Owners, Grants, Logs), or do not request it."},
	{ID: MalformedToken,
		Cause:  "The access token is malformed.",
		Remedy: "Use the value of access_token as the token endpoint returned it, without quotes, spaces or prefix."},
	{ID: ClockSkew,
		Cause:  "This machine's clock and the server's clock differ.",
		Remedy: "Set this machine's clock, preferably by NTP. The lifetime of tokens is checked to the second."},
	{ID: TokenExpired,
		Cause:  "The access token has expired.",
		Remedy: "Get a new token, or use the client, which renews the tokens that it gets with client credentials."},
	{ID: ScopeMissing,
		Cause:  "The access token lacks a scope that the operation requires.",
		Remedy: "Request the scope with client.WithOperations, client.WithScopes or TAPKEY_SCOPES, and enable it for the client in Tapkey's portal (portal.tapkey.io, the client's details)."},
	{ID: MissingBearerPrefix,
		Cause:  "The Authorization header does not begin with the word Bearer, so the server found no token.",
		Remedy: `Send "Authorization: Bearer <token>", with one space. The client does so unless a request editor sets the header.`},
	{ID: TokenRejected,
		Cause:  "The API does not accept a token that looks valid. It may be revoked, or issued for another environment.",
		Remedy: "Check that the base URL and the token URL belong to the same environment, and that the client still exists in Tapkey's portal (portal.tapkey.io)."},
	{ID: RateLimited,
		Cause:  "The server received too many requests.",
		Remedy: "Wait for the time that Retry-After names, if it is set, and send fewer requests."},
	{ID: ServerError,
		Cause:  "The server failed to handle the request.",
		Remedy: "Retry later. If the error persists, report it to Tapkey's support with the time of the call."},
	{ID: RequestRefused,
		Cause:  "The request itself was refused. The credentials are not the cause.",
		Remedy: "Check the status, the error code and the documentation of the operation."},
	{ID: UnexpectedResponse,
		Cause:  "The response does not match the contract.",
		Remedy: "Check that the base URL is that of the API, including /api/v1, and that no proxy responds in place of the server."},
	{ID: NoOwnerAccounts,
		Cause:  "The service account is not an administrator of any owner account. Scopes grant access to endpoints; administrator rights grant access to data.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), add the e-mail address of the service account, shown in the client's details, as a co-administrator of the owner account."},
	{ID: NotAdministrator,
		Cause:  "The service account is not an administrator of this owner account.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), add the e-mail address of the service account, shown in the client's details, as a co-administrator of this owner account."},
	{ID: OK,
		Cause:  "Nothing is wrong.",
		Remedy: "Nothing to do."},
}

// newFinding returns a finding of the catalog with its evidence.
func newFinding(id ID, evidence string) Finding {
	for _, f := range catalog {
		if f.ID == id {
			f.Severity, f.Evidence = SeverityError, evidence
			if id == OK {
				f.Severity = SeverityInfo
			}
			return f
		}
	}
	panic("doctor: unknown finding " + string(id))
}
