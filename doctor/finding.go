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

	// The response comes from something between this machine and the server, or was altered
	// on the way.
	ProxyAuthentication ID = "proxy-authentication"
	BlockedByProxy      ID = "blocked-by-proxy"
	CaptivePortal       ID = "captive-portal"
	HeaderStripped      ID = "header-stripped"
	HeaderReplaced      ID = "header-replaced"
	WrongAddress        ID = "wrong-address"
	UnknownResponder    ID = "unknown-responder"

	// Tokens of other grant types, and of programs.
	AuthStyle           ID = "auth-style"
	CodeRefused         ID = "code-refused"
	SubjectTokenRefused ID = "subject-token-refused"
	RefreshTokenRefused ID = "refresh-token-refused"
	NoRefreshToken      ID = "no-refresh-token"
	UserNotRegistered   ID = "user-not-registered"
	SignInDeclined      ID = "sign-in-declined"
	SignInMismatch      ID = "sign-in-mismatch"
	PortInUse           ID = "port-in-use"
	NoBrowser           ID = "no-browser"

	// Single calls.
	ScheduleTooComplex ID = "schedule-too-complex"
	GrantExists        ID = "grant-exists"
	Canceled           ID = "canceled"
	ProgramError       ID = "program-error"
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
		Remedy: "Set the base URL or the token URL to the final address. Common causes are http instead of https, and the sign-in page of a proxy or of a guest network."},
	{ID: Unreachable,
		Cause:  "No response was received from the server.",
		Remedy: "Check the host name, the network, the proxy and the firewall between this machine and the server, and whether the server requires a client certificate."},
	{ID: TLS,
		Cause:  "TLS failed: a certificate was not accepted, the server requires a client certificate, or one side uses TLS and the other does not.",
		Remedy: "Check the scheme, the host name and the port of the URL. Install the certificate authority of your proxy, or pass an http.Client that trusts it to client.WithHTTPClient. It can also have a client certificate."},
	{ID: ProxyAuthentication,
		Cause:  "A proxy or gateway in front of the server demands separate credentials.",
		Remedy: "Set the proxy with its user and password in HTTPS_PROXY, or exempt the host with NO_PROXY. For a gateway, ask its operator which key it expects, and add it with a request editor or an http.RoundTripper."},
	{ID: BlockedByProxy,
		Cause:  "A proxy, firewall or gateway refused the request. The response is not of the form that the server uses for errors.",
		Remedy: "Ask its operator to allow the host and the request; the evidence shows its page. Calling from another network shows whether it is on your side."},
	{ID: CaptivePortal,
		Cause:  "The network requires a sign-in before it forwards requests (511).",
		Remedy: "Open a page in a browser on this network and sign in, or use another network."},
	{ID: WrongAddress,
		Cause:  "A server responded, but at this address there is no Tapkey API or no token endpoint.",
		Remedy: "Check the host and the path of the base URL, which ends in /api/v1, and of the token URL, which ends in /connect/token."},
	{ID: UnknownResponder,
		Cause:  "The request was refused, and nothing in the response says by whom: the token endpoint, or a proxy or gateway in front of it.",
		Remedy: "Send the same request with curl from another network. If the response then is JSON with a field error, something in between has refused this one."},
	{ID: InvalidClient,
		Cause:  "The token endpoint does not accept the client id and secret.",
		Remedy: "Compare the client id with the one in Tapkey's portal (portal.tapkey.io, the client's details). If in doubt, create a new secret there."},
	{ID: AuthStyle,
		Cause:  "The token endpoint accepts the credentials, but not in the way in which they are sent.",
		Remedy: "Pass the accepted style to client.WithAuthStyle. In the header, which uses HTTP Basic, the id and the secret are form-encoded (RFC 6749, section 2.3.1), which some servers do not decode: a secret of letters and digits avoids that."},
	{ID: UnauthorizedClient,
		Cause:  "The client may not use the grant type of the request, such as client_credentials.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), register a client that uses client credentials, with a service account."},
	{ID: InvalidScope,
		Cause:  "A requested scope does not exist or is not enabled for the client.",
		Remedy: "Enable the scope for the client in Tapkey's portal (portal.tapkey.io, the client's details: Core Entities, Owners, Grants, Logs), or do not request it."},
	{ID: CodeRefused,
		Cause:  "The authorization code was not accepted (invalid_grant): it was used before or is too old, redirect_uri differs, or the code verifier is missing or wrong.",
		Remedy: "Exchange each code once and immediately. Send the same redirect_uri, to the character, as in the authorization request, and the code_verifier that belongs to its code_challenge. Then send the user to log in again."},
	{ID: SubjectTokenRefused,
		Cause:  "The JWT of a token exchange was not accepted (invalid_grant).",
		Remedy: "Use the claims iss and aud as registered, sub, iat, exp, and http://tapkey.net/oauth/token_exchange/client_id with the client id. Sign with RS256 and the registered RSA key of 2048 to 4096 bits, let the JWT live for an hour at most, and check the clock and the provider."},
	{ID: RefreshTokenRefused,
		Cause:  "The refresh token was not accepted (invalid_grant): it has expired, was revoked or replaced, or belongs to another client.",
		Remedy: "Store the newest refresh token that the token endpoint returns. If it is lost, the user has to log in again."},
	{ID: NoRefreshToken,
		Cause:  "The access token has expired, and there is no refresh token to renew it with.",
		Remedy: "Request the scope offline_access, together with the others in the parameter scope, and enable it for the client. Then let the user log in again."},
	{ID: SignInDeclined,
		Cause:  "The person declined to sign in, or to let the client application have access.",
		Remedy: "Start the sign-in again if the person wants the program to have access. If the scopes put people off, request fewer."},
	{ID: SignInMismatch,
		Cause:  "The browser returned something other than the response to this sign-in: state or issuer differ, a parameter is missing or doubled, or the sign-in was started too long ago.",
		Remedy: "Start the sign-in again, in one window. If it persists, check that the cookie with the session reaches the redirect URI (same host, SameSite=Lax, or None with response_mode=form_post), and that the issuer is that of the authorization server."},
	{ID: PortInUse,
		Cause:  "The program cannot listen on the port of the redirect URI, to which the browser returns.",
		Remedy: "End the program that uses the port, such as an earlier sign-in, or register another redirect URI on loopback in Tapkey's portal and use it."},
	{ID: NoBrowser,
		Cause:  "No browser could be opened on this machine.",
		Remedy: "Show the URL (auth.Login.Show), open it in any browser, and paste the URL on which the browser ends (auth.Login.Paste)."},
	{ID: MalformedToken,
		Cause:  "The access token is malformed, or the token endpoint returned none.",
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
	{ID: HeaderStripped,
		Cause:  "The server found no token, although a bearer token was sent. Something on the way removes or alters the Authorization header.",
		Remedy: "Configure the proxy or gateway in front of the server to forward the Authorization header. Also check an http.RoundTripper of the program."},
	{ID: HeaderReplaced,
		Cause:  "The http.Client replaces the Authorization header, so the server never receives that of the client.",
		Remedy: "Pass an http.Client without OAuth to client.WithHTTPClient, such as one that oauth2.NewClient has not returned, or pass its token source to client.WithTokenSource instead of credentials."},
	{ID: TokenRejected,
		Cause:  "The API does not accept a token that looks valid. It may be revoked, or issued for another environment.",
		Remedy: "Check that the base URL and the token URL belong to the same environment, and that the client still exists in Tapkey's portal (portal.tapkey.io)."},
	{ID: RateLimited,
		Cause:  "The server, or a proxy in front of it, received too many requests.",
		Remedy: "Wait for the time that Retry-After names, if it is set, and send fewer requests."},
	{ID: ServerError,
		Cause:  "The server, or a proxy or gateway in front of it, failed to handle the request.",
		Remedy: "Retry later. If the error persists, report it with the time of the call: to Tapkey's support, or to the operator of the proxy that the evidence names."},
	{ID: RequestRefused,
		Cause:  "The server refused this request. Status and error code say why, as far as it is known.",
		Remedy: "Check the status, the error code and the documentation of the operation. After a 403, check the id of the owner account and the rights of the account that the token belongs to as well."},
	{ID: ScheduleTooComplex,
		Cause:  "The time restriction of the grant has more rules than the lock can store (TimeRestrictionIcalTooComplex).",
		Remedy: "Merge events of equal times into one with BYDAY, such as FREQ=WEEKLY;BYDAY=MO,TU, use short UIDs, and leave out what is optional. The limit is not published."},
	{ID: GrantExists,
		Cause:  "There is a grant for this lock and this user or card, and only one is allowed, whatever its validity.",
		Remedy: "Find the existing grant with listGrants and change it with updateGrant, or revoke it first."},
	{ID: UnexpectedResponse,
		Cause:  "The response does not match the contract.",
		Remedy: "Check that the base URL is that of the API, including /api/v1, that the token URL is that of the token endpoint, and that no proxy or sign-in page of a network responds in place of the server."},
	{ID: NoOwnerAccounts,
		Cause:  "The service account is not an administrator of any owner account. Scopes grant access to endpoints; administrator rights grant access to data.",
		Remedy: "In Tapkey's portal (portal.tapkey.io), add the e-mail address of the service account, shown in the client's details, as a co-administrator of the owner account. A token of a person has the rights of that person instead."},
	{ID: NotAdministrator,
		Cause:  "The service account is not an administrator of this owner account, or its role there does not include the operation.",
		Remedy: "Compare the id with those that listOwners returns. In Tapkey's portal (portal.tapkey.io), add the e-mail address of the service account, shown in the client's details, as a co-administrator of this owner account. A token of a person has the rights of that person instead."},
	{ID: UserNotRegistered,
		Cause:  "The token was exchanged for a user of an identity provider, and the API knows no such user or grants that user nothing. A successful exchange does not prove that the user is registered.",
		Remedy: "Register the user with createIdentityProviderUser, in the owner account that has the provider. The claim sub must equal ipUserId, and the parameter provider must name the provider."},
	{ID: Canceled,
		Cause:  "The program canceled the call before a response was received. Nothing is known about the server.",
		Remedy: "Find out why the context was canceled. Then retry."},
	{ID: ProgramError,
		Cause:  "Code of the program returned an error: a request editor, a token source or an http.RoundTripper. No response was received.",
		Remedy: "The evidence is that error."},
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
