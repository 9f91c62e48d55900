package sandbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on demand. [FaultKinds] lists the kinds.
//
// Faults apply in the order they were injected. A request meets at most one, besides
// any number of the kind latency.
type Fault struct {
	Kind string `json:"kind"` // name of a [FaultKind]

	// Operation is the id of an operation, such as listGrants, or "token" for the
	// token endpoint. Empty stands for every operation of the API.
	Operation string `json:"operation,omitempty"`

	// Count is how many requests meet the fault. Zero stands for all until
	// [Server.ClearFaults].
	Count int `json:"count,omitempty"`

	// Rate is the share of requests that meet the fault, above 0 up to 1. Zero stands
	// for all. Which ones is the same each time.
	Rate float64 `json:"rate,omitempty"`

	// What some kinds take; each has a default.
	Delay      time.Duration `json:"-"`                    // how long something takes
	Bytes      int64         `json:"bytes,omitempty"`      // how much of a body
	Status     int           `json:"status,omitempty"`     // HTTP status
	RetryAfter string        `json:"retryAfter,omitempty"` // value of the header
	Location   string        `json:"location,omitempty"`   // value of the header
}

// ParseFault reads a fault in one line: the kind, then what else is to be set, as in
// "429,operation=listGrants,count=2,retry-after=1". The names are operation, count,
// rate, delay, bytes, status, retry-after and location. Durations are as in
// [time.ParseDuration].
func ParseFault(text string) (Fault, error) {
	kind, rest, more := strings.Cut(text, ",")
	f := Fault{Kind: kind}
	for more {
		var setting string
		setting, rest, more = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(setting, "=")
		var err error
		switch name {
		case "operation":
			f.Operation = value
		case "count":
			f.Count, err = strconv.Atoi(value)
		case "rate":
			f.Rate, err = strconv.ParseFloat(value, 64)
		case "delay":
			f.Delay, err = time.ParseDuration(value)
		case "bytes":
			f.Bytes, err = strconv.ParseInt(value, 10, 64)
		case "status":
			f.Status, err = strconv.Atoi(value)
		case "retry-after":
			f.RetryAfter = value
		case "location":
			f.Location = value
		default:
			err = fmt.Errorf("there is no setting %q", name)
		}
		if err != nil {
			return Fault{}, fmt.Errorf("sandbox: fault %q: %w", text, err)
		}
	}
	return f, f.check()
}

// check says what is wrong with a fault.
func (f Fault) check() error {
	var problem string
	kind, known := kindNamed(f.Kind)
	switch {
	case !known:
		problem = "there is no such kind"
	case !knownOperation(f.Operation):
		problem = fmt.Sprintf("there is no operation %q", f.Operation)
	case kind.apply == nil && (f.Operation != "" || f.Count != 0 || f.Rate != 0):
		problem = "it cannot be limited to an operation, a count or a rate"
	case f.Count < 0 || f.Delay < 0 || f.Bytes < 0:
		problem = "count, delay and bytes cannot be negative"
	case !(f.Rate >= 0 && f.Rate <= 1):
		problem = "the rate is a share from 0 to 1"
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		problem = "the status has to be from 200 to 599"
	case strings.ContainsFunc(f.RetryAfter+f.Location, func(r rune) bool { return r < ' ' || r > '~' }):
		problem = "retryAfter and location have to be printable ASCII"
	case f.Kind == kindRedirect && f.Location == "":
		problem = "it needs a location"
	default:
		return nil
	}
	return fmt.Errorf("sandbox: fault %q: %s", f.Kind, problem)
}

func knownOperation(id string) bool {
	return id == "" || id == tokenOperation || slices.ContainsFunc(operations(), func(op string) bool { return op == id })
}

// faults are those that are to come.
type faults struct {
	mu      sync.Mutex
	pending []Fault
	random  *rand.Rand
}

func newFaults() *faults { return &faults{random: rand.New(rand.NewPCG(1, 1))} }

// take returns the faults for the next request of an operation and counts them down.
func (f *faults) take(operation string) []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var taken []Fault
	for i := 0; i < len(f.pending); i++ {
		fault := &f.pending[i]
		if cmp.Or(fault.Operation, operation) != operation || fault.Operation == "" && operation == tokenOperation {
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
		if taken[len(taken)-1].Kind != kindLatency {
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
		kind, _ := kindNamed(fault.Kind)
		next = kind.apply(fault, next)
		kinds[i] = fault.Kind
	}
	return next, strings.Join(kinds, ",")
}

// add adds a fault to those pending.
func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, fault)
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

// Inject injects a fault, from the next request on. If the fault is invalid, Inject
// returns an error and changes nothing.
func (s *Server) Inject(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Kind == kindRefused {
		return s.gate.shut(f.Delay)
	}
	s.faults.add(f)
	return nil
}

// Faults returns the pending faults, with what remains of their counts.
func (s *Server) Faults() []Fault { return s.faults.list() }

// ClearFaults ends all faults, including refused connections. It returns an error if the
// sandbox cannot listen on its address again.
func (s *Server) ClearFaults() error {
	s.faults.clear()
	return s.gate.open()
}
