package client_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// connect starts a sandbox and returns a client of it, as the example of New does. It requests
// all scopes that the other examples need.
func connect(opts ...client.Option) (*client.Client, *sandbox.Server) {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	c, err := client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:core:entities", "write:core:entities",
			"read:grants", "write:grants", "read:logs"),
	}, opts...)...)
	if err != nil {
		panic(err)
	}
	return c, server
}

func ExampleNew() {
	server, err := sandbox.Start() // in production: client.New(client.FromEnv())
	if err != nil {
		panic(err)
	}
	defer server.Close()

	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}
	for owner, err := range c.AllOwners(context.Background()) {
		if err != nil {
			panic(err)
		}
		fmt.Println(owner.Name)
	}
	// Output:
	// Home
	// Coworking Space
	// Self Storage North
	// Holiday Flat
}

// The client requests the scopes of the operations. A call of another one is not sent.
func ExampleWithOperations() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
		client.WithOperations("listOwners", "listGrants"),
	)
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Scopes())

	_, err = c.ListBoundLocks(context.Background(), "7f9c1e52-0000-4000-8000-000000000000", nil)
	if failed, ok := errors.AsType[*api.Error](err); ok && errors.Is(err, client.ErrScopeNotRequested) {
		fmt.Println(failed.Hint)
	}
	// Output:
	// [read:grants read:owneraccounts]
	// add client.WithOperations("listBoundLocks") to the options of client.New
}

func ExampleClient_errors() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), "not the secret"),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}

	_, err = c.ListOwners(context.Background())
	if errors.Is(err, api.ErrUnauthorized) {
		fmt.Println("the API rejected the token")
	}
	if tokenErr, ok := errors.AsType[*client.TokenError](err); ok {
		fmt.Println("token request failed:", tokenErr.Code)
	}
	// Output:
	// token request failed: invalid_client
}

// Compare an error with a sentinel by errors.Is. An *api.Error contains the details.
func ExampleClient_notFound() {
	c, server := connect() // as in the example of New
	defer server.Close()

	_, err := c.GetOwner(context.Background(), "unknown")
	if errors.Is(err, api.ErrNotFound) {
		fmt.Println("owner account not found")
	}
	if failure, ok := errors.AsType[*api.Error](err); ok {
		fmt.Println(failure.Operation, failure.Method, failure.Path)
		fmt.Println(failure.StatusCode, failure.Code)
	}
	// Output:
	// owner account not found
	// getOwner GET /Owners/{ownerAccountId}
	// 404 NotFound
}

// Create a contact and grant it access to a lock for a day.
func ExampleClient_grant() {
	c, server := connect() // as in the example of New
	defer server.Close()
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	owner := owners[0].ID
	garage := odata.Eq("title", "Garage").String()
	locks, err := c.ListBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Filter: &garage})
	if err != nil {
		panic(err)
	}

	contact, err := c.CreateContact(ctx, owner, tapkey.ContactCreate{
		IPID: new("tapkey"), Identifier: new("guest@example.com"),
	})
	if err != nil {
		panic(err)
	}
	from := server.Time() // in production: time.Now()
	grant, err := c.CreateGrant(ctx, owner, tapkey.GrantCreate{
		BoundLockID: locks[0].ID, ContactID: &contact.ID,
		ValidFrom: &from, ValidBefore: new(from.AddDate(0, 0, 1)),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(grant.State, grant.Active, grant.ValidBefore.Sub(*grant.ValidFrom))

	_, err = c.CreateContact(ctx, owner, tapkey.ContactCreate{
		IPID: new("tapkey"), Identifier: new("guest@example.com"),
	})
	fmt.Println("second contact is a conflict:", errors.Is(err, api.ErrConflict))
	// Output:
	// Ok true 24h0m0s
	// second contact is a conflict: true
}

// Request two pages in advance while the loop consumes one.
func ExampleWithReadAhead() {
	c, server := connect(client.WithReadAhead(2)) // as in the example of New
	defer server.Close()
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}

	opened := odata.And(odata.Eq("logType", "Command"), odata.Eq("command", "TriggerLock")).String()
	n := 0
	for entry, err := range c.AllLogEntries(ctx, owners[1].ID, &tapkey.ListLogEntriesParams{Filter: &opened}) {
		if err != nil {
			panic(err)
		}
		if entry.ContactID != "" {
			n++
		}
	}
	fmt.Println("opened by phone:", n)
	// Output:
	// opened by phone: 687
}

// Request pages of ten items. After a break no more pages are requested.
func ExampleWithPageSize() {
	c, server := connect(client.WithPageSize(10)) // as in the example of New
	defer server.Close()
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}

	n := 0
	for _, err := range c.AllLogEntries(ctx, owners[1].ID, nil) {
		if err != nil {
			panic(err)
		}
		if n++; n == 15 {
			break
		}
	}
	fmt.Println(n, "entries,", server.Count("listLogEntries"), "pages")
	// Output:
	// 15 entries, 2 pages
}

