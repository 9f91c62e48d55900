// Package contract validates the requests to Tapkey's API and its responses against
// openapi.yaml, the contract that the client is generated from.
//
// Use it in the tests and in the CI of a service, to find out when the service or Tapkey's API
// departs from the contract.
//
// [Transport] is an http.RoundTripper that validates each exchange and records what
// disagrees with the contract. It does not change the calls:
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
// [Recorder] is the same for tests: it fails the test at its end. The program
// contract/cmd/contract checks a document, changes to it and the API itself; see
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/contract-checks.md
//
// A Transport is stricter than the client, which accepts unknown data: a field, an
// enumeration value or a status that the contract does not name is a finding. A finding
// names an operation and a location in the JSON. It never contains a value from the data.
package contract
