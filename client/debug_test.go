package client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestDebugWriter(t *testing.T) {
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var out bytes.Buffer
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()), anyScope(), client.WithHeader("X-Tenant", "alex"), client.WithDebugWriter(&out))
	if err != nil {
		t.Fatal(err)
	}
	const home = "7f9c1e52-0000-4000-8000-000000000000"
	filter := odata.Eq("identifier", "alex@example.com").String()
	contacts, err := c.ListContacts(t.Context(), home, &tapkey.ListContactsParams{Filter: &filter})
	if err != nil || len(contacts) != 1 {
		t.Fatalf("got %d contacts, error %v, want 1", len(contacts), err)
	}
	title := "Alex Example"
	if _, err := c.UpdateContact(t.Context(), home, contacts[0].ID, tapkey.ContactUpdate{Title: &title}); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{
		"[1] > POST " + server.TokenURL() + " (attempt 1)\n", "client_id=***&client_secret=***&grant_type=client_credentials&scope=***\n",
		"[1] < HTTP/1.1 200 OK\n", `"access_token": "***"`, `"token_type": "Bearer"`,
		"...\u002fOwners/{ownerAccountId}/Contacts?$filter=*** (attempt 1)\n", "[2] > Authorization: ***\n", "[2] > X-Tenant: ***\n",
		"[2] > Accept: application/json\n", "[2] < Content-Type: application/json", `[2] <     "identifier": "***"`,
		"[3] > PATCH ", `[3] >   "title": "***"`, "[3] < HTTP/1.1 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q in it", got, want)
		}
	}
	token, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{server.ClientSecret(), server.ClientID(), token.AccessToken, "alex", "Alex", home, contacts[0].ID} {
		if strings.Contains(got, secret) {
			t.Errorf("got\n%s\nwant no %q in it", got, secret)
		}
	}
}

func anyScope() client.Option { return client.WithScopes("read:core:entities", "write:core:entities") }

// Responses that are not what a server should send are written without their values, too.
func TestDebugWriterOfHostileResponses(t *testing.T) {
	large := `[` + strings.Repeat(`{"name":"alex"},`, 10_000) + `{}]`
	for name, test := range map[string]struct {
		contentType, body string
		want              string
	}{
		"nested":       {"application/json", `{"a":{"b":[1,true,null,"alex"]},"errorCode":"Twice"}`, `"errorCode": "Twice"`},
		"not JSON":     {"application/json", `alex`, "(4 bytes)"},
		"cut off":      {"application/json", `{"name":"alex","x`, "(the rest is not valid JSON)"},
		"HTML":         {"text/html", `<p>alex`, "(7 bytes)"},
		"no type":      {"", `{"id":"alex"}`, `"id": "***"`},
		"scalar":       {"application/json", `"alex"`, `"***"`},
		"number":       {"application/json", `{"phone":43123456}`, `"phone": "***"`},
		"name":         {"application/json", `{"alex@example.com":1}`, `"***": "***"`},
		"code":         {"application/json", `{"errorCode":"alex is not allowed"}`, `"errorCode": "***"`},
		"echo":         {"application/json", `{"errorCode":"the-token"}`, `"errorCode": "***"`},
		"large":        {"application/json", large, "(the rest after 65536 bytes)"},
		"control":      {"application/json", "{\"a\x1b[2J\":\"\\u001b[2Jalex\"}", `(`},
		"invalid UTF8": {"application/json; charset=latin1", "{\"n\":\"\xe4lex alex\"}", `"n": "***"`},
	} {
		var out bytes.Buffer
		s := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Echo", "alex")
			w.Header()["Content-Type"] = nil
			if test.contentType != "" {
				w.Header().Set("Content-Type", test.contentType)
			}
			_, _ = io.WriteString(w, test.body)
		})
		_, _ = s.client(t, client.WithDebugWriter(&out)).GetOwner(t.Context(), "alex")
		got := out.String()
		if !strings.Contains(got, test.want) || strings.Contains(got, "alex") || strings.Contains(got, "43123456") || strings.ContainsAny(got, "\x1b\r") {
			t.Errorf("%s: got\n%.2000s\nwant %q in it, and no value", name, got, test.want)
		}
		checkShown(t, name, got)
	}
}

// A call for which there is no operation shows no path, and a writer that fails breaks no call.
func TestDebugWriterOfOtherRequests(t *testing.T) {
	s := newService(t, nil, nil)
	var out bytes.Buffer
	c := s.client(t)
	ctx := client.ContextWithOptions(t.Context(), client.WithDebugWriter(&out))
	rsp, err := c.Do(ctx, http.MethodPost, "/Owners/alex/Unknown", map[string][]string{"alex": {"alex"}, "$top": {"5"}}, map[string]string{"n": "alex"})
	if err != nil {
		t.Fatal(err)
	}
	_ = rsp.Body.Close()
	if got := out.String(); !strings.Contains(got, "[1] > POST http://127.0.0.1:") || !strings.Contains(got, "/...?$top=5&alex=*** ") {
		t.Errorf("got %s, want the origin and no path", got)
	}
	if _, err := c.ListOwners(client.ContextWithOptions(t.Context(), client.WithDebugWriter(failingWriter{}))); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }
