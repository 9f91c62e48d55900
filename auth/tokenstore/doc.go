// Package tokenstore has stores of tokens for [client.WithTokenStore]: [Files] keeps tokens in
// files, for commands and cron jobs of one machine, and [Encrypt] encrypts the tokens of any
// other store. Module auth/redis has a store for several machines.
//
// Use it if processes live shorter than their tokens. A service that runs for days needs no
// store: the client keeps its token in memory.
//
// No store is a default of the library: a token in a store outlives the process, and any
// program that reads it can use it until it expires.
package tokenstore
