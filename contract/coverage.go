package contract

import (
	"cmp"
	"slices"
	"sync"
)

// Coverage is how far an operation was checked.
type Coverage struct {
	Operation string      `json:"operation"`          // operationId, such as "listOwners"
	Method    string      `json:"method"`             // HTTP method
	Path      string      `json:"path"`               // the template
	Statuses  map[int]int `json:"statuses,omitempty"` // how often each came
	Failed    int         `json:"failed,omitempty"`   // calls without an answer, or cut off
	Objects   int         `json:"objects"`            // validated in successes
	Empty     int         `json:"empty,omitempty"`    // successes for which no body is documented
}

// Checked reports whether a success was validated that had something in it: at least
// one object, or nothing where the contract promises nothing.
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

// list returns all operations in the order of their paths.
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
