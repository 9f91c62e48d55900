package contract_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// respond is a RoundTripper that responds to every request in the same way.
type respond struct {
	status            int
	contentType, body string
	chunked           bool
}

func (r respond) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp := &http.Response{
		StatusCode: r.status, Header: http.Header{}, Request: req, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(r.body)), ContentLength: int64(len(r.body)),
	}
	if r.contentType != "" {
		rsp.Header.Set("Content-Type", r.contentType)
	}
	if r.chunked {
		rsp.ContentLength = -1
	}
	return rsp, nil
}

// The calls of the comparison, by the name of what is called.
var compared = map[string]func(context.Context, *tapkey.API) error{
	"getOwner": func(ctx context.Context, c *tapkey.API) error { _, err := c.GetOwner(ctx, "o"); return err },
	"getBoundLock": func(ctx context.Context, c *tapkey.API) error {
		_, err := c.GetBoundLock(ctx, "o", "l", nil)
		return err
	},
	"listOwners": func(ctx context.Context, c *tapkey.API) error { _, err := c.ListOwners(ctx); return err },
	"listLogEntries": func(ctx context.Context, c *tapkey.API) error {
		_, err := c.ListLogEntries(ctx, "o", nil)
		return err
	},
	"listLogEntries $select": func(ctx context.Context, c *tapkey.API) error {
		_, err := c.ListLogEntries(ctx, "o", &tapkey.ListLogEntriesParams{Select: new("entryNo")})
		return err
	},
	"listGrants": func(ctx context.Context, c *tapkey.API) error { _, err := c.ListGrants(ctx, "o", nil); return err },
	"listIdentityProviderUsers": func(ctx context.Context, c *tapkey.API) error {
		_, err := c.ListIdentityProviderUsers(ctx, "o", "p", nil)
		return err
	},
	"createContact": func(ctx context.Context, c *tapkey.API) error {
		_, err := c.CreateContact(ctx, "o", tapkey.ContactCreate{})
		return err
	},
	"revokeGrant": func(ctx context.Context, c *tapkey.API) error {
		_, err := c.RevokeGrant(ctx, "o", "g", nil)
		return err
	},
	"updateBoundCard": func(ctx context.Context, c *tapkey.API) error {
		return c.UpdateBoundCard(ctx, "o", "b", tapkey.BoundCardUpdate{Title: new("x")})
	},
}

// entry returns a list with one log entry that has a field.
func entry(field string) string { return `[{"id":"a",` + field + `}]` }

