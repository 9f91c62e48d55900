package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Class is the kind of a disagreement with the contract.
type Class string

// The classes of findings.
const (
	UnknownField       Class = "unknown field"
	MissingRequired    Class = "missing required"
	WrongType          Class = "wrong type"
	UnknownEnumValue   Class = "unknown enum value"
	UndocumentedStatus Class = "undocumented status"
	WrongContentType   Class = "wrong content type"
	MalformedBody      Class = "malformed body" // not JSON, or truncated

	// Refused is a successful response for which the client returns an error, although
	// the schema allows it.
	Refused Class = "refused by the client"

	// The classes that only requests have.
	UndeclaredParameter Class = "undeclared parameter"
	UndeclaredOperation Class = "undeclared operation" // no such method and path
	MissingToken        Class = "missing token"        // no Authorization header with the scheme Bearer
)

// Side is the half of an exchange that a finding is in.
type Side string

// The sides.
const (
	Request  Side = "request"
	Response Side = "response"
)

// Finding is a disagreement between exchanges and the contract. Its text comes from the
// contract, except for the names of unknown fields and parameters.
type Finding struct {
	Operation string `json:"operation"`        // operationId; empty for an undeclared operation
	Side      Side   `json:"side"`             // half of the exchange
	Status    int    `json:"status,omitempty"` // HTTP status of the response
	Class     Class  `json:"class"`            // kind of the disagreement

	// Pointer is the location: a JSON pointer into the body with * for indexes, or
	// "query:" and the name of a parameter.
	Pointer string `json:"pointer,omitempty"`

	// Detail is what the contract expects at the location.
	Detail string `json:"detail,omitempty"`

	// Count is the number of times the disagreement was found.
	Count int `json:"count"`
}

// String returns the finding on one line.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", cmp.Or(f.Operation, "?"), f.Side)
	if f.Status != 0 {
		fmt.Fprintf(&b, " %d", f.Status)
	}
	fmt.Fprintf(&b, ": %s", f.Class)
	if f.Pointer != "" {
		fmt.Fprintf(&b, " at %s", f.Pointer)
	}
	if f.Detail != "" {
		fmt.Fprintf(&b, " (%s)", f.Detail)
	}
	if f.Count > 1 {
		fmt.Fprintf(&b, ", %d times", f.Count)
	}
	return b.String()
}

// findings collects findings and counts equal ones.
type findings struct {
	mu     sync.Mutex
	counts map[Finding]int
}

func (c *findings) add(found ...Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = make(map[Finding]int)
	}
	for _, f := range found {
		c.counts[f]++
	}
}

// list returns the findings in a stable order.
func (c *findings) list() []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Finding, 0, len(c.counts))
	for f, n := range c.counts {
		f.Count = n
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Side, b.Side), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Class, b.Class), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Detail, b.Detail),
		)
	})
	return list
}
