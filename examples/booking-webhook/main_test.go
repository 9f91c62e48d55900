package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const home, secret = "7f9c1e52-0000-4000-8000-000000000000", "correct horse"

// start starts the webhook with the files in the working directory.
func start(t *testing.T, server *sandbox.Server) *webhook {
	t.Helper()
	h, err := newWebhook(home, secret, client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()), client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.state.Close() })
	return h
}

// send sends a body to the webhook over HTTP and checks the status.
func send(t *testing.T, h *webhook, body string, want int) {
	t.Helper()
	sendWith(t, h, secret, body, want)
}

func sendWith(t *testing.T, h *webhook, secret, body string, want int) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/bookings", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Webhook-Secret", secret)
	rsp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()
	if rsp.StatusCode != want {
		t.Errorf("%.200s: got status %d, want %d", body, rsp.StatusCode, want)
	}
}

// event returns the event of a booking of the Garage. The days are in December 2098.
func event(id, name, version, email, from, until string) string {
	return `{"id":"` + id + `","event":"` + name + `","version":` + version + `,"email":"` + email +
		`","lock":"Garage","from":"2098-12-` + from + `T12:00:00Z","until":"2098-12-` + until + `T12:00:00Z"}`
}

// grants returns the periods of the grants of a contact that are not revoked.
func grants(t *testing.T, server *sandbox.Server, email string) string {
	t.Helper()
	c := exampletest.Client(t, server, "read:core:entities", "read:grants")
	theirs := odata.Eq("identifier", email).String()
	contacts, err := c.ListContacts(t.Context(), home, &tapkey.ListContactsParams{Filter: &theirs})
	if err != nil {
		t.Fatal(err)
	}
	var periods []string
	for _, contact := range contacts {
		filter := odata.And(odata.Eq("contactId", contact.ID), odata.Eq("active", true)).String()
		grants, err := c.ListGrants(t.Context(), home, &tapkey.ListGrantsParams{Filter: &filter})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range grants {
			periods = append(periods, g.BoundLock.Title+g.ValidFrom.Format(" 02-")+g.ValidBefore.Format("02"))
		}
	}
	return strings.Join(periods, ", ")
}

func TestAccessFollowsBookings(t *testing.T) {
	t.Chdir(t.TempDir())
	server := exampletest.Start(t)
	h := start(t, server)
	check := func(want string) {
		t.Helper()
		if got := grants(t, server, "kim@example.com"); got != want {
			t.Errorf("got grants %q, want %q", got, want)
		}
	}
	for range 2 { // the second request is a retry
		send(t, h, event("B-1", "created", "1", "kim@example.com", "01", "02"), 204)
		check("Garage 01-02")
	}
	send(t, h, event("B-1", "changed", "2", "kim@example.com", "01", "03"), 204)
	check("Garage 01-03")
	send(t, h, event("B-1", "created", "1", "kim@example.com", "01", "02"), 204) // late
	check("Garage 01-03")
	send(t, h, event("B-2", "created", "1", "kim@example.com", "03", "05"), 204) // same person, same lock: one grant
	check("Garage 01-05")

	_ = h.state.Close() // the process ends, and starts again
	h = start(t, server)
	send(t, h, event("B-1", "cancelled", "3", "kim@example.com", "01", "03"), 204)
	check("Garage 03-05")
	send(t, h, event("B-1", "changed", "2", "kim@example.com", "01", "03"), 204) // late
	check("Garage 03-05")
	send(t, h, event("B-2", "cancelled", "2", "kim@example.com", "03", "05"), 204)
	check("")
	if got := server.Count("createGrant"); got != 1 {
		t.Errorf("got %d createGrant requests, want 1", got)
	}
}

