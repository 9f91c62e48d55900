// Package sandbox runs an in-process server of Tapkey's REST API, for tests. It has an
// identity server, where people sign in and clients get tokens, and every operation of the
// contract. Its data is in memory.
//
// Use it in tests of programs that call Tapkey, without an account and without a network. The
// command tapkey sandbox and a container image serve the same for programs in other languages.
//
//	s, err := sandbox.Start()
//	if err != nil {
//		t.Fatal(err)
//	}
//	defer s.Close()
//	// A client needs s.BaseURL(), s.TokenURL(), s.ClientID() and s.ClientSecret().
//
// The sandbox listens on loopback only. [Server.Requests] returns the requests it has
// received. [Server.Inject] makes it fail on demand.
//
// The sandbox follows Tapkey's documentation. Where the documentation says nothing, its
// behavior is a choice. Such choices are marked "Inferred" in the code and listed in
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/sandbox.md
package sandbox
