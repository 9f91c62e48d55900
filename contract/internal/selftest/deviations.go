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

// deviation is how one operation answers otherwise than the contract says, and the
// finding that has to come of it: this one, and no other. Without a class it is no
// deviation.
type deviation struct {
	seed      string
	operation string
	alter     func(*answer)
	class     contract.Class
	pointer   string
}

// answer is what a deviation alters.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func deviations() []deviation {
	return []deviation{
		{"an unknown member", "getOwner", set("nickname", "x"), contract.UnknownField, "/nickname"},
		{"an unknown member in a list", "listContacts", set("*/nickname", "x"), contract.UnknownField, "/*/nickname"},
		{"an unknown member in a nested object", "listGrants", set("*/boundLock/color", "x"), contract.UnknownField, "/*/boundLock/color"},
		{"an unknown member far down", "listBoundLocks", set("*/membershipStatistics/ByState/*/Since", "x"), contract.UnknownField, "/*/membershipStatistics/ByState/*/Since"},
		{"an unknown member that is named by data", "getContact", set("alex@example.com", 1), contract.UnknownField, "/*"},
		{"an unknown member where one or many may come", "listIdentityProviderUsers", set("*/nickname", "x"), contract.UnknownField, "/*/nickname"},
		{"a required member missing", "getContact", unset("id"), contract.MissingRequired, "/id"},
		{"a required member missing in a nested object", "listGrants", unset("*/boundLock/id"), contract.MissingRequired, "/*/boundLock/id"},
		{"a string for a boolean", "getOwner", set("active", "true"), contract.WrongType, "/active"},
		{"a number for a string", "listPermissions", set("*/contactId", 7), contract.WrongType, "/*/contactId"},
		{"a number for an id", "getIdentityProviderUser", set("id", 7), contract.WrongType, "/id"},
		{"null for a required member", "getBoundCard", set("id", nil), contract.WrongType, "/id"},
		{"a string for an integer", "listLogEntries", set("*/entryNo", "12"), contract.WrongType, "/*/entryNo"},
		{"a fraction for an integer", "listLogEntries", set("*/entryNo", 1.5), contract.WrongType, "/*/entryNo"},
		{"a date without a time", "listBoundLocks", set("*/bindDate", "2024-01-01"), contract.WrongType, "/*/bindDate"},
		{"a time without a zone", "listBoundLockLogEntries", set("*/lockTimestamp", "2024-01-01T10:00:00"), contract.WrongType, "/*/lockTimestamp"},
		{"an object for a list", "listPermissions", replace(`{"id":"x"}`), contract.WrongType, ""},
		{"a list for an object", "getLockGroup", replace(`[{"id":"x"}]`), contract.WrongType, ""},
		{"null for a list", "listBoundCards", replace(`null`), contract.WrongType, ""},
		{"an unknown value", "getPermission", set("role", "Janitor"), contract.UnknownEnumValue, "/role"},
		{"an unknown value in a list of values", "getBoundLock", set("lockType/supportedTechnologies/*", "uwb"), contract.UnknownEnumValue, "/lockType/supportedTechnologies/*"},
		{"an unknown value that differs in case", "listLockGroups", set("*/targetType", "group"), contract.UnknownEnumValue, "/*/targetType"},
		{"a status the contract does not name", "listBoundCards", status(http.StatusTeapot), contract.UndocumentedStatus, ""},
		{"another success", "getOwner", status(http.StatusAccepted), contract.UndocumentedStatus, ""},
		{"no content", "listOwners", status(http.StatusNoContent), contract.UndocumentedStatus, ""},
		{"404 where it is not named", "listGrants", status(http.StatusNotFound), contract.UndocumentedStatus, ""},
		{"a redirect", "getOwner", status(http.StatusFound), contract.UndocumentedStatus, ""},
		{"HTML", "listContacts", contentType("text/html"), contract.WrongContentType, ""},
		{"no content type", "getContact", contentType(""), contract.WrongContentType, ""},
		{"half of the JSON", "listLockGroups", cut, contract.MalformedBody, ""},
		{"an empty body", "listLogEntries", replace(``), contract.MalformedBody, ""},
		{"something after the JSON", "getBoundLock", func(a *answer) { a.body = append(a.body, "{}"...) }, contract.MalformedBody, ""},
		{"an error of another form", "listBoundCardGrants", func(a *answer) { a.status, a.body = 400, []byte(`{"ErrorCode":7}`) }, contract.WrongType, "/ErrorCode"},

		{"the sandbox as it is", "", func(*answer) {}, "", ""},
		{"null for optional members", "getContact", set("comment", nil), "", ""},
		{"a nested object that is null", "listGrants", set("*/boundLock", nil), "", ""},
		{"optional members left out", "listContacts", unset("*/comment"), "", ""},
		{"a content type with a charset", "listContacts", contentType("application/json; charset=utf-8"), "", ""},
		{"blanks around the JSON", "getOwner", func(a *answer) { a.body = []byte("\n " + string(a.body) + "\n") }, "", ""},
		{"an unknown member where any may come", "getContact", func(a *answer) { a.status, a.body = 404, []byte(`{"ErrorCode":"x","Message":"y"}`) }, "", ""},
		{"401 without a body", "listPermissions", func(a *answer) { a.status, a.body, a.header = 401, nil, http.Header{} }, "", ""},
		{"502 from a proxy", "listBoundCards", func(a *answer) { a.status = 502; contentType("text/html")(a) }, "", ""},
	}
}

