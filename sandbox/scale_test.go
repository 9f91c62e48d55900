package sandbox_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The cost of a page does not depend on the size of the list: no request copies the items
// that it does not return.
func TestCostOfAPage(t *testing.T) {
	const contacts = 20_000
	c := newCaller(t, sandbox.WithOwner(largeOwner(contacts)))
	path := c.owner("Large")
	card := c.id(path+"/BoundCards", "title", "Card")
	for _, query := range []string{
		"/Contacts?$top=1",
		"/Contacts?$top=1&$skip=19998",
		"/Contacts?$top=1&$filter=startswith(identifier,'user')",
		"/Grants?$top=1",
		"/BoundCards/" + card + "/Grants",
		"/Permissions",
		"/BoundLocks?expand=membershipStatistics",
	} {
		c.call("GET", path+query, "").want(t, http.StatusOK) // the first one fills pools
		const requests = 10
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range requests {
			c.call("GET", path+query, "").want(t, http.StatusOK)
		}
		runtime.ReadMemStats(&after)
		// A copy of the contacts alone would be 70 B for each of them.
		if got := (after.TotalAlloc - before.TotalAlloc) / requests; got > contacts*25 {
			t.Errorf("%s: got %d bytes allocated for each request, want at most %d", query, got, contacts*25)
		}
	}
}

// A client that does not read the list it has requested blocks no other client.
func TestUnreadListBlocksNobody(t *testing.T) {
	c := newCaller(t, sandbox.WithOwner(largeOwner(20_000)))
	path := c.owner("Large")
	base, err := url.Parse(c.server.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", base.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s%s/Grants HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer %s\r\n\r\n", base.Path, path, c.token)
	status, err := bufio.NewReaderSize(conn, 16).ReadString('\n')
	if err != nil || !strings.Contains(status, "200") {
		t.Fatalf("got status line %q and error %v, want 200", status, err)
	}
	for i := range 3 {
		c.put(path+"/Contacts", fmt.Sprintf(`{"identifier":"new%d@example.com"}`, i))
	}
	want(t, len(c.list(path+"/Contacts?$skip=20000")), `4`) // with the service account
}
