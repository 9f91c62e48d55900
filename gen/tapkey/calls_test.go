package tapkey_test

import (
	"context"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

type call struct {
	id       string
	call     func(context.Context, *tapkey.API) (any, error)
	method   string
	path     string // below the base path
	query    string
	body     string                                          // body of the request
	response string                                          // body of the response; empty for status 204
	want     any                                             // nil if the call returns only an error
	all      func(context.Context, *tapkey.API) (any, error) // the iterator of a list
	paging   string                                          // query parameters that the iterator adds
}

// calls has an entry for every operation: the call, the expected request, the response and
// the expected value.
var calls = []call{
	{
		id: "listOwners", method: "GET", path: "/Owners",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.ListOwners(ctx) },
		all:      func(ctx context.Context, a *tapkey.API) (any, error) { return all(a.AllOwners(ctx)) },
		response: `[{"id": "o1", "name": "Attic", "active": true}, {"id": "o2", "name": null}]`,
		want:     []tapkey.OwnerAccount{{ID: "o1", Name: "Attic", Active: true}, {ID: "o2"}},
	},
	{
		id: "createOwner", method: "PUT", path: "/Owners",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.CreateOwner(ctx, tapkey.OwnerAccountCreate{Name: "Attic"})
		},
		body:     `{"name": "Attic"}`,
		response: `{"id": "o1", "name": "Attic", "active": true}`,
		want:     tapkey.OwnerAccount{ID: "o1", Name: "Attic", Active: true},
	},
	{
		id: "getOwner", method: "GET", path: "/Owners/o1",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.GetOwner(ctx, "o1") },
		response: `{"id": "o1", "name": "Attic"}`,
		want:     tapkey.OwnerAccount{ID: "o1", Name: "Attic"},
	},
	{
		id: "updateOwner", method: "PATCH", path: "/Owners/o1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.UpdateOwner(ctx, "o1", tapkey.OwnerAccountUpdate{Name: new("Cellar")})
		},
		body:     `{"name": "Cellar"}`,
		response: `{"id": "o1", "name": "Cellar"}`,
		want:     tapkey.OwnerAccount{ID: "o1", Name: "Cellar"},
	},
	{
		id: "listPermissions", method: "GET", path: "/Owners/o1/Permissions",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.ListPermissions(ctx, "o1") },
		all:      func(ctx context.Context, a *tapkey.API) (any, error) { return all(a.AllPermissions(ctx, "o1")) },
		response: `[{"id": "p1", "ownerAccountId": "o1", "contactId": "c1", "role": "Owner"}]`,
		want:     []tapkey.Permission{{ID: "p1", OwnerAccountID: "o1", ContactID: "c1", Role: tapkey.PermissionRoleOwner}},
	},
	{
		id: "createPermission", method: "PUT", path: "/Owners/o1/Permissions",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.CreatePermission(ctx, "o1", tapkey.PermissionCreate{ContactID: "c1", Role: tapkey.PermissionRoleAdmin})
		},
		body:     `{"contactId": "c1", "role": "Admin"}`,
		response: `{"id": "p1", "contactId": "c1", "role": "Admin"}`,
		want:     tapkey.Permission{ID: "p1", ContactID: "c1", Role: "Admin"},
	},
	{
		id: "getPermission", method: "GET", path: "/Owners/o1/Permissions/p1",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.GetPermission(ctx, "o1", "p1") },
		response: `{"id": "p1", "role": "Janitor"}`,
		want:     tapkey.Permission{ID: "p1", Role: "Janitor"},
	},
	{
		id: "deletePermission", method: "DELETE", path: "/Owners/o1/Permissions/p1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) { return nil, a.DeletePermission(ctx, "o1", "p1") },
	},
	{
		id: "listBoundLocks", method: "GET", path: "/Owners/o1/BoundLocks",
		query: "%24filter=active%20eq%20true&%24select=id%2Ctitle&%24top=2&%24skip=4&expand=supportedFeatures,healthStatuses",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListBoundLocks(ctx, "o1", &lockParams)
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllBoundLocks(ctx, "o1", &lockParams))
		},
		response: `[{"id": "l1", "title": "Door", "active": true, "bindDate": "2024-01-02T03:04:05Z", "targetType": "Lock",
			"supportedFeatures": {"timeRestrictionIcalSupport": "Supported"},
			"membershipStatistics": {"ByState": [{"State": "Joined", "Count": 2}]},
			"healthStatuses": [{"id": "h1", "type": "BatteryVoltage", "value": 2.75, "valueStatus": "Ok"}],
			"lockType": {"id": "1.2", "manufacturerId": 7, "supportedTechnologies": ["nfc", "uwb"]}}]`,
		want: []tapkey.BoundLock{{
			ID: "l1", Title: "Door", Active: true, BindDate: &date, TargetType: tapkey.LockTargetTypeLock,
			SupportedFeatures:    &tapkey.SupportedFeatures{TimeRestrictionIcalSupport: "Supported"},
			MembershipStatistics: &tapkey.MembershipStatistics{ByState: []tapkey.MembershipStateCount{{State: "Joined", Count: 2}}},
			HealthStatuses:       []tapkey.LockHealthStatus{{ID: "h1", Type: "BatteryVoltage", Value: 2.75, ValueStatus: "Ok"}},
			LockType:             &tapkey.LockType{ID: "1.2", ManufacturerID: 7, SupportedTechnologies: []tapkey.LockTechnology{"nfc", "uwb"}},
		}},
	},
	{
		id: "bindLock", method: "PUT", path: "/Owners/o1/BoundLocks",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.BindLock(ctx, "o1", tapkey.LockBinding{BindingCode: "123", PhysicalLockID: "AHHCCh07gB==", Title: new("Door")})
		},
		body:     `{"bindingCode": "123", "physicalLockId": "AHHCCh07gB==", "title": "Door"}`,
		response: `{"id": "l1", "title": "Door"}`,
		want:     tapkey.BoundLock{ID: "l1", Title: "Door"},
	},
	{
		id: "getBoundLock", method: "GET", path: "/Owners/o1/BoundLocks/l1", query: "expand=membershipStatistics",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.GetBoundLock(ctx, "o1", "l1", &tapkey.GetBoundLockParams{Expand: tapkey.Expand{"membershipStatistics"}})
		},
		response: `{"id": "l1", "rclSerialNo": 9007199254740993}`,
		want:     tapkey.BoundLock{ID: "l1", RclSerialNo: 9007199254740993},
	},
	{
		id: "listBoundLockLogEntries", method: "GET", path: "/Owners/o1/BoundLocks/l1/LogEntries",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListBoundLockLogEntries(ctx, "o1", "l1", nil)
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllBoundLockLogEntries(ctx, "o1", "l1", nil))
		},
		paging:   "%24top=500&%24skip=0",
		response: `[{"id": "e1", "entryNo": 5, "boundLockId": "l1", "logType": "Command", "command": "TriggerLock", "lockTimestamp": "2024-01-02T03:04:05"}]`,
		want:     []tapkey.LogEntry{{ID: "e1", EntryNo: 5, BoundLockID: "l1", LogType: "Command", Command: "TriggerLock", LockTimestamp: &date}},
	},
	{
		id: "listLogEntries", method: "GET", path: "/Owners/o1/LogEntries", query: "%24filter=entryNo%20gt%205",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListLogEntries(ctx, "o1", &tapkey.ListLogEntriesParams{Filter: new("entryNo gt 5")})
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllLogEntries(ctx, "o1", &tapkey.ListLogEntriesParams{Filter: new("entryNo gt 5")}))
		},
		paging:   "&%24top=500&%24skip=0",
		response: `[{"id": "e1", "contactId": "c1", "boundCardId": null, "receivedAt": "2024-01-02T03:04:05Z"}]`,
		want:     []tapkey.LogEntry{{ID: "e1", ContactID: "c1", ReceivedAt: &date}},
	},
	{
		id: "listBoundCards", method: "GET", path: "/Owners/o1/BoundCards",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.ListBoundCards(ctx, "o1", nil) },
		all:      func(ctx context.Context, a *tapkey.API) (any, error) { return all(a.AllBoundCards(ctx, "o1", nil)) },
		response: `[{"id": "t1", "title": "Key", "isActive": true, "nofGrantsCapacity": 12, "uid": "AHHCCh07gB=="}]`,
		want:     []tapkey.BoundCard{{ID: "t1", Title: "Key", IsActive: true, NofGrantsCapacity: 12, UID: "AHHCCh07gB=="}},
	},
	{
		id: "getBoundCard", method: "GET", path: "/Owners/o1/BoundCards/t1",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.GetBoundCard(ctx, "o1", "t1") },
		response: `{"id": "t1", "bindDate": "2024-01-02T03:04:05Z", "unbindDate": null}`,
		want:     tapkey.BoundCard{ID: "t1", BindDate: &date},
	},
	{
		id: "updateBoundCard", method: "PATCH", path: "/Owners/o1/BoundCards/t1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return nil, a.UpdateBoundCard(ctx, "o1", "t1", tapkey.BoundCardUpdate{Title: new("Spare")})
		},
		body: `{"title": "Spare"}`,
	},
	{
		id: "listBoundCardGrants", method: "GET", path: "/Owners/o1/BoundCards/t1/Grants", query: "%24top=3",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListBoundCardGrants(ctx, "o1", "t1", &tapkey.ListBoundCardGrantsParams{Top: new(3)})
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllBoundCardGrants(ctx, "o1", "t1", &tapkey.ListBoundCardGrantsParams{Top: new(3)}))
		},
		response: `[{"id": "g1", "boundCardId": "t1"}]`,
		want:     []tapkey.Grant{{ID: "g1", BoundCardID: "t1"}},
	},
	{
		id: "revokeBoundCardGrants", method: "POST", path: "/Owners/o1/BoundCards/t1/RevokeGrants",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.RevokeBoundCardGrants(ctx, "o1", "t1") },
		response: `{"revoked": 2}`,
		want:     tapkey.RevocationResult{"revoked": 2.0},
	},
	{
		id: "listContacts", method: "GET", path: "/Owners/o1/Contacts", query: "%24filter=identifier%20eq%20%27a%2Bb%40example.com%27",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListContacts(ctx, "o1", &tapkey.ListContactsParams{Filter: new("identifier eq 'a+b@example.com'")})
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllContacts(ctx, "o1", &tapkey.ListContactsParams{Filter: new("identifier eq 'a+b@example.com'")}))
		},
		response: `[{"id": "c1", "ownerId": "o1", "identifier": "a+b@example.com", "ipId": "tapkey", "email": ""}]`,
		want:     []tapkey.Contact{{ID: "c1", OwnerID: "o1", Identifier: "a+b@example.com", IPID: "tapkey"}},
	},
	{
		id: "createContact", method: "PUT", path: "/Owners/o1/Contacts",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.CreateContact(ctx, "o1", tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("ada@example.com")})
		},
		body:     `{"ipId": "tapkey", "identifier": "ada@example.com"}`,
		response: `{"id": "c1", "identifier": "ada@example.com"}`,
		want:     tapkey.Contact{ID: "c1", Identifier: "ada@example.com"},
	},
	{
		id: "getContact", method: "GET", path: "/Owners/o1/Contacts/c1",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.GetContact(ctx, "o1", "c1") },
		response: `{"id": "c1", "ipUserId": "u1"}`,
		want:     tapkey.Contact{ID: "c1", IPUserID: "u1"},
	},
	{
		id: "updateContact", method: "PATCH", path: "/Owners/o1/Contacts/c1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.UpdateContact(ctx, "o1", "c1", tapkey.ContactUpdate{Title: new("Ada"), Comment: new("")})
		},
		body:     `{"title": "Ada", "comment": ""}`,
		response: `{"id": "c1", "title": "Ada"}`,
		want:     tapkey.Contact{ID: "c1", Title: "Ada"},
	},
	{
		id: "revokeContactGrants", method: "POST", path: "/Owners/o1/Contacts/c1/RevokeGrants",
		call: func(ctx context.Context, a *tapkey.API) (any, error) { return a.RevokeContactGrants(ctx, "o1", "c1") },
		want: tapkey.RevocationResult{},
	},
	{
		id: "listGrants", method: "GET", path: "/Owners/o1/Grants", query: "%24skip=1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListGrants(ctx, "o1", &tapkey.ListGrantsParams{Skip: new(1)})
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllGrants(ctx, "o1", &tapkey.ListGrantsParams{Skip: new(1)}))
		},
		response: `[{"id": "g1", "state": "Ok", "active": true, "owner": null, "contact": {"id": "c1"}, "boundLock": {"id": "l1"}, "validFrom": "2024-01-02T03:04:05Z"}]`,
		want: []tapkey.Grant{{
			ID: "g1", State: tapkey.GrantStateOk, Active: true, Contact: &tapkey.Contact{ID: "c1"},
			BoundLock: &tapkey.BoundLock{ID: "l1"}, ValidFrom: &date,
		}},
	},
	{
		id: "createGrant", method: "PUT", path: "/Owners/o1/Grants",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.CreateGrant(ctx, "o1", tapkey.GrantCreate{BoundLockID: "l1", Contact: &tapkey.GrantContact{Identifier: "ada@example.com"}, ValidBefore: &date})
		},
		body:     `{"boundLockId": "l1", "contact": {"identifier": "ada@example.com"}, "validBefore": "2024-01-02T03:04:05Z"}`,
		response: `{"id": "g1", "state": "Pending"}`,
		want:     tapkey.Grant{ID: "g1", State: "Pending"},
	},
	{
		id: "updateGrant", method: "PATCH", path: "/Owners/o1/Grants/g1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.UpdateGrant(ctx, "o1", "g1", tapkey.GrantUpdate{ValidBefore: &date, TimeRestrictionIcal: new("")})
		},
		body:     `{"validBefore": "2024-01-02T03:04:05Z", "timeRestrictionIcal": ""}`,
		response: `{"id": "g1", "state": "Expired", "credentialId": "x", "customPayload": null, "permissionDetails": {"a": [1]}}`,
		want: tapkey.Grant{
			ID: "g1", State: tapkey.GrantStateExpired, CredentialID: "x", PermissionDetails: map[string]any{"a": []any{1.0}},
		},
	},
	{
		id: "revokeGrant", method: "POST", path: "/Owners/o1/Grants/g1/Revoke", query: "dryRun=false",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.RevokeGrant(ctx, "o1", "g1", &tapkey.RevokeGrantParams{DryRun: new(false)})
		},
		response: `{}`,
		want:     tapkey.RevocationResult{},
	},
	{
		id: "deleteGrantFromCard", method: "POST", path: "/Owners/o1/Grants/g1/DeleteFromCard",
		call: func(ctx context.Context, a *tapkey.API) (any, error) { return a.DeleteGrantFromCard(ctx, "o1", "g1") },
		want: tapkey.RevocationResult{},
	},
	{
		id: "listLockGroups", method: "GET", path: "/Owners/o1/LockGroups",
		call:     func(ctx context.Context, a *tapkey.API) (any, error) { return a.ListLockGroups(ctx, "o1", nil) },
		all:      func(ctx context.Context, a *tapkey.API) (any, error) { return all(a.AllLockGroups(ctx, "o1", nil)) },
		response: `[{"id": "lg1", "title": "Floor", "targetType": "Group", "rclSerialNo": null}]`,
		want:     []tapkey.LockGroup{{ID: "lg1", Title: "Floor", TargetType: tapkey.LockTargetTypeGroup}},
	},
	{
		id: "getLockGroup", method: "GET", path: "/Owners/o1/LockGroups/lg1", query: "expand=statistics",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.GetLockGroup(ctx, "o1", "lg1", &tapkey.GetLockGroupParams{Expand: tapkey.Expand{"statistics"}})
		},
		response: `{"id": "lg1", "statistics": {"ByState": []}}`,
		want:     tapkey.LockGroup{ID: "lg1", Statistics: &tapkey.MembershipStatistics{ByState: []tapkey.MembershipStateCount{}}},
	},
	{
		id: "listIdentityProviderUsers", method: "GET", path: "/Owners/o1/IdentityProviders/ip1/Users", query: "ipUserId=u1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.ListIdentityProviderUsers(ctx, "o1", "ip1", &tapkey.ListIdentityProviderUsersParams{IPUserID: new("u1")})
		},
		all: func(ctx context.Context, a *tapkey.API) (any, error) {
			return all(a.AllIdentityProviderUsers(ctx, "o1", "ip1", &tapkey.ListIdentityProviderUsersParams{IPUserID: new("u1")}))
		},
		response: `{"id": "x1", "ipId": "ip1", "ipUserId": "u1", "status": "Normal"}`, // one object instead of a list of one
		want:     []tapkey.IdentityProviderUser{{ID: "x1", IPID: "ip1", IPUserID: "u1", Status: tapkey.IdentityProviderUserStatusNormal}},
	},
	{
		id: "createIdentityProviderUser", method: "PUT", path: "/Owners/o1/IdentityProviders/ip1/Users",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.CreateIdentityProviderUser(ctx, "o1", "ip1", tapkey.IdentityProviderUserCreate{IPID: new("ip1"), IPUserID: "u1"})
		},
		body:     `{"ipId": "ip1", "ipUserId": "u1"}`,
		response: `{"id": "x1", "ipUserId": "u1"}`,
		want:     tapkey.IdentityProviderUser{ID: "x1", IPUserID: "u1"},
	},
	{
		id: "getIdentityProviderUser", method: "GET", path: "/Owners/o1/IdentityProviders/ip1/Users/x1",
		call: func(ctx context.Context, a *tapkey.API) (any, error) {
			return a.GetIdentityProviderUser(ctx, "o1", "ip1", "x1")
		},
		response: `{"id": "x1", "identifier": "ada"}`,
		want:     tapkey.IdentityProviderUser{ID: "x1", Identifier: "ada"},
	},
}

