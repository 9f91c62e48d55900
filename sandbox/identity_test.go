package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A person's token carries the rights of the person, in data of all kinds. A token of a
// person creates owner accounts.
func TestRightsOfPeople(t *testing.T) {
	main := newCaller(t)
	tokens := newTokens(t, main.server, "read:owneraccounts write:owneraccounts read:core:entities read:owneraccount:permissions")
	alex := caller{t, main.server, tokens.AccessToken}
	names := func(c caller) string {
		var names []string
		for _, owner := range c.list("/Owners") {
			names = append(names, owner["name"].(string))
		}
		return strings.Join(names, ", ")
	}
	want(t, names(alex), `"Home"`)
	alex.list(alex.owner("Home") + "/BoundLocks")
	office := main.owner("Coworking Space")
	alex.call("GET", office+"/BoundLocks", "").code(t, http.StatusUnauthorized, "Unauthorized")
	alex.call("GET", alex.owner("Home")+"/Grants", "").code(t, http.StatusUnauthorized, "InsufficientScope")

	contact := main.put(office+"/Contacts", `{"identifier":"alex@example.com"}`)
	permission := main.put(office+"/Permissions", fmt.Sprintf(`{"contactId":%q,"role":"Admin"}`, contact["id"]))
	want(t, names(alex), `"Home, Coworking Space"`)
	main.call("DELETE", office+"/Permissions/"+permission["id"].(string), "").want(t, http.StatusNoContent)
	want(t, names(alex), `"Home"`)

	main.call("PUT", "/Owners", `{"name":"Annex"}`).code(t, http.StatusForbidden, "Forbidden")
	alex.call("PUT", "/Owners", `{"name":""}`).code(t, http.StatusBadRequest, "BadRequest")
	first, second := alex.put("/Owners", `{"name":"Annex"}`), alex.put("/Owners", `{"name":"Annex"}`)
	if first["id"] == second["id"] || first["name"] != "Annex" || first["active"] != true {
		t.Errorf("created owner accounts: got %v and %v, want two with other ids", first, second)
	}
	want(t, names(alex), `"Home, Annex, Annex"`)
	want(t, len(alex.list("/Owners/"+first["id"].(string)+"/Contacts")), `1`)
	want(t, alex.list("/Owners/" + first["id"].(string) + "/Permissions")[0]["role"], `"Owner"`)
	want(t, names(main), `"Home, Coworking Space, Self Storage North, Holiday Flat"`)
	if _, err := main.server.AddLogEntry("Annex", sandbox.LogEntry{Lock: "x", Contact: "alex@example.com"}); err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("log entry of a created owner account: got error %v, want one about the lock", err)
	}
}

// The default person owns the first owner account, whatever the data is.
func TestDefaultPerson(t *testing.T) {
	for name, test := range map[string]struct {
		opts   []sandbox.Option
		person string
		owners int
	}{
		"default data":       {nil, "alex@example.com", 1},
		"own data":           {[]sandbox.Option{sandbox.WithOwner(sandbox.Owner{Name: "A", Contacts: []string{"x@example.com", "y@example.com"}}), sandbox.WithOwner(sandbox.Owner{Name: "B"})}, "x@example.com", 1},
		"no contacts":        {[]sandbox.Option{sandbox.WithOwner(sandbox.Owner{Name: "A"})}, "alex@example.com", 0},
		"generated data":     {[]sandbox.Option{sandbox.WithGenerated(3, 2, 1)}, "user00001@example.com", 3},
		"generated, no lock": {[]sandbox.Option{sandbox.WithGenerated(3, 0, 0)}, "alex@example.com", 0},
		"both":               {[]sandbox.Option{sandbox.WithGenerated(3, 2, 1), sandbox.WithOwner(sandbox.Owner{Name: "A", Contacts: []string{"x@example.com"}})}, "x@example.com", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, test.opts...)
			if got := s.Person(); got.Name != test.person || got.Password != "sandbox-password" {
				t.Fatalf("got person %s with password %q, want %s with sandbox-password", got.Name, got.Password, test.person)
			}
			c := caller{t, s, newTokens(t, s, "read:owneraccounts write:owneraccounts read:core:entities").AccessToken}
			owners := c.list("/Owners")
			want(t, len(owners), fmt.Sprint(test.owners))
			for _, owner := range owners {
				c.list("/Owners/" + owner["id"].(string) + "/BoundLocks")
			}
			c.put("/Owners", `{"name":"New"}`)
			want(t, len(c.list("/Owners")), fmt.Sprint(test.owners+1))
		})
	}
}

// A person who signs in with a client is no contact of other accounts, and no permission is
// given twice.
func TestPeopleAreContacts(t *testing.T) {
	c := newCaller(t, sandbox.WithPerson(sandbox.Person{Name: "alex@example.com", Password: "x", Administers: []string{"Coworking Space"}}),
		sandbox.WithPerson(sandbox.Person{Name: "member1@example.com", Password: "x", Owns: []string{"Coworking Space"}}))
	office := c.owner("Coworking Space")
	found := map[any]int{}
	for _, contact := range c.list(office + "/Contacts") {
		found[contact["identifier"]]++
		if contact["identifier"] == "alex@example.com" && contact["title"] != nil {
			t.Errorf("contact of a person: got title %v, want none", contact["title"])
		}
	}
	want(t, []int{found["alex@example.com"], found["member1@example.com"], len(c.list(office + "/Permissions"))}, `[1,1,4]`)
}

