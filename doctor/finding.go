package doctor

// Severity says how much a finding matters.
type Severity string

// Severities.
const (
	SeverityError Severity = "error" // calls fail
	SeverityInfo  Severity = "info"  // nothing is wrong
)

// Finding is one thing that was found, in words that can be printed as they are.
type Finding struct {
	ID       string   `json:"id"`                 // stable, such as "scope-missing"
	Severity Severity `json:"severity"`           // whether calls fail because of it
	Cause    string   `json:"cause"`              // one sentence
	Remedy   string   `json:"remedy"`             // one sentence
	Evidence string   `json:"evidence,omitempty"` // what it rests on; no secret and no token
}

// The ids of findings.
const (
	ConfigMissing       = "config-missing"
	NotHTTPS            = "not-https"
	Redirected          = "redirected"
	Unreachable         = "unreachable"
	TLS                 = "tls"
	InvalidClient       = "invalid-client"
	UnauthorizedClient  = "unauthorized-client"
	InvalidScope        = "invalid-scope"
	MalformedToken      = "malformed-token"
	TokenExpired        = "token-expired"
	ClockSkew           = "clock-skew"
	ScopeMissing        = "scope-missing"
	MissingBearerPrefix = "missing-bearer-prefix"
	TokenRejected       = "token-rejected"
	NoOwnerAccounts     = "no-owner-accounts"
	NotAdministrator    = "not-administrator"
	RateLimited         = "rate-limited"
	ServerError         = "server-error"
	RequestRefused      = "request-refused"
	UnexpectedAnswer    = "unexpected-answer"
	OK                  = "ok"
)

// catalog is what each finding means, in the order of the ladder.
var catalog = []Finding{
	{ID: ConfigMissing,
		Cause:  "The configuration is incomplete or contradicts itself.",
		Remedy: "Set TAPKEY_CLIENT_ID and TAPKEY_CLIENT_SECRET, or the options of client.New; both are in Tapkey's portal (portal.tapkey.io) with the client, the secret only when it is created."},
	{ID: NotHTTPS,
		Cause:  "Credentials or the token would cross the network in clear.",
		Remedy: "Use https in the base URL and in the token URL; plain http is for loopback only."},
	{ID: Redirected,
		Cause:  "The server points elsewhere, and a redirect is not followed, because the credentials are meant for one origin.",
		Remedy: "Set the base URL or the token URL to the address that answers itself; mind http in place of https, and a proxy's log-in page."},
	{ID: Unreachable,
		Cause:  "No answer was had from the server.",
		Remedy: "Check the host name, the network, the proxy and the firewall between here and the server."},
	{ID: TLS,
		Cause:  "The server's certificate was not accepted.",
		Remedy: "Install the certificate authority of your proxy, or pass an http.Client that trusts it with client.WithHTTPClient; check the host name."},
	{ID: InvalidClient,
		Cause:  "The token endpoint does not accept the client id and secret.",
		Remedy: "Compare the client id with the one in Tapkey's portal (portal.tapkey.io, the client's details), and create a new secret there if in doubt."},
	{ID: UnauthorizedClient,
		Cause:  "The client may not use the grant type client_credentials.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), register a client that uses client credentials, with a service account."},
	{ID: InvalidScope,
		Cause:  "A scope was asked for that does not exist or is not enabled for the client.",
		Remedy: "Enable the scope for the client in Tapkey's portal (portal.tapkey.io, the client's details: Core Entities, Owners, Grants, Logs), or do not ask for it."},
	{ID: MalformedToken,
		Cause:  "The access token is not one that can be sent or read.",
		Remedy: "Use the value of access_token as the token endpoint gave it, without quotes, blanks or prefix."},
	{ID: ClockSkew,
		Cause:  "This machine's clock and the server's differ.",
		Remedy: "Set this machine's clock, best by NTP: tokens are checked to the second."},
	{ID: TokenExpired,
		Cause:  "The access token has expired.",
		Remedy: "Get a new one, or let the client do it: it renews what it gets by client credentials."},
	{ID: ScopeMissing,
		Cause:  "The access token lacks a scope that the operation needs.",
		Remedy: "Ask for the scope with client.WithScopes or TAPKEY_SCOPES, and enable it for the client in Tapkey's portal (portal.tapkey.io, the client's details)."},
	{ID: MissingBearerPrefix,
		Cause:  "The Authorization header does not begin with the word Bearer, so the server saw no token.",
		Remedy: `Send "Authorization: Bearer <token>", with one blank; the client does so if no request editor sets the header.`},
	{ID: TokenRejected,
		Cause:  "The API does not accept a token that looks right: it may be revoked, or issued for another environment.",
		Remedy: "Check that the base URL and the token URL belong to the same environment, and that the client still exists in Tapkey's portal (portal.tapkey.io)."},
	{ID: RateLimited,
		Cause:  "The server has had too many requests.",
		Remedy: "Wait, as long as Retry-After says if it does, and ask less often."},
	{ID: ServerError,
		Cause:  "The server failed.",
		Remedy: "Try again later; if it stays so, ask Tapkey's support with the time of the call."},
	{ID: RequestRefused,
		Cause:  "The request itself was refused; the credentials are not to blame.",
		Remedy: "Look at the status and the error code, and at what the operation's documentation says of them."},
	{ID: UnexpectedAnswer,
		Cause:  "The answer is not what the contract says.",
		Remedy: "Check that the base URL is the API's, with /api/v1, and that nothing in between answers in its place."},
	{ID: NoOwnerAccounts,
		Cause:  "The service account is administrator of no owner account: a scope opens endpoints, administration opens data.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), add the e-mail address of the service account, shown in the client's details, as a co-administrator of the owner account."},
	{ID: NotAdministrator,
		Cause:  "The service account is not administrator of this owner account.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), add the e-mail address of the service account, shown in the client's details, as a co-administrator of this owner account."},
	{ID: OK,
		Cause:  "Nothing is wrong.",
		Remedy: "Nothing to do."},
}

// newFinding takes a finding from the catalog.
func newFinding(id, evidence string) Finding {
	for _, f := range catalog {
		if f.ID == id {
			f.Severity, f.Evidence = SeverityError, evidence
			if id == OK {
				f.Severity = SeverityInfo
			}
			return f
		}
	}
	panic("doctor: no finding " + id)
}
