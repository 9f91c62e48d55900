package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/recording"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// deviation is a change to the responses of an operation, and the only finding that must
// result from it.
type deviation struct {
	seed      string
	operation string
	alter     func(*response)
	class     contract.Class // empty for a harmless change
	pointer   string
}

// response is the part of a response that a deviation can change.
type response struct {
	status int
	header http.Header
	body   []byte
}

func deviations() []deviation {
	return []deviation{
		{"an unknown field", "getOwner", set("nickname", "x"), contract.UnknownField, "/nickname"},
		{"an unknown field in a list", "listContacts", set("*/nickname", "x"), contract.UnknownField, "/*/nickname"},
		{"an unknown field in a nested object", "listGrants", set("*/boundLock/color", "x"), contract.UnknownField, "/*/boundLock/color"},
		{"an unknown field in a deeply nested object", "listBoundLocks", set("*/membershipStatistics/ByState/*/Since", "x"), contract.UnknownField, "/*/membershipStatistics/ByState/*/Since"},
		{"an unknown field whose name is data", "getContact", set("alex@example.com", 1), contract.UnknownField, "/*"},
		{"an unknown field where a list or an object is allowed", "listIdentityProviderUsers", set("*/nickname", "x"), contract.UnknownField, "/*/nickname"},
		{"a required field missing", "getContact", unset("id"), contract.MissingRequired, "/id"},
		{"a required field missing in a nested object", "listGrants", unset("*/boundLock/id"), contract.MissingRequired, "/*/boundLock/id"},
		{"a string for a boolean", "getOwner", set("active", "true"), contract.WrongType, "/active"},
		{"a number for a string", "listPermissions", set("*/contactId", 7), contract.WrongType, "/*/contactId"},
		{"a number for an id", "getIdentityProviderUser", set("id", 7), contract.WrongType, "/id"},
		{"null for a required field", "getBoundCard", set("id", nil), contract.WrongType, "/id"},
		{"a string for an integer", "listLogEntries", set("*/entryNo", "12"), contract.WrongType, "/*/entryNo"},
		{"a fraction for an integer", "listLogEntries", set("*/entryNo", 1.5), contract.WrongType, "/*/entryNo"},
		{"a date instead of a date-time", "listBoundLocks", set("*/bindDate", "2024-01-01"), contract.WrongType, "/*/bindDate"},
		{"a date-time without a zone", "listBoundLockLogEntries", set("*/lockTimestamp", "2024-01-01T10:00:00"), contract.WrongType, "/*/lockTimestamp"},
		{"an object for a list", "listPermissions", replace(`{"id":"x"}`), contract.WrongType, ""},
		{"a list for an object", "getLockGroup", replace(`[{"id":"x"}]`), contract.WrongType, ""},
		{"null for a list", "listBoundCards", replace(`null`), contract.WrongType, ""},
		{"an unknown value", "getPermission", set("role", "Janitor"), contract.UnknownEnumValue, "/role"},
		{"an unknown value in a list of values", "getBoundLock", set("lockType/supportedTechnologies/*", "uwb"), contract.UnknownEnumValue, "/lockType/supportedTechnologies/*"},
		{"an unknown value that differs in case", "listLockGroups", set("*/targetType", "group"), contract.UnknownEnumValue, "/*/targetType"},
		{"an undocumented status", "listBoundCards", status(http.StatusTeapot), contract.UndocumentedStatus, ""},
		{"an undocumented successful status", "getOwner", status(http.StatusAccepted), contract.UndocumentedStatus, ""},
		{"204 instead of 200", "listOwners", status(http.StatusNoContent), contract.UndocumentedStatus, ""},
		{"404 where it is undocumented", "listGrants", status(http.StatusNotFound), contract.UndocumentedStatus, ""},
		{"a redirect", "getOwner", status(http.StatusFound), contract.UndocumentedStatus, ""},
		{"HTML", "listContacts", contentType("text/html"), contract.WrongContentType, ""},
		{"no content type", "getContact", contentType(""), contract.WrongContentType, ""},
		{"truncated JSON", "listLockGroups", cut, contract.MalformedBody, ""},
		{"an empty body", "listLogEntries", replace(``), contract.MalformedBody, ""},
		{"data after the JSON value", "getBoundLock", func(r *response) { r.body = append(r.body, "{}"...) }, contract.MalformedBody, ""},
		{"an error with a wrong type", "listBoundCardGrants", func(r *response) { r.status, r.body = 400, []byte(`{"ErrorCode":7}`) }, contract.WrongType, "/ErrorCode"},

		{"the sandbox unchanged", "", func(*response) {}, "", ""},
		{"null for an optional field", "getContact", set("comment", nil), "", ""},
		{"null for a nested object", "listGrants", set("*/boundLock", nil), "", ""},
		{"an optional field missing", "listContacts", unset("*/comment"), "", ""},
		{"a content type with a charset", "listContacts", contentType("application/json; charset=utf-8"), "", ""},
		{"white space around the JSON", "getOwner", func(r *response) { r.body = []byte("\n " + string(r.body) + "\n") }, "", ""},
		{"an unknown field where additional fields are allowed", "getContact", func(r *response) { r.status, r.body = 404, []byte(`{"ErrorCode":"x","Message":"y"}`) }, "", ""},
		{"401 without a body", "listPermissions", func(r *response) { r.status, r.body, r.header = 401, nil, http.Header{} }, "", ""},
		{"502 from a proxy", "listBoundCards", func(r *response) { r.status = 502; contentType("text/html")(r) }, "", ""},
	}
}