// No secret, code, verifier, JWT or token is in the recorded requests, the printed server
// or the error pages.
func TestIdentityServerKeepsSecrets(t *testing.T) {
	x := newExchanger(t, newKey(t, 2048))
	s := x.server
	web := s.WebClient()
	b := newBrowser(t, s)
	login := b.get(authorizeURL(s, url.Values{"client_id": {web.ID}, "scope": {"openid offline_access"}, "nonce": {"the-nonce"}, "login_hint": {"the-hint"}, "state": {"the-state"}}))
	consent := b.signIn(login, s.Person())
	code := b.allow(consent).returned(t, loopbackURI).Get("code")
	tokens := requestTokens(t, s, basic(web.ID+":"+web.Secret), codeForm(s, code, url.Values{"client_id": {""}}), "")
	requestTokens(t, s, "", refreshForm(s, tokens.RefreshToken, url.Values{"client_id": {web.ID}, "client_secret": {web.Secret}}), "")
	assertion := x.sign(x.claims(nil))
	exchanged := x.exchange(assertion, nil, "")
	b.get(s.Issuer() + "/connect/endsession?" + url.Values{"id_token_hint": {tokens.IDToken}, "client_id": {"x"}}.Encode())
	// Mistakes: secrets in queries.
	for _, path := range []string{"/connect/token", "/connect/userinfo", "/api/v1/Owners", "/nope", "/connect/authorize"} {
		for _, name := range []string{"code", "access_token", "refresh%5ftoken", "client_secret", "subject_token", "%63ode_verifier", "Password", "id_token_hint"} {
			send(t, "GET", s.Issuer()+path+"?a=b&"+name+"="+tokens.RefreshToken+"&%zz", "", "")
		}
	}
	send(t, "GET", s.Issuer()+"/connect/token?"+tokens.RefreshToken, "", "")
	req, err := http.NewRequest("GET", s.Issuer()+"/nope", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Referer", loopbackURI+"?code="+code+"&state=the-state")
	do(t, http.DefaultClient, req)

	requests, err := json.Marshal(s.Requests())
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal([]any{s.Person(), s.WebClient(), s.PublicClient()})
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, cookie := range b.client.Jar.Cookies(req.URL) {
		cookies = append(cookies, cookie.Value)
	}
	if len(cookies) != 2 {
		t.Fatalf("got %d cookies, want 2", len(cookies))
	}
	secrets := append([]string{
		s.Person().Password, web.Secret, code, verifier, "the-nonce", "the-hint", "the-state", assertion, login.fields.Get("token"), consent.fields.Get("token"),
		tokens.AccessToken, tokens.RefreshToken, tokens.IDToken, exchanged.AccessToken,
	}, cookies...)
	for where, text := range map[string]string{
		"requests": string(requests), "printed server": fmt.Sprintf("%v %+v %#v %s", s, s, s, s), "JSON": string(config),
		"printed person": fmt.Sprintf("%v %+v %#v %v", s.Person(), s.Person(), s.Person(), []sandbox.Person{s.Person()}),
	} {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s: got the secret %q, want none: %.2000s", where, secret, text)
			}
		}
	}
	if !strings.Contains(string(requests), "client_id="+web.ID) || !strings.Contains(string(requests), "scope=openid+offline_access") {
		t.Errorf("got %s, want harmless parameters kept", requests)
	}
}

// Each endpoint is counted under its name, and faults can be injected there.
func TestFaultsOfTheIdentityServer(t *testing.T) {
	s := start(t)
	if err := s.Inject(sandbox.Fault{Kind: sandbox.Fault503}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	endpoints := map[string]string{
		"token": "/connect/token", "authorize": "/connect/authorize", "login": "/account/login", "consent": "/consent", "logout": "/account/logout",
		"revocation": "/connect/revocation", "userinfo": "/connect/userinfo", "endsession": "/connect/endsession",
		"discovery": "/.well-known/openid-configuration", "jwks": "/.well-known/openid-configuration/jwks",
	}
	for name, path := range endpoints {
		if got := b.get(s.Issuer() + path); got.status == http.StatusServiceUnavailable {
			t.Errorf("%s: got the fault of the API, want none", name)
		}
		fault, err := sandbox.ParseFault("503,count=1,operation=" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Inject(fault); err != nil {
			t.Fatal(err)
		}
		if got := b.get(s.Issuer() + path + "/"); got.status != http.StatusServiceUnavailable || got.header.Get("Sandbox-Fault") != "503" {
			t.Errorf("%s: got status %d and fault %q, want 503", name, got.status, got.header.Get("Sandbox-Fault"))
		}
		if got := s.Count(name); got != 2 {
			t.Errorf("%s: got a count of %d, want 2", name, got)
		}
	}
	want(t, []int{len(s.Counts()), s.Count("other")}, fmt.Sprintf(`[%d,0]`, len(endpoints)))
	if err := s.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "nope"}); err == nil {
		t.Error("fault of an unknown operation: got no error, want one")
	}

	// Faults that alter responses alter pages, too.
	for _, kind := range []sandbox.FaultKind{sandbox.FaultEmpty, sandbox.FaultTruncated, sandbox.FaultSlowBody, sandbox.FaultExtraFields, sandbox.FaultGzipBomb} {
		if err := s.Inject(sandbox.Fault{Kind: kind, Operation: "authorize", Count: 1, Bytes: 10, Delay: 1}); err != nil {
			t.Fatal(err)
		}
		if got := b.get(authorizeURL(s, nil)); got.status != http.StatusOK || got.header.Get("Sandbox-Fault") != string(kind) {
			t.Errorf("%s: got status %d and fault %q, want 200 and the fault", kind, got.status, got.header.Get("Sandbox-Fault"))
		}
	}
	applied := 0
	for _, r := range s.Requests() {
		if r.Operation == "" {
			t.Errorf("got request %s without an operation, want one", r.Path)
		}
		if r.Fault != "" {
			applied++
		}
	}
	want(t, applied, fmt.Sprint(len(endpoints)+5))
}