func TestFailedRequestsAreSafeToRetry(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.Fault503, Operation: "listBoundLocks", Count: 1},
		{Kind: sandbox.Fault402, Operation: "createContact", Count: 1},
		{Kind: sandbox.Fault402, Operation: "createGrant", Count: 1},
		{Kind: sandbox.Fault401, Operation: "listGrants", Count: 9},
	} {
		t.Run(string(fault.Kind)+" of "+fault.Operation, func(t *testing.T) {
			t.Chdir(t.TempDir())
			server := exampletest.Start(t, sandbox.WithFaults(fault))
			h, b := start(t, server), event("B-1", "created", "1", "kim@example.com", "01", "02")
			send(t, h, b, 503)
			if err := server.ClearFaults(); err != nil {
				t.Fatal(err)
			}
			_ = h.state.Close()
			h = start(t, server)
			send(t, h, b, 204)
			if got := grants(t, server, "kim@example.com"); got != "Garage 01-02" {
				t.Errorf("got grants %q, want one from 01 to 02", got)
			}
		})
	}
}

func TestRefusedRequestsChangeNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	server := exampletest.Start(t)
	h := start(t, server)
	valid := event("B-1", "created", "1", "kim@example.com", "01", "02")
	for _, wrong := range []string{"", "correct", secret + "s", strings.ToUpper(secret)} {
		sendWith(t, h, wrong, valid, 401)
	}
	for _, body := range []string{"", "{", "[]", `"B-1"`, strings.Replace(valid, `"version":1`, `"version":"1"`, 1),
		strings.Replace(valid, "2098-12-01T12:00:00Z", "tomorrow", 1), `{"id":"` + strings.Repeat("B", 64<<10) + `"}`} {
		send(t, h, body, 400)
	}
	for _, body := range []string{
		"null", "{}", event("", "created", "1", "kim@example.com", "01", "02"), event("B-1", "deleted", "1", "kim@example.com", "01", "02"),
		event("B-1", "created", "0", "kim@example.com", "01", "02"), event("B-1", "created", "1", "kim@example.com", "02", "02"),
		event("B-1", "created", "1", "", "01", "02"), event("B-1", "created", "1", "kim", "01", "02"),
		strings.Replace(valid, "Garage", "Barn", 1), strings.Replace(valid, "Garage", "", 1),
		strings.Replace(valid, `"2098-12-02T12:00:00Z"`, "null", 1), strings.Replace(valid, `"2098-12-01T12:00:00Z"`, "null", 1),
	} {
		send(t, h, body, 422)
	}
	send(t, h, event("B-2", "created", "1", "alex@example.com", "01", "02"), 409) // has a grant without limits
	for _, operation := range []string{"createContact", "createGrant", "updateGrant", "revokeGrant"} {
		if got := server.Count(operation); got != 0 {
			t.Errorf("got %d %s requests, want 0", got, operation)
		}
	}
	send(t, h, valid, 204) // no refused booking is in the way
}

func TestStart(t *testing.T) {
	program := exampletest.Build(t)
	t.Chdir(t.TempDir())
	server := exampletest.Start(t)
	env := exampletest.Environment(server)
	got := exampletest.Run(t, append(env, "TAPKEY_OWNER="+home), program)
	if got.Status != 1 || !strings.Contains(got.Stderr, "WEBHOOK_SECRET") {
		t.Errorf("without a secret: got %v, want status 1 and WEBHOOK_SECRET on stderr", got)
	}
	h := start(t, server)
	send(t, h, event("B-1", "created", "1", "kim@example.com", "01", "02"), 204)
	env = append(env, "TAPKEY_OWNER="+home, "WEBHOOK_SECRET="+secret)
	if got = exampletest.Run(t, env, program); got.Status != 1 || !strings.Contains(got.Stderr, "bookings.state") {
		t.Errorf("a second process: got %v, want status 1 and the state file on stderr", got)
	}
	_ = h.state.Close()
	if err := os.Remove("bookings.json"); err != nil {
		t.Fatal(err)
	}
	if got = exampletest.Run(t, env, program); got.Status != 1 || !strings.Contains(got.Stderr, "bookings.json") {
		t.Errorf("the bookings are lost: got %v, want status 1 and the file on stderr", got)
	}
}
