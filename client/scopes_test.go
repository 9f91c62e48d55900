package client_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// suggested returns the arguments of the WithOperations that an error suggests.
func suggested(t *testing.T, err error) []string {
	t.Helper()
	option := regexp.MustCompile(`add client\.WithOperations\(("\w+"(?:, "\w+")*)\) to the options of client\.New$`).FindStringSubmatch(err.Error())
	if option == nil {
		t.Fatalf("got error %q, want one that ends with the option to add", err)
	}
	return strings.Split(strings.ReplaceAll(option[1], `"`, ""), ", ")
}

// A call whose scope is not requested fails before anything is sent. With the option that the
// error suggests, it succeeds, and so does every call that succeeded before.
func TestScopeNotRequested(t *testing.T) {
	server, c := sandboxClient(t)
	ids := []string{}
	for round := range 3 {
		owners, err := c.ListOwners(t.Context())
		if round == 0 && err != nil {
			t.Fatal(err)
		} else if err != nil {
			t.Fatalf("after the suggested option: got error %v of ListOwners, want none", err)
		}
		if _, err := c.ListPermissions(t.Context(), owners[0].ID); err != nil {
			t.Fatalf("got error %v of ListPermissions, want none", err)
		}
		calls := []func() error{
			func() error { _, err := c.ListGrants(t.Context(), owners[0].ID, nil); return err },
			func() error { _, err := c.ListLogEntries(t.Context(), owners[0].ID, nil); return err },
		}
		for _, call := range calls[:round] {
			if err := call(); err != nil {
				t.Errorf("after %d suggested options: got error %v, want none", round, err)
			}
		}
		if round == len(calls) {
			break
		}
		server.ForgetRequests()
		tokens := server.TokenRequests()
		err = calls[round]()
		failed, ok := errors.AsType[*api.Error](err)
		if !ok || failed.StatusCode != 0 || !errors.Is(err, client.ErrScopeNotRequested) || api.MaybeDone(err) {
			t.Fatalf("got error %v, want an api.Error with ErrScopeNotRequested that is certainly not done", err)
		}
		if len(server.Requests()) != 0 || server.TokenRequests() != tokens {
			t.Errorf("got %d requests, want none", len(server.Requests()))
		}
		ids = append(ids, suggested(t, err)...)
		_, c = sandboxClientOf(t, server, client.WithOperations(ids...))
	}
}

func TestErrorsOfScopes(t *testing.T) {
	_, c := sandboxClient(t, client.WithOperations("listOwners"), client.WithOperations("listGrants"))
	_, err := c.CreateGrant(t.Context(), "1", tapkey.GrantCreate{})
	want := `createGrant: PUT /Owners/{ownerAccountId}/Grants: not sent: scope not requested: it needs the scope write:grants; ` +
		`requested: read:grants read:owneraccounts: add client.WithOperations("createGrant") to the options of client.New`
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	for _, err := range c.AllLogEntries(t.Context(), "1", nil) {
		if !errors.Is(err, client.ErrScopeNotRequested) {
			t.Errorf("AllLogEntries: got error %v, want ErrScopeNotRequested", err)
		}
	}
	if _, err := c.Do(t.Context(), http.MethodGet, "/Owners/1/Contacts", nil, nil); !errors.Is(err, client.ErrScopeNotRequested) {
		t.Errorf("Do: got error %v, want ErrScopeNotRequested", err)
	}
	variant, err := c.With(client.WithRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := variant.ListContacts(t.Context(), "1", nil); !errors.Is(err, client.ErrScopeNotRequested) {
		t.Errorf("With: got error %v, want ErrScopeNotRequested", err)
	}
	err = c.CheckScopes("listOwners", "createGrant", "revokeGrant", "listContacts")
	want = `scope not requested: it needs the scope read:core:entities write:grants; requested: read:grants read:owneraccounts: ` +
		`add client.WithOperations("listContacts", "createGrant", "revokeGrant") to the options of client.New`
	if !errors.Is(err, client.ErrScopeNotRequested) || err.Error() != want {
		t.Errorf("CheckScopes: got error %v, want %s", err, want)
	}
	if err := c.CheckScopes("listOwners", "listBoundCardGrants"); err != nil {
		t.Errorf("CheckScopes: got error %v, want none", err)
	}
	if err := c.CheckScopes("listOwner"); !errors.Is(err, client.ErrConfig) {
		t.Errorf("CheckScopes: got error %v, want ErrConfig", err)
	}
}

// A program that chose the scopes or the token is not second-guessed, and neither is the raw
// client, whose requests have no operation.
func TestScopesOfTheProgramAreNotChecked(t *testing.T) {
	s := newService(t, nil, respondJSON(http.StatusOK, []any{}))
	ctx := t.Context()
	mine := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer mine")
		return nil
	}
	t.Setenv(client.EnvScopes, "read:owneraccounts")
	list := func(c *client.Client, editors ...tapkey.RequestEditorFn) error {
		_, err := c.ListGrants(ctx, "1", nil, editors...)
		return err
	}
	for name, err := range map[string]error{
		"WithScopes":          list(s.client(t, client.WithScopes("all"))),
		"TAPKEY_SCOPES":       list(s.client(t, client.FromEnv())),
		"WithTokenSource":     list(s.client(t, client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})))),
		"header of an editor": list(s.client(t, client.WithOperations("listOwners")), mine),
		"CheckScopes":         s.client(t, client.WithScopes("all")).CheckScopes("listGrants"),
	} {
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
	}
	if rsp, err := s.client(t, client.WithOperations("listOwners")).Raw().ListGrants(ctx, "1", nil); err != nil {
		t.Errorf("raw client: got error %v, want none", err)
	} else {
		rsp.Body.Close()
	}
}