// Change a setting for one call. Here the call fails at once instead of being retried.
func ExampleClient_With() {
	c, server := connect() // as in the example of New
	defer server.Close()
	noRetries, err := c.With(client.WithRetries(0))
	if err != nil {
		panic(err)
	}

	if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listOwners", Count: 1}); err != nil {
		panic(err)
	}
	_, err = noRetries.ListOwners(context.Background())
	fmt.Println("without retries:", errors.Is(err, api.ErrServer))

	if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listOwners", Count: 1}); err != nil {
		panic(err)
	}
	owners, err := c.ListOwners(context.Background())
	fmt.Println("with retries:", len(owners), err)
	fmt.Println("token requests:", server.TokenRequests())
	// Output:
	// without retries: true
	// with retries: 4 <nil>
	// token requests: 1
}

// Do reads fields that the types of package tapkey do not have, and calls operations that
// the contract does not have.
func ExampleClient_Do() {
	c, server := connect()
	defer server.Close()

	rsp, err := c.Do(context.Background(), http.MethodGet, "/Owners", nil, nil)
	if err != nil {
		panic(err)
	}
	defer rsp.Body.Close()
	var owners []map[string]any
	if err := json.NewDecoder(rsp.Body).Decode(&owners); err != nil {
		panic(err)
	}
	fmt.Println(owners[0]["name"])
	// Output:
	// Home
}

// Use the raw client of oapi-codegen with any token source. BearerAuth only adds the header;
// the caller checks the status and decodes the body.
func ExampleBearerAuth() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	ctx := context.Background()
	credentials := clientcredentials.Config{
		ClientID: server.ClientID(), ClientSecret: server.ClientSecret(), TokenURL: server.TokenURL(),
		Scopes: []string{"read:owneraccounts"}, AuthStyle: oauth2.AuthStyleInParams,
	}

	raw, err := tapkey.NewClient(server.BaseURL(), tapkey.WithRequestEditorFn(client.BearerAuth(credentials.TokenSource(ctx))))
	if err != nil {
		panic(err)
	}
	rsp, err := raw.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	defer rsp.Body.Close()
	fmt.Println(rsp.Status)
	// Output:
	// 200 OK
}

// Trust a private certificate authority, for the API and for the token endpoint. A proxy or a
// client certificate is set in the same transport.
func ExampleWithHTTPClient() {
	server, err := sandbox.Start(sandbox.WithTLS())
	if err != nil {
		panic(err)
	}
	defer server.Close()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: server.CertPool()}

	c, err := client.New(
		client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}
	owners, err := c.ListOwners(context.Background())
	fmt.Println(len(owners), err)
	// Output:
	// 4 <nil>
}

// Log each attempt on one line. The log contains no secret, ID or query.
func ExampleWithLogger() {
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "duration" {
				return slog.Attr{} // differs in each run
			}
			return a
		},
	})
	c, server := connect(client.WithLogger(slog.New(handler))) // as in the example of New
	defer server.Close()

	if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listOwners", Count: 1}); err != nil {
		panic(err)
	}
	if _, err := c.ListOwners(context.Background()); err != nil {
		panic(err)
	}
	// Output:
	// level=DEBUG msg="tapkey: token request" attempt=1
	// level=DEBUG msg="tapkey: attempt" method=GET operation=listOwners path=/Owners attempt=1 status=503
	// level=DEBUG msg="tapkey: attempt" method=GET operation=listOwners path=/Owners attempt=2 status=200
}

// Use user-delegated access: a user signs in, and the program acts on the user's behalf.
// Creating an owner account requires it. Any oauth2.TokenSource can be used, here one of
// golang.org/x/oauth2; package auth does the same with less code.
func ExampleWithTokenSource() {
	server, err := sandbox.Start(sandbox.WithAutoConsent()) // a user who signs in at once
	if err != nil {
		panic(err)
	}
	defer server.Close()
	config := &oauth2.Config{
		ClientID:    server.PublicClient().ID,
		RedirectURL: "http://127.0.0.1:8111/authorize/",
		Scopes:      []string{"write:owneraccounts", "offline_access"},
		Endpoint: oauth2.Endpoint{ // https://login.tapkey.com/connect/authorize and /connect/token
			AuthURL: server.AuthorizeURL(), TokenURL: server.TokenURL(), AuthStyle: oauth2.AuthStyleInParams,
		},
	}

	// Open this URL in the user's browser. The code is sent to RedirectURL. Compare the state
	// received there with the one sent.
	verifier := oauth2.GenerateVerifier()
	code := signIn(config.AuthCodeURL("a-random-state", oauth2.S256ChallengeOption(verifier)))

	ctx := context.Background()
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		panic(err)
	}
	c, err := client.New(client.WithTokenSource(config.TokenSource(ctx, token)), client.WithBaseURL(server.BaseURL()))
	if err != nil {
		panic(err)
	}
	owner, err := c.CreateOwner(ctx, tapkey.OwnerAccountCreate{Name: "My Home"})
	if err != nil {
		panic(err)
	}
	fmt.Println(owner.Name)
	// Output:
	// My Home
}

// signIn simulates the user and the browser. It returns the code.
func signIn(authURL string) string {
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	rsp, err := browser.Get(authURL)
	if err != nil {
		panic(err)
	}
	defer rsp.Body.Close()
	back, err := rsp.Location()
	if err != nil {
		panic(err)
	}
	return back.Query().Get("code")
}
