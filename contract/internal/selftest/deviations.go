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
	"slices"
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

	// ifRefused is whether the finding must result only if the client refuses the response,
	// and none otherwise.
	ifRefused bool
}

// refused is a deviation that is a finding only if the client refuses it.
func refused(seed, operation string, alter func(*response), pointer string) deviation {
	d := found(seed, operation, alter, contract.Refused, pointer)
	d.ifRefused = true
	return d
}

// response is the part of a response that a deviation can change.
type response struct {
	status int
	header http.Header
	body   []byte
}

func found(seed, operation string, alter func(*response), class contract.Class, pointer string) deviation {
	return deviation{seed: seed, operation: operation, alter: alter, class: class, pointer: pointer}
}

func harmless(seed, operation string, alter func(*response)) deviation {
	return deviation{seed: seed, operation: operation, alter: alter}
}

func deviations() []deviation {
	return []deviation{
		found("an unknown field", "getOwner", set("nickname", "x"), contract.UnknownField, "/nickname"),
		found("an unknown field in a list", "listContacts", set("*/nickname", "x"), contract.UnknownField, "/*/nickname"),
		found("an unknown field in a nested object", "listGrants", set("*/boundLock/color", "x"), contract.UnknownField, "/*/boundLock/color"),
		found("an unknown field in a deeply nested object", "listBoundLocks", set("*/membershipStatistics/ByState/*/Since", "x"), contract.UnknownField, "/*/membershipStatistics/ByState/*/Since"),
		found("an unknown field whose name is data", "getContact", set("alex@example.com", 1), contract.UnknownField, "/*"),
		found("an unknown field where a list or an object is allowed", "listIdentityProviderUsers", set("*/nickname", "x"), contract.UnknownField, "/*/nickname"),
		found("a required field missing", "getContact", unset("id"), contract.MissingRequired, "/id"),
		found("a required field missing in a nested object", "listGrants", unset("*/boundLock/id"), contract.MissingRequired, "/*/boundLock/id"),
		found("a string for a boolean", "getOwner", set("active", "true"), contract.WrongType, "/active"),
		found("a number for a string", "listPermissions", set("*/contactId", 7), contract.WrongType, "/*/contactId"),
		found("a number for an id", "getIdentityProviderUser", set("id", 7), contract.WrongType, "/id"),
		found("null for a required field", "getBoundCard", set("id", nil), contract.WrongType, "/id"),
		found("a string for an integer", "listLogEntries", set("*/entryNo", "12"), contract.WrongType, "/*/entryNo"),
		found("a fraction for an integer", "listLogEntries", set("*/entryNo", 1.5), contract.WrongType, "/*/entryNo"),
		found("a date instead of a date-time", "listBoundLocks", set("*/bindDate", "2024-01-01"), contract.WrongType, "/*/bindDate"),
		found("a date-time without a zone", "listBoundLockLogEntries", set("*/lockTimestamp", "2024-01-01T10:00:00"), contract.WrongType, "/*/lockTimestamp"),
		found("an object for a list", "listPermissions", replace(`{"id":"x"}`), contract.WrongType, ""),
		found("a list for an object", "getLockGroup", replace(`[{"id":"x"}]`), contract.WrongType, ""),
		found("null for a list", "listBoundCards", replace(`null`), contract.WrongType, ""),
		found("an unknown value", "getPermission", set("role", "Janitor"), contract.UnknownEnumValue, "/role"),
		found("an unknown value in a list of values", "getBoundLock", set("lockType/supportedTechnologies/*", "uwb"), contract.UnknownEnumValue, "/lockType/supportedTechnologies/*"),
		found("an unknown value that differs in case", "listLockGroups", set("*/targetType", "group"), contract.UnknownEnumValue, "/*/targetType"),
		found("an undocumented status", "listBoundCards", status(http.StatusTeapot), contract.UndocumentedStatus, ""),
		found("an undocumented successful status", "getOwner", status(http.StatusAccepted), contract.UndocumentedStatus, ""),
		found("204 instead of 200", "listOwners", status(http.StatusNoContent), contract.UndocumentedStatus, ""),
		found("404 where it is undocumented", "listGrants", status(http.StatusNotFound), contract.UndocumentedStatus, ""),
		found("a redirect", "getOwner", status(http.StatusFound), contract.UndocumentedStatus, ""),
		found("HTML", "listContacts", contentType("text/html"), contract.WrongContentType, ""),
		found("no content type", "getContact", contentType(""), contract.WrongContentType, ""),
		found("truncated JSON", "listLockGroups", cut, contract.MalformedBody, ""),
		found("an empty body", "listLogEntries", replace(``), contract.MalformedBody, ""),
		found("data after the JSON value", "getBoundLock", func(r *response) { r.body = append(r.body, "{}"...) }, contract.MalformedBody, ""),
		found("an error with a wrong type", "listBoundCardGrants", func(r *response) { r.status, r.body = 400, []byte(`{"ErrorCode":7}`) }, contract.WrongType, "/ErrorCode"),
		found("February 30", "listLogEntries", set("*/receivedAt", "2018-02-30T00:00:00Z"), contract.WrongType, "/*/receivedAt"),
		found("February 29 of another year than a leap year", "listBoundCards", set("*/bindDate", "2019-02-29T00:00:00Z"), contract.WrongType, "/*/bindDate"),
		found("a time that does not exist in a nested object", "listGrants", set("*/boundLock/bindDate", "2018-04-31T00:00:00Z"), contract.WrongType, "/*/boundLock/bindDate"),
		found("the month 13", "listGrants", set("*/validFrom", "2018-13-01T00:00:00Z"), contract.WrongType, "/*/validFrom"),
		found("the hour 24", "listGrants", set("*/validBefore", "2018-12-12T24:00:00Z"), contract.WrongType, "/*/validBefore"),
		found("a leap second", "listLogEntries", set("*/lockTimestamp", "2016-12-31T23:59:60Z"), contract.WrongType, "/*/lockTimestamp"),
		found("a time with a space", "getBoundLock", set("bindDate", "2018-12-12 12:00:00Z"), contract.WrongType, "/bindDate"),
		found("an empty time", "getBoundCard", set("bindDate", ""), contract.WrongType, "/bindDate"),
		found("seconds for a time", "getBoundCard", set("unbindDate", 1544616000), contract.WrongType, "/unbindDate"),
		found("an integer that does not fit", "listLogEntries", set("*/entryNo", json.Number("9223372036854775808")), contract.Refused, "/*/entryNo"),
		found("a negative integer that does not fit", "getBoundLock", set("rclSerialNo", json.Number("-9223372036854775809")), contract.Refused, "/rclSerialNo"),
		found("a fraction with an exponent", "listLogEntries", set("*/entryNo", json.Number("15e-1")), contract.WrongType, "/*/entryNo"),
		found("a boolean for an integer", "getBoundCard", set("nofGrantsCapacity", true), contract.WrongType, "/nofGrantsCapacity"),
		found("a number for a known value", "listBoundLocks", set("*/targetType", 1), contract.WrongType, "/*/targetType"),
		found("a list for a nested object", "getBoundLock", set("lockType", []any{}), contract.WrongType, "/lockType"),
		found("an object for a string", "getContact", set("title", map[string]any{}), contract.WrongType, "/title"),
		found("a string for a list", "getBoundLock", set("lockType/supportedTechnologies", "nfc"), contract.WrongType, "/lockType/supportedTechnologies"),
		found("null for a required field in a list", "listBoundCards", set("*/id", nil), contract.WrongType, "/*/id"),
		found("a required field missing in a list", "listLockGroups", unset("*/id"), contract.MissingRequired, "/*/id"),
		found("null in a list", "listContacts", replace(`[null]`), contract.WrongType, "/*"),
		found("a list in a list", "listGrants", replace(`[[]]`), contract.WrongType, "/*"),
		found("a list in an envelope", "listOwners", replace(`{"value":[]}`), contract.WrongType, ""),
		found("a message instead of a list", "listLogEntries", replace(`{"message":"maintenance"}`), contract.WrongType, ""),
		found("a string for an object", "getOwner", replace(`"maintenance"`), contract.WrongType, ""),
		found("null for an object", "getContact", replace(`null`), contract.WrongType, ""),
		found("single quotes", "getOwner", replace(`{'id':'x'}`), contract.MalformedBody, ""),
		found("a comma before the end", "getOwner", replace(`{"id":"x",}`), contract.MalformedBody, ""),
		found("a comment", "listContacts", replace(`[] // none`), contract.MalformedBody, ""),
		found("NaN", "listLogEntries", replace(`[{"id":"x","entryNo":NaN}]`), contract.MalformedBody, ""),
		found("white space only", "getLockGroup", replace(" \n"), contract.MalformedBody, ""),
		found("XML", "listGrants", contentType("application/xml"), contract.WrongContentType, ""),
		found("another type of JSON", "getOwner", contentType("application/problem+json"), contract.WrongContentType, ""),
		found("a long page of HTML", "listContacts", func(r *response) { r.body = bytes.Repeat([]byte("<p>"), 1<<16); contentType("text/html")(r) }, contract.WrongContentType, ""),
		found("201 instead of 200", "getContact", status(http.StatusCreated), contract.UndocumentedStatus, ""),
		found("304", "getOwner", status(http.StatusNotModified), contract.UndocumentedStatus, ""),
		found("402 where it is undocumented", "listContacts", status(http.StatusPaymentRequired), contract.UndocumentedStatus, ""),
		found("410", "getContact", status(http.StatusGone), contract.UndocumentedStatus, ""),
		found("an error that is a list", "listBoundCardGrants", func(r *response) { r.status, r.body = 400, []byte(`[]`) }, contract.WrongType, ""),
		found("an error as HTML", "getContact", func(r *response) { r.status = 404; contentType("text/html")(r) }, contract.WrongContentType, ""),

		refused("an integer written 1287.0", "listLogEntries", set("*/entryNo", json.Number("1287.0")), "/*/entryNo"),
		refused("an integer written 1e3", "listBoundLockLogEntries", set("*/entryNo", json.Number("1e3")), "/*/entryNo"),
		refused("an integer written 3.0 in a nested object", "listGrants", set("*/boundLock/rclSerialNo", json.Number("3.0")), "/*/boundLock/rclSerialNo"),
		refused("an empty id", "getOwner", set("id", ""), "/id"),
		refused("a byte order mark", "getOwner", func(r *response) { r.body = append([]byte("\ufeff"), r.body...) }, ""),

		harmless("the sandbox unchanged", "", func(*response) {}),
		harmless("null for an optional field", "getContact", set("comment", nil)),
		harmless("null for a nested object", "listGrants", set("*/boundLock", nil)),
		harmless("an optional field missing", "listContacts", unset("*/comment")),
		harmless("a content type with a charset", "listContacts", contentType("application/json; charset=utf-8")),
		harmless("white space around the JSON", "getOwner", func(r *response) { r.body = []byte("\n " + string(r.body) + "\n") }),
		harmless("an unknown field where additional fields are allowed", "getContact", func(r *response) { r.status, r.body = 404, []byte(`{"ErrorCode":"x","Message":"y"}`) }),
		harmless("401 without a body", "listPermissions", func(r *response) { r.status, r.body, r.header = 401, nil, http.Header{} }),
		harmless("502 from a proxy", "listBoundCards", func(r *response) { r.status = 502; contentType("text/html")(r) }),
		harmless("a time with an offset", "listGrants", set("*/validFrom", "2018-12-12T12:00:00+02:00")),
		harmless("a time with nanoseconds", "listLogEntries", set("*/receivedAt", "2018-12-12T12:00:00.123456789Z")),
		harmless("February 29 of a leap year", "listLogEntries", set("*/receivedAt", "2020-02-29T00:00:00Z")),
		harmless("the largest integer", "listLogEntries", set("*/entryNo", json.Number("9223372036854775807"))),
		harmless("a negative integer", "listLogEntries", set("*/entryNo", -1)),
		harmless("an empty list", "listBoundCards", replace(`[]`)),
		harmless("an empty text", "getContact", set("title", "")),
		harmless("a duplicate field", "getOwner", replace(`{"id":"x","id":"y"}`)),
		harmless("a content type in capitals", "getOwner", contentType("APPLICATION/JSON")),
		harmless("an object where a list or an object is allowed", "listIdentityProviderUsers", replace(`{"id":"x"}`)),
		harmless("429", "listContacts", status(http.StatusTooManyRequests)),
		harmless("503", "listGrants", status(http.StatusServiceUnavailable)),
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
		if d.ifRefused && !slices.ContainsFunc(report.Errors, func(f live.Failure) bool { return f.Operation == d.operation }) {
			d.class = ""
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
