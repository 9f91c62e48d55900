// Package client calls Tapkey's API with the right Authorization header.
//
// [New] takes credentials, fetches an access token when a call needs one, and sends
// it as "Authorization: Bearer <token>" to one origin over TLS. The calls themselves
// are the methods of [tapkey.API], which [Client] embeds:
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
// A call fails with an *[api.Error]. Where the token could not be had, errors.As
// finds a *[TokenError] in it. Package doctor says in words what either means.
//
// What is repeated after a failure, how long a call may take and how large an answer may
// be is written down, with a table of faults, in
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/reliability.md
package client
