// Package auth obtains tokens that client credentials cannot give: those of a person who
// signs in, and those of a company's own users.
//
//   - A program that acts for itself: not this package, but [client.WithCredentials].
//   - A command-line or desktop program, for the person at the keyboard: [App.Login].
//   - A web service whose operators connect their Tapkey accounts: [App.Start] and
//     [App.Finish]; then [App.SaveToken], and an [App.StoredSource] for each operator.
//   - Users of a company's own identity provider, who need no Tapkey account: [App.Exchange]
//     with JWTs of a [Subject].
//
// All of them begin with a client application that is registered in Tapkey's portal:
//
//	app, err := auth.New(auth.Config{
//		ClientID: id,
//		Scopes:   []string{"read:owneraccounts", "read:core:entities", "offline_access"},
//	})
//	token, err := app.Login(ctx, auth.Login{})
//	c, err := client.New(client.WithTokenSource(app.RefreshSource(token, save)))
//
// With the scope offline_access, a sign-in returns a refresh token, which replaces the sign-in
// until it is revoked. A source renews the access token with it. When that is no longer
// possible, its error is an [ErrSignInAgain].
//
// Sign-ins use PKCE with the method S256 and a random state. Credentials are sent to the token
// endpoint over TLS, and no redirect is followed. Errors contain no code, token or secret, even
// if a server repeats one. https://github.com/tapkey-go/tapkey-go/blob/main/docs/auth.md has
// whole programs.
package auth
