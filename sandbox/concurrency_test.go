package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// goroutinesOf returns the stacks that contain a text. It waits up to 5 s for there to be
// none.
func goroutinesOf(text string) []string {
	found := stacks(text)
	for deadline := time.Now().Add(5 * time.Second); len(found) > 0 && time.Now().Before(deadline); runtime.Gosched() {
		found = stacks(text)
	}
	return found
}

// stacks returns the stacks of goroutines that contain a text.
func stacks(text string) []string {
	all := make([]byte, 4<<20)
	all = all[:runtime.Stack(all, true)]
	var found []string
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if strings.Contains(stack, text) {
			found = append(found, stack)
		}
	}
	return found
}

// Many clients send the same requests concurrently: each grant is created once, each
// revocation succeeds once, and a revoked grant stays revoked.
func TestManyClientsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	const workers, requests = 64, 10_000
	s, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := caller{t, s, accessToken(t, s, s.ClientID(), s.ClientSecret())}
	home := c.owner("Home")
	lock := c.id(home+"/BoundLocks", "title", "Garden Shed")
	before := len(c.list(home + "/Grants"))

	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	client := &http.Client{Transport: recorded(transport)}
	do := func(method, path, body string) (int, []byte, error) {
		req, err := http.NewRequest(method, s.BaseURL()+path, strings.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Content-Type", "application/json")
		rsp, err := client.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer rsp.Body.Close()
		b, err := io.ReadAll(rsp.Body)
		return rsp.StatusCode, b, err
	}

	// Several workers create each grant, and several revoke it.
	var (
		next            atomic.Int64
		mu              sync.Mutex
		created         = map[string]int{} // successful creations, by receiver
		revoked         = map[string]int{} // successful revocations, by grant
		unexpected      = map[string]int{}
		wg              sync.WaitGroup
		count           = func(m map[string]int, key string) { mu.Lock(); m[key]++; mu.Unlock() }
		createAndRevoke = func(n int) {
			receiver := fmt.Sprintf("user%d@example.com", n/8)
			status, body, err := do("PUT", home+"/Grants", fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":%q}}`, lock, receiver))
			if err != nil || status != 200 && status != 409 {
				count(unexpected, fmt.Sprintf("create: %d %v %s", status, err, body))
				return
			}
			if status == 409 {
				return
			}
			count(created, receiver)
			var grant struct{ ID string }
			if err := json.Unmarshal(body, &grant); err != nil {
				count(unexpected, err.Error())
			}
			if n/8%2 == 0 {
				return
			}
			for range 2 {
				status, body, err := do("POST", home+"/Grants/"+grant.ID+"/Revoke", "")
				switch {
				case err != nil || status != 200 && status != 409:
					count(unexpected, fmt.Sprintf("revoke: %d %v %s", status, err, body))
				case status == 200:
					count(revoked, grant.ID)
				}
			}
		}
	)
	for range workers {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				switch {
				case n >= requests:
					return
				case n%10 == 9:
					if status, body, err := do("GET", home+"/Grants?$top=5&$filter=active", ""); err != nil || status != 200 {
						count(unexpected, fmt.Sprintf("list: %d %v %s", status, err, body))
					}
				case n < 2000:
					createAndRevoke(n)
				default:
					if status, _, err := do("GET", home, ""); err != nil || status != 200 {
						count(unexpected, fmt.Sprintf("get: %d %v", status, err))
					}
				}
			}
		})
	}
	wg.Wait()
	for what, n := range unexpected {
		t.Errorf("got %d unexpected responses, want none: %s", n, what)
	}
	// A grant that is not revoked is created once. A revoked one may be created again.
	stay := 0
	for receiver, n := range created {
		var number int
		if _, err := fmt.Sscanf(receiver, "user%d@", &number); err != nil {
			t.Fatal(err)
		}
		if number%2 == 0 {
			stay++
			if n != 1 {
				t.Errorf("creations of the grant for %s: got %d, want 1", receiver, n)
			}
		}
	}
	total := 0
	for _, n := range created {
		total += n
	}
	active := map[string]int{}
	grants := c.list(home + "/Grants")
	for _, grant := range grants {
		id := grant["id"].(string)
		if isRevoked := grant["state"] == "Revoked"; isRevoked != (revoked[id] > 0) {
			t.Errorf("grant %s: got state %v after %d successful revocations, want Revoked if and only if there was one", id, grant["state"], revoked[id])
		}
		if grant["active"] == true {
			active[fmt.Sprint(grant["boundLockId"], grant["contactId"], grant["boundCardId"])]++
		}
	}
	for id, n := range revoked {
		if n != 1 {
			t.Errorf("revocations of grant %s: got %d, want 1", id, n)
		}
	}
	for receiver, n := range active {
		if n != 1 {
			t.Errorf("identical active grants for %s: got %d, want 1", receiver, n)
		}
	}
	if len(grants) != before+total || stay != 125 {
		t.Errorf("got %d grants, %d of them not revoked, want %d and 125", len(grants), stay, before+total)
	}
	contacts := map[any]bool{}
	for _, contact := range c.list(home + "/Contacts") {
		if contacts[contact["identifier"]] {
			t.Errorf("contact %v: got 2, want 1", contact["identifier"])
		}
		contacts[contact["identifier"]] = true
	}
	if counted := s.Count("getOwner") + s.Count("createGrant") + s.Count("listGrants"); counted < requests {
		t.Errorf("counted requests: got %d, want at least the %d that were sent", counted, requests)
	}

	transport.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Errorf("Close: got error %v, want none", err)
	}
	http.DefaultClient.CloseIdleConnections()
	if leaked := goroutinesOf("tapkey-go/sandbox.("); len(leaked) > 0 {
		t.Errorf("goroutines of the sandbox after Close: got %s, want none", leaked)
	}
	if leaked := goroutinesOf("http.(*conn).serve"); len(leaked) > 0 {
		t.Errorf("connections after Close: got %s, want none", leaked)
	}
}
