package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is a failure to inject, see [Server.Inject].
//
// Faults apply in the order in which they were injected. At most one applies to a
// request, not counting [FaultLatency].
type Fault struct {
	Kind FaultKind `json:"kind"` // kind of failure

	// Operation is the id of an operation, such as listGrants, or the name of an endpoint
	// of the identity server: token, authorize, login, consent, logout, revocation,
	// userinfo, endsession, discovery or jwks. Empty means every operation of the API.
	Operation string `json:"operation,omitempty"`

	// Count is the number of requests that the fault applies to. Zero means all
	// requests until [Server.ClearFaults].
	Count int `json:"count,omitempty"`

	// Rate is the share of requests that the fault applies to, above 0 and up to 1.
	// Zero means all requests. The choice of requests is reproducible.
	Rate float64 `json:"rate,omitempty"`

	// Parameters of some kinds. Each has a default.
	Delay      time.Duration `json:"-"`                    // duration of the fault
	Bytes      int64         `json:"bytes,omitempty"`      // size of a part of the body
	Status     int           `json:"status,omitempty"`     // HTTP status
	RetryAfter string        `json:"retryAfter,omitempty"` // value of the header
	Location   string        `json:"location,omitempty"`   // value of the header
}

// ParseFault parses a fault written on one line: the kind, followed by settings, as in
// "429,operation=listGrants,count=2,retry-after=1". The settings are operation, count,
// rate, delay, bytes, status, retry-after and location. A delay is written as for
// [time.ParseDuration].
func ParseFault(text string) (Fault, error) {
	kind, rest, more := strings.Cut(text, ",")
	f := Fault{Kind: FaultKind(kind)}
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
			err = fmt.Errorf("unknown setting %q", name)
		}
		if err != nil {
			return Fault{}, fmt.Errorf("sandbox: fault %q: %w", text, err)
		}
	}
	return f, f.check()
}

// maxFaultHeader is the maximum size of a header that a fault sends.
const maxFaultHeader = 8 << 10

// check returns an error if the fault is invalid.
func (f Fault) check() error {
	var problem string
	behavior, known := behaviorOf(f.Kind)
	switch {
	case !known:
		problem = "unknown kind"
	case !knownOperation(f.Operation):
		problem = fmt.Sprintf("unknown operation %q", f.Operation)
	case behavior.apply == nil && (f.Operation != "" || f.Count != 0 || f.Rate != 0):
		problem = "this kind takes no operation, count or rate"
	case f.Kind == FaultMalformedToken && f.Operation != tokenOperation:
		problem = "this kind requires the operation token"
	case f.Count < 0 || f.Delay < 0 || f.Bytes < 0:
		problem = "count, delay and bytes must not be negative"
	case !(f.Rate >= 0 && f.Rate <= 1):
		problem = "rate must be between 0 and 1"
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		problem = "status must be between 200 and 599"
	case strings.ContainsFunc(f.RetryAfter+f.Location, func(r rune) bool { return r < ' ' || r > '~' }):
		problem = "retryAfter and location must be printable ASCII"
	case len(f.RetryAfter) > maxFaultHeader || len(f.Location) > maxFaultHeader:
		problem = fmt.Sprintf("retryAfter and location must not be longer than %d bytes", maxFaultHeader)
	case f.Kind == FaultRedirect && f.Location == "":
		problem = "location is missing"
	default:
		return nil
	}
	return fmt.Errorf("sandbox: fault %q: %s", f.Kind, problem)
}

func knownOperation(id string) bool {
	return id == "" || isIdentityOperation(id) || slices.Contains(operations(), id)
}
