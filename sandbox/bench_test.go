package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// largeOwner returns an owner account with n contacts, each with a grant.
func largeOwner(n int) sandbox.Owner {
	large := sandbox.Owner{Name: "Large", Locks: []string{"Door"}, Cards: []string{"Card"}}
	for i := range n {
		contact := fmt.Sprintf("user%05d@example.com", i)
		large.Contacts = append(large.Contacts, contact)
		large.Grants = append(large.Grants, sandbox.SeedGrant{Lock: "Door", Contact: contact})
	}
	return large
}

// The cost of a request to an owner account with 49,000 contacts and grants.
func BenchmarkLargeOwner(b *testing.B) {
	c := newCaller(b, sandbox.WithOwner(largeOwner(49_000)))
	path := c.owner("Large")
	for name, query := range map[string]string{
		"one contact":    "/Contacts?$top=1",
		"page":           "/Contacts?$top=100",
		"last page":      "/Contacts?$top=100&$skip=48900",
		"grants":         "/Grants?$top=100",
		"filter, first":  "/Contacts?$top=1&$filter=startswith(identifier,'user')",
		"filter, none":   "/Contacts?$top=1&$filter=identifier eq 'nobody'",
		"grants of card": "/BoundCards/" + c.id(path+"/BoundCards", "title", "Card") + "/Grants",
		"memberships":    "/BoundLocks?expand=membershipStatistics",
		"owner":          "",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.call("GET", path+query, "").want(b, http.StatusOK)
			}
		})
	}
	b.Run("create contact", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.call("PUT", path+"/Contacts", fmt.Sprintf(`{"identifier":"%d-%d@example.com"}`, b.N, i)).want(b, http.StatusOK)
		}
	})
}
