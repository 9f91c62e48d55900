package contract

// TB is what [Recorder] needs of a test; *testing.T and *testing.B are ones.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Recorder returns a Transport for a test, which fails at its end if an exchange
// disagreed with the contract, or if none was validated: then the Recorder was not
// where the calls went through.
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
		answers := 0
		for _, c := range transport.Coverage() {
			for _, n := range c.Statuses {
				answers += n
			}
		}
		if answers == 0 && len(transport.Findings()) == 0 {
			t.Errorf("contract: no exchange was validated: is the recorder the transport of the http.Client?")
		}
	})
	return transport
}
