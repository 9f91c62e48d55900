package sandbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// maxFaults is the maximum number of pending faults. Every request looks at all of them.
const maxFaults = 1000

// faults are the injected faults.
type faults struct {
	mu      sync.Mutex
	pending []Fault
	random  *rand.Rand
}

func newFaults() *faults { return &faults{random: rand.New(rand.NewPCG(1, 1))} }

// take returns the faults that apply to the next request of an operation, and counts
// them down.
func (f *faults) take(operation string) []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var taken []Fault
	for i := 0; i < len(f.pending); i++ {
		fault := &f.pending[i]
		if cmp.Or(fault.Operation, operation) != operation || fault.Operation == "" && isIdentityOperation(operation) {
			continue
		}
		if fault.Rate > 0 && f.random.Float64() >= fault.Rate {
			continue
		}
		taken = append(taken, *fault)
		if fault.Count == 1 {
			f.pending = slices.Delete(f.pending, i, i+1)
			i--
		} else if fault.Count > 0 {
			fault.Count--
		}
		if taken[len(taken)-1].Kind != FaultLatency {
			break
		}
	}
	return taken
}

// apply puts the faults for the next request of an operation in front of its handler.
// It returns their kinds, separated by commas.
func (f *faults) apply(operation string, next http.HandlerFunc) (http.HandlerFunc, string) {
	if operation == "" {
		return next, ""
	}
	taken := f.take(operation)
	kinds := make([]string, len(taken))
	for i, fault := range slices.Backward(taken) {
		behavior, _ := behaviorOf(fault.Kind)
		next = behavior.apply(fault, next)
		kinds[i] = string(fault.Kind)
	}
	return next, strings.Join(kinds, ",")
}

// add adds a fault to those pending.
func (f *faults) add(fault Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pending) == maxFaults {
		return fmt.Errorf("sandbox: fault %q: %d faults are pending already", fault.Kind, maxFaults)
	}
	f.pending = append(f.pending, fault)
	return nil
}

// list returns a copy of the pending faults.
func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.pending)
}

// clear removes all pending faults.
func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = nil
}

// Inject injects a fault, from the next request on. If the fault is invalid or 1,000 faults
// are pending, Inject returns an error and changes nothing.
func (s *Server) Inject(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Kind == FaultRefused {
		return s.gate.shut(f.Delay)
	}
	return s.faults.add(f)
}

// Faults returns the pending faults, with what remains of their counts.
func (s *Server) Faults() []Fault { return s.faults.list() }

// ClearFaults ends all faults, including [FaultRefused]. It returns an error if the
// sandbox cannot listen on its address again.
func (s *Server) ClearFaults() error {
	s.faults.clear()
	return s.gate.open()
}
