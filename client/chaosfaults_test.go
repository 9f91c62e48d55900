package client_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// chaosRate is the share of requests with a fault, for the kinds without settings.
const chaosRate = 0.004

// chaosExcluded are the kinds of faults that are not injected by chaosFaults, and why.
func chaosExcluded() map[sandbox.FaultKind]string {
	return map[sandbox.FaultKind]string{
		sandbox.FaultRefused: "it applies to all connections, not to a share of the requests; disturb injects it",
	}
}

// chaosSettings are the faults of the kinds that do not apply at random to the requests for
// all operations with their default parameters.
func chaosSettings() map[sandbox.FaultKind][]sandbox.Fault {
	const kiB = 1 << 10
	return map[sandbox.FaultKind][]sandbox.Fault{
		// Each of the first five makes the client get a new token. If that token is revoked
		// before the client has used it, the client gets no other for a minute: they apply
		// early in a run, before tokens are revoked.
		sandbox.Fault401:                  {{Rate: chaosRate, Count: 5}},
		sandbox.Fault401Empty:             {{Rate: chaosRate, Count: 5}},
		sandbox.Fault401Expired:           {{Rate: chaosRate, Count: 5}},
		sandbox.Fault401InvalidToken:      {{Rate: chaosRate, Count: 5}},
		sandbox.Fault401InsufficientScope: {{Rate: chaosRate, Count: 5}},
		sandbox.Fault500:                  {{Rate: 0.02}, {Rate: 0.05, Operation: "token"}},
		sandbox.Fault502HTML:              {{Rate: 0.02}},
		sandbox.Fault503:                  {{Rate: 0.02, RetryAfter: "0"}},
		sandbox.Fault429:                  {{Rate: 0.02}},
		sandbox.Fault429RetryAfter:        {{Rate: 0.002}, {Rate: 0.01, RetryAfter: "3600"}},
		sandbox.FaultReset:                {{Rate: 0.02}, {Rate: 0.05, Operation: "token"}},
		sandbox.FaultCloseBody:            {{Rate: 0.02, Bytes: 10}},
		sandbox.FaultTruncated:            {{Rate: 0.01}},
		sandbox.FaultRedirect:             {{Rate: chaosRate, Location: "https://login.example/"}},
		// The first token. The client gets another one at once, but not for every such token.
		sandbox.FaultMalformedToken: {{Count: 1, Operation: "token"}},
		sandbox.FaultLatency:        {{Rate: chaosRate, Delay: 50 * time.Millisecond}},
		sandbox.FaultSlowBody:       {{Rate: chaosRate, Delay: 50 * time.Millisecond}},
		// Larger than chaosLimit.
		sandbox.FaultOversized: {{Rate: chaosRate, Bytes: 256 * kiB}},
		sandbox.FaultGzipBomb:  {{Rate: chaosRate, Bytes: 256 * kiB}},
		// A server that caps pages caps all of them: this is the only fault of these lists.
		sandbox.FaultCappedPages: {{Operation: cappedOperation}},
	}
}

const (
	chaosLimit      = 128 << 10 // WithMaxResponseBytes
	cappedOperation = "listLogEntries"
)

// chaosFaults returns the faults of a run. Every kind of fault that the sandbox has is one
// of them, unless it is excluded.
func chaosFaults(t *testing.T) []sandbox.Fault {
	t.Helper()
	kinds, excluded, settings := sandbox.FaultKinds(), chaosExcluded(), chaosSettings()
	var first, faults []sandbox.Fault
	for _, kind := range kinds {
		if _, ok := excluded[kind]; ok {
			continue
		}
		set, ok := settings[kind]
		if !ok {
			set = []sandbox.Fault{{Rate: chaosRate}, {Rate: chaosRate / 2, Operation: "token"}}
		}
		for _, fault := range set {
			fault.Kind = kind
			if fault.Rate == 0 { // at most one fault applies to a request
				first = append(first, fault)
			} else {
				faults = append(faults, fault)
			}
		}
	}
	for _, kind := range slices.Concat(slices.Collect(maps.Keys(excluded))) {
		if !slices.Contains(kinds, kind) {
			t.Errorf("the excluded fault %s does not exist, want only kinds of the sandbox", kind)
		}
	}
	return append(first, faults...)
}
