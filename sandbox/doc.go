// Package sandbox is Tapkey's REST API in a process, for tests: a token endpoint and
// every operation of the contract, over locking systems that live in memory.
//
//	s, err := sandbox.Start()
//	if err != nil {
//		t.Fatal(err)
//	}
//	defer s.Close()
//	// s.BaseURL(), s.TokenURL(), s.ClientID() and s.ClientSecret() are what a client needs.
//
// It listens on loopback only. What it is asked can be read back with
// [Server.Requests], and it fails on demand, see [Server.Inject].
//
// What Tapkey has documented is done as documented. Where the documentation is silent
// the sandbox has to choose: such choices are marked "Inferred" in the code and listed in
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/sandbox.md
package sandbox
