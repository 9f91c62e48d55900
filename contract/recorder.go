package contract

// TB is the part of testing.TB that [Recorder] uses.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Recorder returns a Transport for a test. At its end the test fails if an exchange
// disagreed with the contract, or if no exchange was validated because the calls did not
// use the Transport.
func Recorder(t TB, opts ...Option) *Transport {
	t.Helper()
	transport, err := NewTransport(opts...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		for _, f := range transport.Findings() {
			t.Errorf("contract: %s", f)
		}
		responses := 0
		for _, c := range transport.Coverage() {
			for _, n := range c.Statuses {
				responses += n
			}
		}
		if responses == 0 && len(transport.Findings()) == 0 {
			t.Errorf("contract: no exchange was validated: is the Recorder the transport of the http.Client?")
		}
	})
	return transport
}
