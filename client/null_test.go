package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// grantPath is the path of the grants in the following tests.
const grantPath = "/Owners/o/Grants/g"

// TestNullIsSent checks the body of each attempt. The first two attempts fail.
func TestNullIsSent(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	update := func(body tapkey.GrantUpdate, editors ...tapkey.RequestEditorFn) func(context.Context, *client.Client) error {
		return func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateGrant(ctx, "o", "g", body, editors...)
			return err
		}
	}
	do := func(body string, fields ...string) func(context.Context, *client.Client) error {
		return func(ctx context.Context, c *client.Client) error {
			rsp, err := c.Do(ctx, "PATCH", grantPath, nil, json.RawMessage(body), tapkey.Null(fields...))
			if err == nil {
				err = rsp.Body.Close()
			}
			return err
		}
	}
	for name, test := range map[string]struct {
		call func(context.Context, *client.Client) error
		want string
	}{
		"without Null":      {update(tapkey.GrantUpdate{}), `{}`},
		"no fields":         {update(tapkey.GrantUpdate{}, tapkey.Null()), `{}`},
		"a field":           {update(tapkey.GrantUpdate{}, tapkey.Null("validBefore")), `{"validBefore":null}`},
		"next to a value":   {update(tapkey.GrantUpdate{ValidFrom: &from}, tapkey.Null("validBefore")), `{"validFrom":"2026-12-01T08:00:00Z","validBefore":null}`},
		"several fields":    {update(tapkey.GrantUpdate{}, tapkey.Null("validFrom", "timeRestrictionIcal")), `{"validFrom":null,"timeRestrictionIcal":null}`},
		"several editors":   {update(tapkey.GrantUpdate{}, tapkey.Null("validFrom"), tapkey.Null("validBefore")), `{"validFrom":null,"validBefore":null}`},
		"a field twice":     {update(tapkey.GrantUpdate{}, tapkey.Null("validFrom", "validFrom"), tapkey.Null("validFrom")), `{"validFrom":null}`},
		"a value with {}":   {update(tapkey.GrantUpdate{TimeRestrictionIcal: new(`}"{,`)}, tapkey.Null("validFrom")), `{"timeRestrictionIcal":"}\"{,","validFrom":null}`},
		"Do":                {do(" { } \n", "validFrom"), " { \"validFrom\":null} \n"},
		"Do, null already":  {do(`{"validFrom": null }`, "validFrom"), `{"validFrom": null }`},
		"Do, another field": {do(`{"other":[{}]}`, "validFrom"), `{"other":[{}],"validFrom":null}`},
		"options of a call": {func(ctx context.Context, c *client.Client) error {
			return update(tapkey.GrantUpdate{})(client.ContextWithOptions(ctx, client.WithRequestEditor(tapkey.Null("validFrom"))), c)
		}, `{"validFrom":null}`},
		"options and editor": {func(ctx context.Context, c *client.Client) error {
			return update(tapkey.GrantUpdate{}, tapkey.Null("validBefore"))(client.ContextWithOptions(ctx, client.WithRequestEditor(tapkey.Null("validFrom"))), c)
		}, `{"validBefore":null,"validFrom":null}`},
		"after an editor that sets the body": {update(tapkey.GrantUpdate{}, func(_ context.Context, req *http.Request) error {
			req.Body = io.NopCloser(strings.NewReader(`{"validFrom":null}`))
			return nil
		}, tapkey.Null("validBefore")), `{"validFrom":null,"validBefore":null}`},
		"a contact": {func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateContact(ctx, "o", "c", tapkey.ContactUpdate{Comment: new("")}, tapkey.Null("title"))
			return err
		}, `{"comment":"","title":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			s := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) <= 2 {
					respondJSON(http.StatusServiceUnavailable, map[string]any{})(w, r)
					return
				}
				respondJSON(http.StatusOK, map[string]any{"id": "g"})(w, r)
			})
			if err := test.call(t.Context(), s.client(t, client.WithSleep(noDelay))); err != nil {
				t.Fatal(err)
			}
			all := s.api.all()
			equal(t, "requests", len(all), 3)
			for _, req := range all {
				equal(t, "body", req.body, test.want)
				equal(t, "length", req.ContentLength, int64(len(test.want)))
				equal(t, "content type", req.Header.Get("Content-Type"), "application/json")
			}
		})
	}
}

func TestNullOfTheRawClient(t *testing.T) {
	t.Parallel()
	s := newService(t, nil, respondJSON(http.StatusOK, map[string]any{"id": "g"}))
	raw := s.client(t).Raw()
	rsp, err := raw.UpdateGrant(t.Context(), "o", "g", tapkey.GrantUpdate{}, tapkey.Null("validBefore"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "close", rsp.Body.Close(), nil)
	plain, err := tapkey.NewClient(s.apiURL, tapkey.WithRequestEditorFn(tapkey.Null("validBefore")))
	if err != nil {
		t.Fatal(err)
	}
	rsp, err = plain.UpdateGrantWithBody(t.Context(), "o", "g", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "close", rsp.Body.Close(), nil)
	for _, req := range s.api.all() {
		equal(t, "body", req.body, `{"validBefore":null}`)
		equal(t, "length", req.ContentLength, 20)
	}
	_, err = raw.UpdateGrant(t.Context(), "o", "g", tapkey.GrantUpdate{}, tapkey.Null("title"))
	if want := `set "title" to null: updateGrant allows it only for "timeRestrictionIcal", "validBefore", "validFrom"`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	_, err = raw.GetOwner(t.Context(), "o", tapkey.Null("title"))
	if want := `set "title" to null: getOwner has no field that may be null`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	equal(t, "requests", len(s.api.all()), 2)
}

// TestNullIsRefused checks the calls that are not sent.
func TestNullIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(t, nil, nil)
	c := s.client(t)
	from := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	update := func(body tapkey.GrantUpdate, editors ...tapkey.RequestEditorFn) error {
		_, err := c.UpdateGrant(t.Context(), "o", "g", body, editors...)
		return err
	}
	do := func(method, path string, body any, fields ...string) error {
		rsp, err := c.Do(t.Context(), method, path, nil, body, tapkey.Null(fields...))
		if err == nil {
			_ = rsp.Body.Close()
		}
		return err
	}
	setBody := func(body io.ReadCloser) tapkey.RequestEditorFn {
		return func(_ context.Context, req *http.Request) error { req.Body = body; return nil }
	}
	grants := `updateGrant allows it only for "timeRestrictionIcal", "validBefore", "validFrom"`
	for want, err := range map[string]error{
		`set "validBefor" to null: ` + grants:                                               update(tapkey.GrantUpdate{}, tapkey.Null("validFrom", "validBefor")),
		`set "ValidBefore" to null: ` + grants:                                              update(tapkey.GrantUpdate{}, tapkey.Null("ValidBefore")),
		`set "" to null: ` + grants:                                                         update(tapkey.GrantUpdate{}, tapkey.Null("")),
		`set "a\n\"" to null: ` + grants:                                                    update(tapkey.GrantUpdate{}, tapkey.Null("a\n\"")),
		`set "\xff" to null: ` + grants:                                                     update(tapkey.GrantUpdate{}, tapkey.Null("\xff")),
		`set "validFrom" to null: the body has a value for "validFrom"`:                     update(tapkey.GrantUpdate{ValidFrom: &from}, tapkey.Null("validFrom")),
		`set "timeRestrictionIcal" to null: the body has a value for "timeRestrictionIcal"`: update(tapkey.GrantUpdate{TimeRestrictionIcal: new("")}, tapkey.Null("timeRestrictionIcal")),
		`set "validFrom" to null: the body has a value for "ValidFrom"`:                     do("PATCH", grantPath, json.RawMessage(`{"ValidFrom":"x"}`), "validFrom"),
		`set "validFrom", "validBefore" to null: the request has no body`:                   do("PATCH", grantPath, nil, "validFrom", "validBefore"),
		`set "validFrom" to null: the body is not a JSON object`:                            do("PATCH", grantPath, json.RawMessage("null"), "validFrom"),
		`set "validBefore" to null: the body is not a JSON object`:                          do("PATCH", grantPath, json.RawMessage("[{}]"), "validBefore"),
		`set "timeRestrictionIcal" to null: the body is not a JSON object`:                  update(tapkey.GrantUpdate{}, setBody(io.NopCloser(strings.NewReader(`{} {`))), tapkey.Null("timeRestrictionIcal")),
		`set "validBefore" to null: the body is larger than 1048576 bytes`:                  update(tapkey.GrantUpdate{}, setBody(io.NopCloser(strings.NewReader(strings.Repeat(" ", 2<<20)))), tapkey.Null("validBefore")),
		`set "validBefore" to null: the contract does not have the operation`:               do("PATCH", "/Other/o", json.RawMessage("{}"), "validBefore"),
		`set "title" to null: updateBoundCard has no field that may be null`:                c.UpdateBoundCard(t.Context(), "o", "c", tapkey.BoundCardUpdate{}, tapkey.Null("title")),
		`set "name" to null: updateOwner has no field that may be null`:                     do("PATCH", "/Owners/o", json.RawMessage("{}"), "name"),
		`set "validFrom" to null: createGrant has no field that may be null`:                do("PUT", "/Owners/o/Grants", json.RawMessage("{}"), "validFrom"),
		`set "comment" to null: updateContact allows it only for "title"`:                   do("PATCH", "/Owners/o/Contacts/c", json.RawMessage("{}"), "comment"),
		`set "validFrom" to null: revokeGrant has no field that may be null`:                do("POST", grantPath+"/Revoke", nil, "validFrom"),
		`set "x" to null: listOwners has no field that may be null`:                         do("GET", "/Owners", nil, "x"),
	} {
		if failed, ok := errors.AsType[*api.Error](err); !ok || failed.Err.Error() != want || failed.Attempts != 0 || api.MaybeDone(err) {
			t.Errorf("got error %v, want %s, without an attempt", err, want)
		}
	}
	equal(t, "requests", len(s.api.all()), 0)
}

// TestNullOrFalse shows how a program tells null from false in a response.
func TestNullOrFalse(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":"1","active":null}`: "null", `{"id":"1","active":false}`: "false", `{"id":"1"}`: "",
	} {
		s := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		})
		rsp := api.Response{MaxBodyBytes: 4096}
		owner, err := s.client(t).GetOwner(api.ContextWithResponse(t.Context(), &rsp), "1")
		var fields map[string]json.RawMessage
		if err == nil {
			err = json.Unmarshal(rsp.Body, &fields)
		}
		if got := string(fields["active"]); err != nil || owner.Active || got != want {
			t.Errorf("%s: got active %t and %q, error %v, want false and %q", body, owner.Active, got, err, want)
		}
	}
}