// set sets what a path leads to; * stands for each item of a list.
func set(path string, value any) func(*answer) {
	return changed(path, func(object map[string]any, name string) { object[name] = value }, value)
}

// unset removes what a path leads to.
func unset(path string) func(*answer) {
	return changed(path, func(object map[string]any, name string) { delete(object, name) }, nil)
}

func changed(path string, change func(map[string]any, string), item any) func(*answer) {
	return func(a *answer) {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(a.body))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil {
			return
		}
		follow(value, strings.Split(path, "/"), change, item)
		if body, err := json.Marshal(value); err == nil {
			a.body = body
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

func replace(body string) func(*answer) { return func(a *answer) { a.body = []byte(body) } }

func cut(a *answer) { a.body = a.body[:len(a.body)/2] }

func contentType(value string) func(*answer) {
	return func(a *answer) {
		a.header.Del("Content-Type")
		if value != "" {
			a.header.Set("Content-Type", value)
		}
	}
}

func status(code int) func(*answer) {
	return func(a *answer) {
		a.status = code
		if code == http.StatusNoContent {
			a.body = nil
		}
	}
}

// deviating lets one operation of the sandbox answer otherwise.
type deviating struct {
	next http.RoundTripper
	deviation
}

func (d deviating) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := d.next.RoundTrip(req)
	op, ok := api.OperationFromContext(req.Context())
	if err != nil || !ok || op.ID != d.operation || req.Method != op.Method { // a POST: a token for the call
		return rsp, err
	}
	body, err := io.ReadAll(rsp.Body)
	if err = errors.Join(err, rsp.Body.Close()); err != nil {
		return nil, err
	}
	a := answer{rsp.StatusCode, rsp.Header, body}
	d.alter(&a)
	rsp.StatusCode, rsp.Status, rsp.Header = a.status, strconv.Itoa(a.status), a.header
	rsp.Header.Del("Content-Length")
	rsp.ContentLength, rsp.Body = int64(len(a.body)), io.NopCloser(bytes.NewReader(a.body))
	return rsp, nil
}

// liveDeviations runs live against a sandbox, once for each deviation, and replays what
// it has recorded: that has to find the same.
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
			result.Found += ", but in the replay " + again.Found
		}
		results = append(results, result)
	}
	return results, nil
}

// replayed is what a replay of a run finds.
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

// result compares what was found to what has to be: the very class, operation and
// pointer, and nothing besides.
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

// Credentials are the options of a client that may read everything in a sandbox.
func Credentials(server *sandbox.Server) []client.Option {
	return []client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
		client.WithScopes(live.ReadScopes()...),
	}
}
