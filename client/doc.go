// Package client is a client of the Tapkey API that sends an OAuth 2.0 bearer token with
// every request.
//
// Use it in every program that calls the API: a service with client credentials, or, with a
// token source of package auth, a program that acts for a person.
//
// [New] returns a [Client]. The client requests an access token when a call needs one and
// caches it. It sends the token as "Authorization: Bearer <token>" over TLS, and only to the
// origin of the base URL. The calls are the methods of [tapkey.API], which [Client] embeds:
//
//	c, err := client.New(client.FromEnv())
//	if err != nil {
//		return err
//	}
//	for owner, err := range c.AllOwners(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(owner.ID, owner.Name)
//	}
//
// Every failed call returns an *[api.Error]. If the token request failed, errors.As also
// finds a *[TokenError] in it. Package doctor explains both and suggests a remedy.
//
// Retries, time-outs and size limits are specified, with a table of faults and their
// outcomes, in
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/reliability.md
package client
