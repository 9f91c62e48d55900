package doctor_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// A target is the request to which a situation is the response.
type target string

const (
	toToken  target = "token request"
	toOwners target = "GET /Owners"
	toGrants target = "GET /Owners/{ownerAccountId}/Grants"
	toCreate target = "PUT /Owners/{ownerAccountId}/Grants" // which Diagnose never sends
)

// A situation is what a caller sees on the wire.
type situation struct {
	name     string
	to       target
	status   int
	header   string // lines
	body     string
	explain  doctor.ID // first finding of Explain
	diagnose doctor.ID // finding of Diagnose; "" if it is the same
}

const (
	secret = "s3cret+of/the=client"
	bearer = "t0ken-0f-the-cl1ent"
)

// write writes the response of a situation.
func (s situation) write(w http.ResponseWriter) {
	for line := range strings.Lines(s.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		w.Header().Add(name, value)
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

// serve is a healthy service, except for the request of the situation.
func (s situation) serve(w http.ResponseWriter, r *http.Request) {
	at := toGrants
	switch {
	case r.URL.Path == "/connect/token":
		at = toToken
	case r.URL.Path == "/api/v1/Owners":
		at = toOwners
	case r.Method == http.MethodPut:
		at = toCreate
	case !strings.HasSuffix(r.URL.Path, "/Grants"):
		at = ""
	}
	if at == s.to {
		s.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch at {
	case toToken:
		fmt.Fprintf(w, `{"access_token":%q,"expires_in":3600,"token_type":"Bearer","scope":%q}`, bearer, r.FormValue("scope"))
	case toOwners:
		_, _ = io.WriteString(w, `[{"id":"1","name":"Home","active":true}]`)
	default:
		_, _ = io.WriteString(w, `[]`)
	}
}

// clientAt returns a client of a service.
func clientAt(t *testing.T, url string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithCredentials("the-client", secret), client.WithBaseURL(url + "/api/v1"),
		client.WithTokenURL(url + "/connect/token"), client.WithRetries(0),
		client.WithScopes("read:owneraccounts", "read:grants", "read:core:entities", "read:logs", "read:owneraccount:permissions"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// call makes the call of a target.
func (to target) call(ctx context.Context, c *client.Client) (err error) {
	switch to {
	case toGrants:
		_, err = c.ListGrants(ctx, "1", nil)
	case toCreate:
		_, err = c.CreateGrant(ctx, "1", tapkey.GrantCreate{})
	default:
		_, err = c.ListOwners(ctx)
	}
	return err
}

// first returns the first of the findings, after it has checked their texts.
func first(t *testing.T, findings []doctor.Finding) doctor.ID {
	t.Helper()
	if len(findings) == 0 {
		return doctor.OK // as Explain says
	}
	for _, f := range findings {
		text := f.Evidence + f.Cause + f.Remedy
		for _, part := range []string{secret, "s3cret", bearer, "\n", "\r", "\x1b", "\x00"} {
			if strings.Contains(text, part) {
				t.Errorf("got %+v, want no %q", f, part)
			}
		}
		if f.Evidence == "" {
			t.Errorf("got finding %s without evidence", f.ID)
		}
	}
	return findings[0].ID
}

// tally counts configurations that are called the opposite of what they are.
type tally struct{ situations, healthy, healthyCalledIll, illCalledHealthy int }

func (n *tally) count(t *testing.T, want, got doctor.ID) {
	t.Helper()
	n.situations++
	switch {
	case want == doctor.OK && got != doctor.OK:
		n.healthyCalledIll++
	case want != doctor.OK && got == doctor.OK:
		n.illCalledHealthy++
	}
	if want == doctor.OK {
		n.healthy++
	}
	if got != want {
		t.Errorf("got finding %s, want %s", got, want)
	}
}

func TestWireSituations(t *testing.T) {
	var explained, diagnosed tally
	for _, group := range []struct {
		name       string
		situations []situation
	}{
		{"healthy", healthySituations()},
		{"API", apiSituations()},
		{"token endpoint", tokenSituations()},
		{"in between", betweenSituations()},
		{"unseen", unseenSituations()},
	} {
		seen := map[string]bool{}
		for _, s := range group.situations {
			if seen[string(s.to)+s.name] {
				t.Errorf("%s: %s is there twice", group.name, s.name)
			}
			seen[string(s.to)+s.name] = true
			t.Run(group.name+"/"+s.name+", "+string(s.to), func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(s.serve))
				defer server.Close()
				findings := doctor.Explain(s.to.call(t.Context(), clientAt(t, server.URL)))
				explained.count(t, s.explain, first(t, findings))
				if t.Failed() {
					t.Logf("Explain: %+v", findings)
				}
				if s.to == toCreate {
					return
				}
				opts := doctor.Options{}
				if s.to == toGrants {
					opts = doctor.Options{Owner: "1", Operations: []string{"listGrants"}}
				}
				want := s.explain
				if s.diagnose != "" {
					want = s.diagnose
				}
				d := doctor.Diagnose(t.Context(), clientAt(t, server.URL), opts)
				failed := t.Failed()
				diagnosed.count(t, want, first(t, d.Findings))
				if t.Failed() && !failed {
					t.Logf("Diagnose: %+v", d.Findings)
				}
			})
		}
		t.Logf("%s: %d situations", group.name, len(group.situations))
	}
	for name, n := range map[string]tally{"Explain": explained, "Diagnose": diagnosed} {
		t.Logf("%s: %d situations, %d of them healthy; %d healthy called ill, %d ill called healthy",
			name, n.situations, n.healthy, n.healthyCalledIll, n.illCalledHealthy)
		if n.healthyCalledIll+n.illCalledHealthy > 0 {
			t.Errorf("%s: got %d healthy configurations called ill and %d ill ones called healthy, want none", name, n.healthyCalledIll, n.illCalledHealthy)
		}
	}
	if explained.situations < 120 {
		t.Errorf("got %d situations, want at least 120", explained.situations)
	}
}

// static is a token source with a token that a program has.
func static(token oauth2.Token) client.Option {
	return client.WithTokenSource(oauth2.StaticTokenSource(&token))
}
