package client_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// lastingFaults is the outcome of a call of each class of operation while a fault lasts, with
// the default of three retries. A cell contains the result of the call and the number of
// requests; for operations that write, also the number of writes. The tables are written by
// hand, and docs/reliability.md contains them verbatim.
const lastingFaults = `
| fault | list | get | create | patch | delete | action | iterator |
| --- | --- | --- | --- | --- | --- | --- | --- |
| latency,delay=5ms | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| refused | net.OpError/4 | net.OpError/4 | net.OpError/4/0 | net.OpError/4/0 | net.OpError/4/0 | net.OpError/4/0 | net.OpError/4 |
| reset | net.OpError/4 | net.OpError/4 | net.OpError/1/0 | net.OpError/4/0 | net.OpError/1/0 | net.OpError/1/0 | net.OpError/4 |
| 101 | 101/1 | 101/1 | 101/1/0 | 101/1/0 | 101/1/0 | 101/1/0 | 101/1 |
| 401 | ErrUnauthorized/2 | ErrUnauthorized/2 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2 |
| 401-invalid-token | ErrUnauthorized/2 | ErrUnauthorized/2 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2 |
| 401-expired | ErrUnauthorized/2 | ErrUnauthorized/2 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2 |
| 401-insufficient-scope | ErrUnauthorized/2 | ErrUnauthorized/2 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2 |
| 401-empty | ErrUnauthorized/2 | ErrUnauthorized/2 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2/0 | ErrUnauthorized/2 |
| 400 | ErrBadRequest/1 | ErrBadRequest/1 | ErrBadRequest/1/0 | ErrBadRequest/1/0 | ErrBadRequest/1/0 | ErrBadRequest/1/0 | ErrBadRequest/1 |
| 402 | ErrPaymentRequired/1 | ErrPaymentRequired/1 | ErrPaymentRequired/1/0 | ErrPaymentRequired/1/0 | ErrPaymentRequired/1/0 | ErrPaymentRequired/1/0 | ErrPaymentRequired/1 |
| 403 | ErrForbidden/1 | ErrForbidden/1 | ErrForbidden/1/0 | ErrForbidden/1/0 | ErrForbidden/1/0 | ErrForbidden/1/0 | ErrForbidden/1 |
| 404 | ErrNotFound/1 | ErrNotFound/1 | ErrNotFound/1/0 | ErrNotFound/1/0 | ErrNotFound/1/0 | ErrNotFound/1/0 | ErrNotFound/1 |
| 409 | ErrConflict/1 | ErrConflict/1 | ErrConflict/1/0 | ErrConflict/1/0 | ErrConflict/1/0 | ErrConflict/1/0 | ErrConflict/1 |
| 429 | ErrTooManyRequests/4 | ErrTooManyRequests/4 | ErrTooManyRequests/1/0 | ErrTooManyRequests/4/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/4 |
| 429-retry-after | ErrTooManyRequests/4 | ErrTooManyRequests/4 | ErrTooManyRequests/1/0 | ErrTooManyRequests/4/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/4 |
| 429-retry-after,retry-after=31 | ErrTooManyRequests/1 | ErrTooManyRequests/1 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1 |
| 500 | ErrServer/4 | ErrServer/4 | ErrServer/1/0 | ErrServer/4/0 | ErrServer/1/0 | ErrServer/1/0 | ErrServer/4 |
| 502-html | ErrServer/4 | ErrServer/4 | ErrServer/1/0 | ErrServer/4/0 | ErrServer/1/0 | ErrServer/1/0 | ErrServer/4 |
| 503 | ErrServer/4 | ErrServer/4 | ErrServer/1/0 | ErrServer/4/0 | ErrServer/1/0 | ErrServer/1/0 | ErrServer/4 |
| undocumented-status | 418/1 | 418/1 | 418/1/0 | 418/1/0 | 418/1/0 | 418/1/0 | 418/1 |
| redirect,location=https://example.com/ | ErrRedirect/1 | ErrRedirect/1 | ErrRedirect/1/0 | ErrRedirect/1/0 | ErrRedirect/1/0 | ErrRedirect/1/0 | ErrRedirect/1 |
| stuck-body | ErrServer/4 | ErrServer/4 | ErrServer/1/0 | ErrServer/4/0 | ErrServer/1/0 | ErrServer/1/0 | ErrServer/4 |
| close-body | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| slow-body,delay=5ms | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| wrong-content-type | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| charset | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| truncated | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| empty | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| empty-chunked | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| empty-gzip | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| line-break | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| null | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| object | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ok/1/1 | ErrUnexpected/1 |
| 200-html | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| byte-order-mark | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| capped-pages | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| malformed | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ErrUnexpected/1/1 | ErrUnexpected/1 |
| oversized,bytes=200000 | ErrTooLarge/1 | ErrTooLarge/1 | ErrTooLarge/1/1 | ErrTooLarge/1/1 | ok/1/1 | ErrTooLarge/1/1 | ErrTooLarge/1 |
| gzip-bomb,bytes=200000 | ErrTooLarge/1 | ErrTooLarge/1 | ErrTooLarge/1/1 | ErrTooLarge/1/1 | ok/1/1 | ErrTooLarge/1/1 | ErrTooLarge/1 |
| extra-fields | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| malformed-token,operation=token | ErrUnauthorized/1 | ErrUnauthorized/1 | ErrUnauthorized/1/0 | ErrUnauthorized/1/0 | ErrUnauthorized/1/0 | ErrUnauthorized/1/0 | ErrUnauthorized/1 |
| 429,operation=token | ErrTooManyRequests/0 | ErrTooManyRequests/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0 |
| 429-retry-after,operation=token,retry-after=31 | ErrTooManyRequests/0 | ErrTooManyRequests/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0/0 | ErrTooManyRequests/0 |
| 503,operation=token | ErrServer/0 | ErrServer/0 | ErrServer/0/0 | ErrServer/0/0 | ErrServer/0/0 | ErrServer/0/0 | ErrServer/0 |
| close-body,operation=token | ErrUnexpected/0 | ErrUnexpected/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0 |
| truncated,operation=token | ErrUnexpected/0 | ErrUnexpected/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0 |
| empty,operation=token | ErrUnexpected/0 | ErrUnexpected/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0/0 | ErrUnexpected/0 |
| missing-fields | ErrUnexpected/1 | ErrUnexpected/1 | ErrUnexpected/1/1 | ErrUnexpected/1/1 | ok/1/1 | ok/1/1 | ErrUnexpected/1 |
| unknown-enum | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
`

// transientFaults is the outcome if the fault affects only the first request, for the faults
// whose outcome then differs from lastingFaults.
const transientFaults = `
| fault, once | list | get | create | patch | delete | action | iterator |
| --- | --- | --- | --- | --- | --- | --- | --- |
| refused | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| reset | ok/2 | ok/2 | net.OpError/1/0 | ok/2/1 | net.OpError/1/0 | net.OpError/1/0 | ok/2 |
| 401 | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| 401-invalid-token | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| 401-expired | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| 401-insufficient-scope | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| 401-empty | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| 429 | ok/2 | ok/2 | ErrTooManyRequests/1/0 | ok/2/1 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ok/2 |
| 429-retry-after | ok/2 | ok/2 | ErrTooManyRequests/1/0 | ok/2/1 | ErrTooManyRequests/1/0 | ErrTooManyRequests/1/0 | ok/2 |
| 500 | ok/2 | ok/2 | ErrServer/1/0 | ok/2/1 | ErrServer/1/0 | ErrServer/1/0 | ok/2 |
| 502-html | ok/2 | ok/2 | ErrServer/1/0 | ok/2/1 | ErrServer/1/0 | ErrServer/1/0 | ok/2 |
| 503 | ok/2 | ok/2 | ErrServer/1/0 | ok/2/1 | ErrServer/1/0 | ErrServer/1/0 | ok/2 |
| stuck-body | ok/2 | ok/2 | ErrServer/1/0 | ok/2/1 | ErrServer/1/0 | ErrServer/1/0 | ok/2 |
| malformed-token,operation=token | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| 429,operation=token | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
| 503,operation=token | ok/1 | ok/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1/1 | ok/1 |
`

var printFaults = flag.Bool("faults.print", false, "print the tables of faults and outcomes")