// set sets the value at a path. In a path, * matches every item of a list.
func set(path string, value any) func(*response) {
	return changed(path, func(object map[string]any, name string) { object[name] = value }, value)
}

// unset removes the field at a path.
func unset(path string) func(*response) {
	return changed(path, func(object map[string]any, name string) { delete(object, name) }, nil)
}

func changed(path string, change func(map[string]any, string), item any) func(*response) {
	return func(r *response) {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(r.body))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil {
			return
		}
		follow(value, strings.Split(path, "/"), change, item)
		if body, err := json.Marshal(value); err == nil {
			r.body = body
		}
	}
}

func follow(value any, path []string, change func(map[string]any, string), item any) {
	switch value := value.(type) {
	case []any:
		for i := range value {
			if len(path) == 1 {
				value[i] = item
			} else {
				follow(value[i], path[1:], change, item)
			}
		}
	case map[string]any:
		if len(path) == 1 {
			change(value, path[0])
		} else {
			follow(value[path[0]], path[1:], change, item)
		}
	}
}

func replace(body string) func(*response) { return func(r *response) { r.body = []byte(body) } }

func cut(r *response) { r.body = r.body[:len(r.body)/2] }

func contentType(value string) func(*response) {
	return func(r *response) {
		r.header.Del("Content-Type")
		if value != "" {
			r.header.Set("Content-Type", value)
		}
	}
}

func status(code int) func(*response) {
	return func(r *response) {
		r.status = code
		if code == http.StatusNoContent {
			r.body = nil
		}
	}
}

// deviating is a RoundTripper that makes a deviation.
type deviating struct {
	next http.RoundTripper
	deviation
}

func (d deviating) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := d.next.RoundTrip(req)
	op, ok := api.OperationFromContext(req.Context())
	if err != nil || !ok || op.ID != d.operation || req.Method != op.Method { // a POST is a token request for the call
		return rsp, err
	}
	body, err := io.ReadAll(rsp.Body)
	if err = errors.Join(err, rsp.Body.Close()); err != nil {
		return nil, err
	}
	r := response{rsp.StatusCode, rsp.Header, body}
	d.alter(&r)
	rsp.StatusCode, rsp.Status, rsp.Header = r.status, strconv.Itoa(r.status), r.header
	rsp.Header.Del("Content-Length")
	rsp.ContentLength, rsp.Body = int64(len(r.body)), io.NopCloser(bytes.NewReader(r.body))
	return rsp, nil
}

// liveDeviations makes each deviation in a run of live against a sandbox. It also records
// the run and replays it, which must have the same findings.
func liveDeviations(ctx context.Context) (results []Result, err error) {
	server, err := sandbox.Start()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	for _, d := range deviations() {
		recorder, err := recording.NewRecorder()
		if err != nil {
			return nil, err
		}
		report, err := live.Run(ctx, live.Options{
			Client: Credentials(server),
			HTTP:   deviating{base, d},
			Top:    3, Owners: 3,
			Observe: recorder.Observe,
		})
		if err != nil {
			return nil, fmt.Errorf("selftest: %s: %w", d.seed, err)
		}
		result := d.result(report.Findings)
		replayed, err := replayed(ctx, recorder)
		if err != nil {
			return nil, fmt.Errorf("selftest: %s: %w", d.seed, err)
		}
		if again := d.result(replayed); again != result {
			result.OK = false
			result.Found += ", but when replayed: " + again.Found
		}
		results = append(results, result)
	}
	return results, nil
}

// replayed returns the findings of a replay.
func replayed(ctx context.Context, recorder *recording.Recorder) (found []contract.Finding, err error) {
	dir, err := os.MkdirTemp("", "contract-selftest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := recorder.Write(dir); err != nil {
		return nil, err
	}
	checked, _, err := recording.Replay(ctx, dir)
	if err != nil {
		return nil, err
	}
	return checked.Findings(), nil
}

// result compares the findings with the expected one.
func (d deviation) result(findings []contract.Finding) Result {
	r := Result{Seed: d.seed, Want: nothing}
	if d.operation != "" {
		r.Seed += " (" + d.operation + ")"
	}
	if d.class != "" {
		r.Want = d.describe(contract.Finding{Operation: d.operation, Class: d.class, Pointer: d.pointer})
	}
	var found []string
	for _, f := range findings {
		found = append(found, d.describe(f))
	}
	r.Found = strings.Join(found, ", ")
	if len(found) == 0 {
		r.Found = nothing
	}
	r.OK = r.Found == r.Want
	return r
}

func (d deviation) describe(f contract.Finding) string {
	text := string(f.Class)
	if f.Pointer != "" {
		text += " `" + f.Pointer + "`"
	}
	if f.Operation != d.operation {
		text = f.Operation + ": " + text
	}
	return text
}

// Credentials returns the options of a client that can call all reads of a sandbox.
func Credentials(server *sandbox.Server) []client.Option {
	return []client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
		client.WithScopes(live.ReadScopes()...),
	}
}