func TestRequestedScopes(t *testing.T) {
	t.Setenv(client.EnvScopes, "a b")
	for name, test := range map[string]struct {
		opts []client.Option
		want string
	}{
		"default":                      {nil, "read:owneraccounts read:owneraccount:permissions"},
		"operations":                   {[]client.Option{client.WithOperations("revokeGrant", "createGrant", "listOwners")}, "read:owneraccounts write:grants"},
		"operations add up":            {[]client.Option{client.WithOperations("listGrants"), client.WithOperations("listOwners")}, "read:grants read:owneraccounts"},
		"scopes":                       {[]client.Option{client.WithScopes("x")}, "x"},
		"scopes after operations":      {[]client.Option{client.WithOperations("listGrants"), client.WithScopes("x")}, "x"},
		"operations after scopes":      {[]client.Option{client.WithScopes("x"), client.WithOperations("listGrants")}, "read:grants"},
		"environment":                  {[]client.Option{client.FromEnv()}, "a b"},
		"environment after operations": {[]client.Option{client.WithOperations("listGrants"), client.FromEnv()}, "a b"},
		"operations after environment": {[]client.Option{client.FromEnv(), client.WithOperations("listGrants")}, "read:grants"},
		"token source":                 {[]client.Option{client.WithOperations("listGrants"), client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}))}, ""},
	} {
		c, err := client.New(append([]client.Option{client.WithCredentials("id", "secret")}, test.opts...)...)
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
			continue
		}
		equal(t, name, strings.Join(c.Scopes(), " "), test.want)
	}
	ids := []string{"listGrants"}
	opt := client.WithOperations(ids...)
	ids[0] = "changed"
	if _, err := client.New(client.WithCredentials("id", "secret"), opt); err != nil {
		t.Errorf("after a change of the slice: got error %v, want none", err)
	}
}

func TestUnknownOperations(t *testing.T) {
	for id, want := range map[string]string{
		"listGrant":  `unknown operation "listGrant": did you mean listGrants`,
		"ListGrants": "did you mean listGrants",
		"AllGrants":  "did you mean listGrants",
		"":           `unknown operation "": tapkey.Operations lists all`,
		"a\nb":       `unknown operation "a b": tapkey.Operations lists all`,
	} {
		_, err := client.New(client.WithCredentials("id", "secret"), client.WithOperations("listOwners", id))
		if !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got error %v, want ErrConfig with %q on one line", id, err, want)
		}
	}
	if _, err := client.New(client.WithCredentials("id", "secret"), client.WithOperations()); !errors.Is(err, client.ErrConfig) {
		t.Errorf("no operations: got error %v, want ErrConfig", err)
	}
	var all []string
	for _, op := range tapkey.Operations() {
		all = append(all, op.ID)
		if got, err := client.ScopesFor(op.ID); err != nil || !slices.Equal(got, op.Scopes) {
			t.Errorf("ScopesFor(%s): got %q, %v, want %q", op.ID, got, err, op.Scopes)
		}
	}
	if got, err := client.ScopesFor(all...); err != nil || len(got) != 11 || !slices.IsSorted(got) {
		t.Errorf("ScopesFor(all): got %q, %v, want 11 scopes in order", got, err)
	}
}

// An invalid_scope names the scope of the operation and those that were requested.
func TestInvalidScopeNamesTheScopes(t *testing.T) {
	_, c := sandboxClient(t, client.WithScopes("read:owneraccounts", "read:everything"))
	_, err := c.ListOwners(t.Context())
	if want := "it needs the scope read:owneraccounts; requested: read:owneraccounts read:everything"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got error %v, want suffix %q", err, want)
	}
}