// sentinels are the names of errors in the tables.
var sentinels = map[string]error{
	"ErrBadRequest": api.ErrBadRequest, "ErrUnauthorized": api.ErrUnauthorized, "ErrPaymentRequired": api.ErrPaymentRequired,
	"ErrForbidden": api.ErrForbidden, "ErrNotFound": api.ErrNotFound, "ErrConflict": api.ErrConflict,
	"ErrTooManyRequests": api.ErrTooManyRequests, "ErrServer": api.ErrServer, "ErrUnexpected": api.ErrUnexpected,
	"ErrTooLarge": api.ErrTooLarge, "ErrRedirect": api.ErrRedirect,
}

// outcome returns the name of a result in the tables.
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	for name, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			return name
		}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "net.OpError"
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode != 0 {
		return strconv.Itoa(failed.StatusCode)
	}
	return err.Error()
}

// faultRows returns the rows of a table as cells. The first cell of a row is the fault.
func faultRows(table string) (rows [][]string) {
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestFaultMatrix injects each fault of the tables and compares the outcomes. With
// -faults.print it prints the tables.
func TestFaultMatrix(t *testing.T) {
	if *printFaults {
		fmt.Print(lastingFaults, transientFaults)
	}
	for _, kind := range sandbox.FaultKinds() {
		if !slices.ContainsFunc(faultRows(lastingFaults), func(row []string) bool {
			name, _, _ := strings.Cut(row[0], ",")
			return name == string(kind)
		}) {
			t.Errorf("fault %s: got no row in the table, want one", kind)
		}
	}
	for table, once := range map[string]bool{lastingFaults: false, transientFaults: true} {
		for _, row := range faultRows(table) {
			t.Run(fmt.Sprintf("%s once=%t", row[0], once), func(t *testing.T) {
				t.Parallel()
				testFault(t, row[0], once, row[1:])
			})
		}
	}
}

// operation is a call of an operation, and its class in the tables.
type operation struct {
	class, id string
	call      func(context.Context, *client.Client) error
}

// operations creates the resources that the calls need and returns one operation per class.
func operations(t *testing.T, c *client.Client) []operation {
	t.Helper()
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owner := owners[0].ID
	grants, err := c.ListGrants(t.Context(), owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	contact, err := c.CreateContact(t.Context(), owner, tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("old@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	permission, err := c.CreatePermission(t.Context(), owner, tapkey.PermissionCreate{ContactID: contact.ID, Role: tapkey.PermissionRoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	return []operation{
		{"list", "listGrants", func(ctx context.Context, c *client.Client) error {
			list, err := c.ListGrants(ctx, owner, nil)
			if err == nil && len(list) != len(grants) {
				err = fmt.Errorf("got %d grants, want %d", len(list), len(grants))
			}
			return err
		}},
		{"get", "getContact", func(ctx context.Context, c *client.Client) error {
			got, err := c.GetContact(ctx, owner, contact.ID)
			if err == nil && got.ID != contact.ID {
				err = fmt.Errorf("got contact %v, want id %s", got, contact.ID)
			}
			return err
		}},
		{"create", "createContact", func(ctx context.Context, c *client.Client) error {
			got, err := c.CreateContact(ctx, owner, tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("new@example.com")})
			if err == nil && got.ID == "" {
				err = fmt.Errorf("got contact %v, want an id", got)
			}
			return err
		}},
		{"patch", "updateContact", func(ctx context.Context, c *client.Client) error {
			got, err := c.UpdateContact(ctx, owner, contact.ID, tapkey.ContactUpdate{Title: new("New")})
			if err == nil && got.Title != "New" {
				err = fmt.Errorf("got contact %v, want title New", got)
			}
			return err
		}},
		{"delete", "deletePermission", func(ctx context.Context, c *client.Client) error {
			return c.DeletePermission(ctx, owner, permission.ID)
		}},
		{"action", "revokeGrant", func(ctx context.Context, c *client.Client) error {
			got, err := c.RevokeGrant(ctx, owner, grants[0].ID, nil)
			if err == nil && got == nil {
				err = errors.New("got neither a grant nor an error, want one")
			}
			return err
		}},
		{"iterator", "listGrants", func(ctx context.Context, c *client.Client) error {
			n := 0
			for _, err := range c.AllGrants(ctx, owner, nil) {
				if err != nil {
					return err
				}
				n++
			}
			if n != len(grants) {
				return fmt.Errorf("got %d grants, want %d", n, len(grants))
			}
			return nil
		}},
	}
}

// classes are the columns of the tables.
var classes = []string{"list", "get", "create", "patch", "delete", "action", "iterator"}

// testFault calls each operation with a fault injected and compares the outcomes with a row.
func testFault(t *testing.T, text string, once bool, want []string) {
	fault, err := sandbox.ParseFault(text)
	if err != nil {
		t.Fatal(err)
	}
	if once && fault.Kind != sandbox.FaultRefused {
		fault.Count = 1
	}
	server, err := sandbox.Start(sandbox.WithOwner(sandbox.Owner{
		Name: "Home", Locks: []string{"Door"}, Contacts: []string{"a@example.com", "b@example.com"},
		Grants: []sandbox.SeedGrant{{Lock: "Door", Contact: "a@example.com"}, {Lock: "Door", Contact: "b@example.com"}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	newClient := func(opts ...client.Option) *client.Client {
		c, err := client.New(append([]client.Option{
			client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
			client.WithScopes("read:owneraccounts", "read:owneraccount:permissions", "write:owneraccount:permissions",
				"read:core:entities", "write:core:entities", "read:grants", "write:grants"),
		}, opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	setup := newClient()
	all := operations(t, setup)
	for i, op := range all {
		if op.class != classes[i] || len(want) != len(classes) {
			t.Fatalf("operation %d: got class %s and %d cells, want class %s and %d cells", i, op.class, len(want), classes[i], len(classes))
		}
		// Without keep-alive, because net/http retries a GET itself if an idle connection
		// has been closed.
		var attempts atomic.Int32
		transport := &http.Transport{DisableKeepAlives: true}
		c := newClient(client.WithMaxResponseBytes(100_000),
			client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(req.URL.Path, "/connect/token") {
					attempts.Add(1)
				}
				return transport.RoundTrip(req)
			})}),
			client.WithSleep(func(context.Context, time.Duration) error {
				if once {
					return server.ClearFaults()
				}
				return nil
			}))
		if fault.Operation != "token" {
			if _, err := c.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		server.ForgetRequests()
		if err := server.Inject(fault); err != nil {
			t.Fatal(err)
		}
		err := op.call(t.Context(), c)
		if failed, ok := errors.AsType[*api.Error](err); err != nil && (!ok || failed.Operation != op.id) {
			t.Errorf("%s: got error %v, want an *api.Error of %s", op.class, err, op.id)
		}
		if err := server.ClearFaults(); err != nil {
			t.Fatal(err)
		}
		arrived, written := 0, 0
		for _, req := range server.Requests() {
			if req.Operation == op.id {
				arrived++
				if req.Status/100 == 2 {
					written++
				}
			}
		}
		if made := int(attempts.Load()); arrived != made && fault.Kind != sandbox.FaultRefused {
			t.Errorf("%s: got %d requests at the server, want the %d that were sent", op.class, arrived, made)
		}
		got := fmt.Sprintf("%s/%d", outcome(err), attempts.Load())
		if slices.Contains([]string{"create", "patch", "delete", "action"}, op.class) {
			got += fmt.Sprintf("/%d", written)
			if written > 1 && op.class != "patch" {
				t.Errorf("%s: got %d writes, want at most 1", op.class, written)
			}
		}
		if got != want[i] {
			t.Errorf("%s: got %s, want %s (error: %v)", op.class, got, want[i], err)
		}
		if op.class == "create" {
			equal(t, "contacts", contacts(t, setup, "new@example.com"), written)
		}
	}
}

// contacts returns the number of contacts with an identifier.
func contacts(t *testing.T, c *client.Client, identifier string) (n int) {
	t.Helper()
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for contact, err := range c.AllContacts(t.Context(), owners[0].ID, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if contact.Identifier == identifier {
			n++
		}
	}
	return n
}

func TestFaultTablesAreInTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(doc), "\r\n", "\n")
	for _, table := range []string{lastingFaults, transientFaults} {
		if !strings.Contains(text, table) {
			t.Errorf("got docs/reliability.md without the table, want it verbatim:\n%s", table)
		}
	}
}