var (
	date       = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	lockParams = tapkey.ListBoundLocksParams{
		Filter: new("active eq true"), Select: new("id,title"), Top: new(2), Skip: new(4),
		Expand: tapkey.Expand{"supportedFeatures", "healthStatuses"},
	}
)

// all collects the items of an iterator.
func all[T any](seq iter.Seq2[T, error]) (any, error) {
	var items []T
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for _, test := range calls {
		t.Run(test.id, func(t *testing.T) {
			t.Parallel()
			try := func(call func(context.Context, *tapkey.API) (any, error), query string) {
				t.Helper()
				status := http.StatusOK
				if test.response == "" {
					status = http.StatusNoContent
				}
				server := serve(t, status, test.response)
				var op api.Operation
				var found bool
				client := server.Client()
				next := client.Transport
				client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
					op, found = api.OperationFromContext(req.Context())
					return next.RoundTrip(req)
				})
				got, err := call(t.Context(), server.api(t, tapkey.WithHTTPClient(client)))
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("value: got %+v, want %+v", got, test.want)
				}
				if test.paging != "" && len(server.requests) == 2 && strings.Contains(server.requests[1].query, "skip=1") {
					server.requests = server.requests[:1] // whether another page follows
				}
				req := server.only(t)
				if req.method != test.method || req.path != basePath+test.path || req.query != query {
					t.Errorf("request: got %s %s?%s, want %s %s?%s", req.method, req.path, req.query, test.method, basePath+test.path, query)
				}
				if test.body == "" && (req.body != "" || req.header.Get("Content-Type") != "") {
					t.Errorf("got body %q of type %q, want none", req.body, req.header.Get("Content-Type"))
				}
				if test.body != "" {
					sameJSON(t, req.body, test.body)
					if got := req.header.Get("Content-Type"); got != "application/json" {
						t.Errorf("content type: got %q, want application/json", got)
					}
				}
				if req.header.Get("Accept") != "application/json" || !strings.HasPrefix(req.header.Get("User-Agent"), "tapkey-go") {
					t.Errorf("header: got %v, want Accept application/json and User-Agent tapkey-go", req.header)
				}
				if !found || op.ID != test.id || op.Method != test.method {
					t.Errorf("operation in the RoundTripper: got %+v, want %s %s", op, test.method, test.id)
				}
			}
			try(test.call, test.query)
			if test.all != nil {
				try(test.all, test.query+test.paging)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestCallsFail checks that every operation returns the error of a response with status
// 403.
func TestCallsFail(t *testing.T) {
	t.Parallel()
	for _, test := range calls {
		t.Run(test.id, func(t *testing.T) {
			t.Parallel()
			server := serve(t, http.StatusForbidden, `{"ErrorCode": "NotAllowed"}`)
			a := server.api(t)
			for _, call := range []func(context.Context, *tapkey.API) (any, error){test.call, test.all} {
				if call == nil {
					continue
				}
				got, err := call(t.Context(), a)
				e := failure(t, err, api.ErrForbidden)
				if e.Operation != test.id || e.Method != test.method || e.Code != "NotAllowed" || e.StatusCode != 403 {
					t.Errorf("error: got %+v, want status 403 and code NotAllowed of %s %s", e, test.method, test.id)
				}
				if got != nil && !reflect.ValueOf(got).IsZero() {
					t.Errorf("value with an error: got %+v, want none", got)
				}
			}
		})
	}
}

// TestEveryOperationIsCovered compares calls, the table of operations and the methods of
// API.
func TestEveryOperationIsCovered(t *testing.T) {
	t.Parallel()
	rest := map[string]bool{}
	for m := range reflect.TypeFor[*tapkey.API]().Methods() {
		rest[m.Name] = true
	}
	delete(rest, "Format")
	delete(rest, "Raw")
	delete(rest, "WithSettings")
	for _, op := range tapkey.Operations() {
		name := strings.ToUpper(op.ID[:1]) + op.ID[1:]
		method, ok := reflect.TypeFor[*tapkey.API]().MethodByName(name)
		if !ok {
			t.Errorf("%s: got no method, want %s", op.ID, name)
			continue
		}
		delete(rest, name)
		i := slices.IndexFunc(calls, func(c call) bool { return c.id == op.ID })
		if i < 0 {
			t.Errorf("%s: got no entry in calls, want one", op.ID)
			continue
		}
		if method.Type.Out(0).Kind() != reflect.Slice {
			continue
		}
		list := "All" + strings.TrimPrefix(name, "List")
		if !rest[list] || calls[i].all == nil {
			t.Errorf("%s: got no iterator %s or no entry in calls, want both", op.ID, list)
		}
		delete(rest, list)
	}
	if len(rest) > 0 {
		t.Errorf("methods without an operation: got %v, want none", rest)
	}
	if len(calls) != len(tapkey.Operations()) || len(calls) != 33 {
		t.Errorf("got %d entries in calls and %d operations, want 33 of both", len(calls), len(tapkey.Operations()))
	}
}
