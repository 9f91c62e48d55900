// Package contract checks what passes between a program and Tapkey's API against
// openapi.yaml, the contract that the client is generated from.
//
// [Transport] is an http.RoundTripper that validates each request and each answer and
// records what disagrees, while the calls go on as they would without it:
//
//	checked, err := contract.NewTransport()
//	if err != nil {
//		return err
//	}
//	c, err := client.New(client.FromEnv(), client.WithHTTPClient(&http.Client{Transport: checked}))
//	// ... calls ...
//	for _, finding := range checked.Findings() {
//		log.Print(finding)
//	}
//
// [Recorder] is the same for tests: it fails the test at its end. The program beside it,
// contract/cmd/contract, checks a document, its changes and the API itself; see
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/contract-checks.md
//
// It is stricter than the client, which accepts what it does not know: here a member,
// a value of an enumeration or a status that the contract does not name is a finding.
// A finding names an operation and a place in the JSON, and never holds a value from
// the data.
package contract
