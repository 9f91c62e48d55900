package contract

import (
	"cmp"
	"slices"
	"sync"
)

// Coverage counts the exchanges of an operation that were checked.
type Coverage struct {
	Operation string      `json:"operation"`          // operationId, such as "listOwners"
	Method    string      `json:"method"`             // HTTP method
	Path      string      `json:"path"`               // path template
	Statuses  map[int]int `json:"statuses,omitempty"` // responses by status
	Failed    int         `json:"failed,omitempty"`   // calls without a complete response
	Objects   int         `json:"objects"`            // JSON objects validated in successful responses
	Empty     int         `json:"empty,omitempty"`    // successful responses for which no body is documented
}

// Checked reports whether a successful response was validated that had content: at least
// one object, or no body if none is documented.
func (c Coverage) Checked() bool { return c.Objects+c.Empty > 0 }

// coverage counts exchanges by operation.
type coverage struct {
	mu   sync.Mutex
	byID map[string]*Coverage
}

func newCoverage(routes []route) *coverage {
	c := &coverage{byID: make(map[string]*Coverage, len(routes))}
	for _, r := range routes {
		id := r.Operation.OperationID
		c.byID[id] = &Coverage{Operation: id, Method: r.Method, Path: r.Path, Statuses: make(map[int]int)}
	}
	return c
}

func (c *coverage) update(r *route, change func(*Coverage)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.byID[r.Operation.OperationID])
}

// list returns the coverage of all operations, ordered by path and method.
func (c *coverage) list() []Coverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Coverage
	for _, one := range c.byID {
		statuses := make(map[int]int, len(one.Statuses))
		for status, n := range one.Statuses {
			statuses[status] = n
		}
		one := *one
		one.Statuses = statuses
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list
}