// The client and the Transport get the same responses. A response that the client refuses
// has a finding. One that it accepts has none, unless the contract is stricter than the
// client: then a finding has the class strict.
func TestAcceptance(t *testing.T) {
	const jsonType = "application/json"
	number := func(text string) string { return entry(`"entryNo":` + text) }
	moment := func(text string) string { return entry(`"receivedAt":"` + text + `"`) }
	for _, test := range []struct {
		call   string
		body   string
		strict contract.Class
	}{
		{"getOwner", `{"id":"a","name":"Home","active":true}`, ""},
		{"getOwner", "\n { \"id\" : \"a\" } \r\n\t", ""},
		{"getOwner", `{"id":"a","name":null,"active":null}`, ""},
		{"getOwner", `{"id":"a","active":"true"}`, ""},
		{"getOwner", `{"id":"a","active":1}`, ""},
		{"getOwner", `{"id":"a","name":7}`, ""},
		{"getOwner", `{"id":"a","name":[]}`, ""},
		{"getOwner", `{"id":"a","name":{}}`, ""},
		{"getOwner", `{"id":7}`, ""},
		{"getOwner", `{"id":""}`, ""},
		{"getOwner", `{"id":null}`, ""},
		{"getOwner", `{"name":"Home"}`, ""},
		{"getOwner", `{"ID":"a"}`, ""},
		{"getOwner", `{}`, ""},
		{"getOwner", `[]`, ""},
		{"getOwner", `[{"id":"a"}]`, ""},
		{"getOwner", `null`, ""},
		{"getOwner", `"a"`, ""},
		{"getOwner", `7`, ""},
		{"getOwner", `true`, ""},
		{"getOwner", ``, ""},
		{"getOwner", ` `, ""},
		{"getOwner", `{`, ""},
		{"getOwner", `{"id":"a"`, ""},
		{"getOwner", `{"id":"a"}}`, ""},
		{"getOwner", `{"id":"a"}{}`, ""},
		{"getOwner", `{"id":"a",}`, ""},
		{"getOwner", `{id:"a"}`, ""},
		{"getOwner", `{'id':'a'}`, ""},
		{"getOwner", `{"id":"a"} // Home`, ""},
		{"getOwner", "\ufeff" + `{"id":"a"}`, ""},
		{"getOwner", "\ufeff\ufeff" + `{"id":"a"}`, ""},
		{"getOwner", `{"id":"a","id":"b"}`, ""},
		{"getOwner", `{"id":"a","id":null}`, ""},
		{"getOwner", `{"id":"a","name":"` + "\xff" + `"}`, ""},
		{"getOwner", `{"id":"a","name":"\ud800"}`, ""},
		{"getOwner", `{"id":"a","name":"` + "\n" + `"}`, ""},
		{"getOwner", `{"id":"a","name":"\x41"}`, ""},
		{"getOwner", `{"id":"a","nickname":"x"}`, contract.UnknownField},
		{"getOwner", `{"id":"a","nickname":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, contract.UnknownField},
		{"getBoundLock", `{"id":"a","targetType":"Lock"}`, ""},
		{"getBoundLock", `{"id":"a","targetType":"lock"}`, contract.UnknownEnumValue},
		{"getBoundLock", `{"id":"a","targetType":7}`, ""},
		{"getBoundLock", `{"id":"a","lockType":{"supportedTechnologies":["nfc",null]}}`, contract.WrongType},
		{"getBoundLock", `{"id":"a","lockType":{"supportedTechnologies":"nfc"}}`, ""},
		{"getBoundLock", `{"id":"a","lockType":[]}`, ""},
		{"getBoundLock", `{"id":"a","lockType":null}`, ""},

		{"listOwners", `[]`, ""},
		{"listOwners", `[{"id":"a"},{"id":"b"}]`, ""},
		{"listOwners", `[{"id":"a"},null]`, ""},
		{"listOwners", `[null]`, ""},
		{"listOwners", `[[]]`, ""},
		{"listOwners", `["a"]`, ""},
		{"listOwners", `[{"id":"a"},{"name":"Home"}]`, contract.MissingRequired},
		{"listOwners", `[{"id":"a"},{"id":null}]`, contract.WrongType},
		{"listOwners", `[{"id":"a"},{"id":""}]`, ""},
		{"listOwners", `{"id":"a"}`, contract.WrongType},
		{"listOwners", `{"message":"maintenance"}`, contract.WrongType},
		{"listOwners", `{"value":[{"id":"a"}]}`, contract.WrongType},
		{"listOwners", `{}`, contract.WrongType},
		{"listOwners", `null`, ""},
		{"listOwners", `"maintenance"`, ""},
		{"listOwners", ``, ""},
		{"listOwners", `[{"id":"a"}`, ""},
		{"listOwners", `[{"id":"a"},]`, ""},
		{"listOwners", `[{"id":"a"}][]`, ""},
		{"listOwners", "\ufeff" + `[{"id":"a"}]`, ""},

		{"listLogEntries", number(`1287`), ""},
		{"listLogEntries", number(`-1`), ""},
		{"listLogEntries", number(`-0`), ""},
		{"listLogEntries", number(`1287.0`), ""},
		{"listLogEntries", number(`1287.000`), ""},
		{"listLogEntries", number(`1e3`), ""},
		{"listLogEntries", number(`1E+3`), ""},
		{"listLogEntries", number(`12.5e1`), ""},
		{"listLogEntries", number(`1.5`), ""},
		{"listLogEntries", number(`1e-1`), ""},
		{"listLogEntries", number(`1e-400`), ""},
		{"listLogEntries", number(`9223372036854775807`), ""},
		{"listLogEntries", number(`9223372036854775807.0`), ""},
		{"listLogEntries", number(`9223372036854775808`), ""},
		{"listLogEntries", number(`-9223372036854775808`), ""},
		{"listLogEntries", number(`-9223372036854775809`), ""},
		{"listLogEntries", number(`1e19`), ""},
		{"listLogEntries", number(`1e400`), ""},
		{"listLogEntries", number(`1e999999999`), ""},
		{"listLogEntries", number(`"1287"`), ""},
		{"listLogEntries", number(`true`), ""},
		{"listLogEntries", number(`null`), ""},
		{"listLogEntries", number(`01`), ""},
		{"listLogEntries", number(`NaN`), ""},

		{"listLogEntries", moment(`2018-12-12T12:00:00Z`), ""},
		{"listLogEntries", moment(`2018-12-12T12:00:00.123456789+02:00`), ""},
		{"listLogEntries", moment(`2018-12-12T12:00:00.1234567891Z`), ""},
		{"listLogEntries", moment(`2018-12-12T12:00:00-00:00`), ""},
		{"listLogEntries", moment(`2018-12-12T12:00:00`), contract.WrongType},
		{"listLogEntries", moment(`2018-02-30T00:00:00Z`), ""},
		{"listLogEntries", moment(`2019-02-29T00:00:00Z`), ""},
		{"listLogEntries", moment(`2020-02-29T00:00:00Z`), ""},
		{"listLogEntries", moment(`2018-13-01T00:00:00Z`), ""},
		{"listLogEntries", moment(`2018-12-12T24:00:00Z`), ""},
		{"listLogEntries", moment(`2016-12-31T23:59:60Z`), ""},
		{"listLogEntries", moment(`2018-12-12T12:00:00+24:00`), contract.WrongType},
		{"listLogEntries", moment(`2018-12-12T12:00Z`), ""},
		{"listLogEntries", moment(`2018-12-12`), ""},
		{"listLogEntries", moment(`2018-12-12 12:00:00Z`), ""},
		{"listLogEntries", moment(`12/12/2018`), ""},
		{"listLogEntries", moment(`0000-01-01T00:00:00Z`), ""},
		{"listLogEntries", moment(``), ""},
		{"listLogEntries", entry(`"receivedAt":1544616000`), ""},
		{"listLogEntries", entry(`"receivedAt":null`), ""},
		{"listLogEntries", entry(`"receivedAt":"\u0032018-12-12T12:00:00Z"`), ""},

		{"listGrants", `[{"id":"a","boundLock":{"id":"l"},"validFrom":"2019-02-01T10:00:00.000Z"}]`, ""},
		{"listGrants", `[{"id":"a","boundLock":null,"owner":null}]`, ""},
		{"listGrants", `[{"id":"a","owner":{"any":[1,"x"]}}]`, ""},
		{"listGrants", `[{"id":"a","owner":[]}]`, ""},
		{"listGrants", `[{"id":"a","boundLock":{"id":7}}]`, ""},
		{"listGrants", `[{"id":"a","boundLock":{"id":"l","rclSerialNo":3.0}}]`, ""},
		{"listGrants", `[{"id":"a","boundLock":{"id":"l","bindDate":"2018-02-30T00:00:00Z"}}]`, ""},

		{"listIdentityProviderUsers", `[{"id":"a"}]`, ""},
		{"listIdentityProviderUsers", `{"id":"a"}`, ""},
		{"listIdentityProviderUsers", `{"message":"maintenance"}`, contract.MissingRequired},
		{"listIdentityProviderUsers", `{}`, contract.MissingRequired},
		{"listIdentityProviderUsers", `null`, ""},

		{"listLogEntries $select", `[{"entryNo":1}]`, ""},
		{"listLogEntries $select", `[{"entryNo":"1"}]`, ""},

		{"createContact", `{"id":"a"}`, ""},
		{"createContact", `{"id":"a","title":7}`, ""},
		{"createContact", ``, ""},
		{"revokeGrant", `{"any":1}`, ""},
		{"revokeGrant", `[]`, ""},
		{"revokeGrant", `null`, ""},
	} {
		compare(t, test.call, test.strict, respond{status: 200, contentType: jsonType, body: test.body})
	}
	const owner = `{"id":"a"}`
	for _, test := range []struct {
		call   string
		strict contract.Class
		respond
	}{
		{"getOwner", "", respond{200, "application/json; charset=utf-8", owner, false}},
		{"getOwner", "", respond{200, "APPLICATION/JSON", owner, false}},
		{"getOwner", "", respond{200, "application/json", owner, true}},
		{"getOwner", "", respond{200, "application/json", "", true}},
		{"listOwners", "", respond{200, "application/json", "", true}},
		{"getOwner", contract.WrongContentType, respond{200, "", owner, false}},
		{"getOwner", contract.WrongContentType, respond{200, "text/json", owner, false}},
		{"getOwner", contract.WrongContentType, respond{200, "application/problem+json", owner, false}},
		{"getOwner", "", respond{200, "text/html", owner, false}},
		{"getOwner", "", respond{200, "text/html", strings.Repeat("<p>", 1<<16), true}},
		{"getOwner", "", respond{200, "application/xml", owner, false}},
		{"getOwner", "", respond{200, "json", owner, false}},
		{"getOwner", contract.UndocumentedStatus, respond{202, "application/json", owner, false}},
		{"getOwner", "", respond{202, "text/html", owner, false}},
		{"getOwner", "", respond{204, "", "", false}},
		{"listOwners", "", respond{204, "", "", false}},
		{"updateBoundCard", "", respond{204, "", "", false}},
		{"updateBoundCard", contract.UndocumentedStatus, respond{200, "application/json", "{}", false}},
		{"getOwner", "", respond{302, "text/html", "", false}},
		{"getOwner", "", respond{418, "application/json", "{}", false}},
	} {
		compare(t, test.call, test.strict, test.respond)
	}
}

// compare calls the client through a Transport.
func compare(t *testing.T, call string, strict contract.Class, with respond) {
	t.Helper()
	checked := transport(t, contract.WithBase(with))
	c, err := tapkey.NewAPI("https://my.tapkey.com/api/v1", tapkey.WithHTTPClient(&http.Client{Transport: checked}))
	if err != nil {
		t.Fatal(err)
	}
	refused := compared[call](t.Context(), c)
	name := call + ": " + with.contentType + " " + with.body[:min(len(with.body), 100)]
	var found []contract.Finding
	for _, f := range checked.Findings() {
		if f.Side == contract.Response {
			found = append(found, f)
		}
	}
	switch {
	case refused != nil && len(found) == 0:
		t.Errorf("%s: got no finding, want one, because the client refuses it: %v", name, refused)
	case refused == nil && strict == "" && len(found) > 0:
		t.Errorf("%s: got the finding %s, want none, because the client accepts it", name, found[0])
	case refused == nil && strict != "" && !slices.ContainsFunc(found, func(f contract.Finding) bool { return f.Class == strict }):
		t.Errorf("%s: got the findings %v, want: %s", name, found, strict)
	case len(found) > 1 && slices.ContainsFunc(found, func(f contract.Finding) bool { return f.Class == contract.Refused }):
		t.Errorf("%s: got the findings %v, want the reason once", name, found)
	}
}
