// Signs in with openid-client: discovery, authorization code with PKCE, ID token, userinfo,
// refresh, revocation. Prints what it got as JSON.
import * as client from 'openid-client'

const { ISSUER, BASE_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, AUTH } = process.env
const authentication = { none: client.None(), basic: client.ClientSecretBasic(CLIENT_SECRET), post: client.ClientSecretPost(CLIENT_SECRET) }[AUTH]
const plain = ISSUER.startsWith('http:') ? { execute: [client.allowInsecureRequests] } : undefined
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, authentication, plain)

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
const authorize = client.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT_URI,
  scope: 'openid email read:owneraccounts offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})
const response = await fetch(authorize, { redirect: 'manual' })
const callback = new URL(response.headers.get('location'))
const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true })
const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, { scope: 'read:owneraccounts' })
const owners = await client.fetchProtectedResource(config, refreshed.access_token, new URL(BASE_URL + '/Owners'), 'GET')
await client.tokenRevocation(config, tokens.refresh_token)
const refused = await client.refreshTokenGrant(config, tokens.refresh_token).then(() => 'none', (error) => error.error)
const again = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }).then(() => 'none', (error) => error.error)

console.log(JSON.stringify({
  email: userinfo.email,
  scope: tokens.scope,
  refreshedScope: refreshed.scope,
  owners: (await owners.json()).map((owner) => owner.name),
  afterRevocation: refused,
  secondUse: again,
  endSession: client.buildEndSessionUrl(config).pathname,
}))
