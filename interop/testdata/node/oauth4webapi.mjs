// Signs in with oauth4webapi: discovery, authorization code with PKCE, ID token, userinfo,
// refresh, revocation. Prints what it got as JSON.
import * as oauth from 'oauth4webapi'

const { ISSUER, BASE_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, AUTH } = process.env
const insecure = { [oauth.allowInsecureRequests]: ISSUER.startsWith('http:') }
const issuer = new URL(ISSUER)
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
const client = { client_id: CLIENT_ID }
const authentication = { none: oauth.None(), basic: oauth.ClientSecretBasic(CLIENT_SECRET), post: oauth.ClientSecretPost(CLIENT_SECRET) }[AUTH]

const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const nonce = oauth.generateRandomNonce()
const authorize = new URL(server.authorization_endpoint)
for (const [name, value] of Object.entries({
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT_URI,
  response_type: 'code',
  scope: 'openid email read:owneraccounts offline_access',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})) authorize.searchParams.set(name, value)
const response = await fetch(authorize, { redirect: 'manual' })
const callback = oauth.validateAuthResponse(server, client, new URL(response.headers.get('location')), state)
const exchange = () => oauth.authorizationCodeGrantRequest(server, client, authentication, callback, REDIRECT_URI, verifier, insecure)
const tokens = await oauth.processAuthorizationCodeResponse(server, client, await exchange(), { expectedNonce: nonce, requireIdToken: true })
const claims = oauth.getValidatedIdTokenClaims(tokens)
const userinfo = await oauth.processUserInfoResponse(server, client, claims.sub, await oauth.userInfoRequest(server, client, tokens.access_token, insecure))
const refresh = (options) => oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, { ...insecure, ...options })
const refreshed = await oauth.processRefreshTokenResponse(server, client, await refresh({ additionalParameters: { scope: 'read:owneraccounts' } }))
const owners = await oauth.protectedResourceRequest(refreshed.access_token, 'GET', new URL(BASE_URL + '/Owners'), undefined, undefined, insecure)
await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, tokens.refresh_token, insecure))
const refused = await oauth.processRefreshTokenResponse(server, client, await refresh()).then(() => 'none', (error) => error.error)
const again = await oauth.processAuthorizationCodeResponse(server, client, await exchange()).then(() => 'none', (error) => error.error)

console.log(JSON.stringify({
  email: userinfo.email,
  scope: tokens.scope,
  refreshedScope: refreshed.scope,
  owners: (await owners.json()).map((owner) => owner.name),
  afterRevocation: refused,
  secondUse: again,
  endSession: new URL(server.end_session_endpoint).pathname,
}))
