package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	handTimeout = 30 * time.Second
	maxPooled   = 1 << 20 // capacity of the largest buffer that is kept
)

// Hand returns a client as a careful engineer would write it for a few operations:
// net/http, encoding/json, pooled buffers of the right size and a cached token. Zero means
// no time-out.
func Hand(name string, s Server, timeout time.Duration) Client {
	h := &hand{base: s.URL, http: s.httpClient(), tokens: Tokens()}
	h.http.Timeout = timeout
	return Client{
		Name: name,
		GetOwner: one(func(ctx context.Context) (owner HandOwner, err error) {
			err = h.call(ctx, http.MethodGet, "/Owners/"+url.PathEscape(ownerID), nil, &owner)
			return owner, err
		}),
		ListOwners: many(func(ctx context.Context) (owners []HandOwner, err error) {
			err = h.call(ctx, http.MethodGet, "/Owners", nil, &owners)
			return owners, err
		}),
		ListGrants: many(func(ctx context.Context) (grants []HandGrant, err error) {
			err = h.call(ctx, http.MethodGet, "/Owners/"+url.PathEscape(ownerID)+"/Grants", nil, &grants)
			return grants, err
		}),
		ListLogEntries: many(func(ctx context.Context) (entries []HandLogEntry, err error) {
			query := url.Values{"$top": {strconv.Itoa(pageSize)}, "$skip": {"0"}}
			path := "/Owners/" + url.PathEscape(ownerID) + "/LogEntries?" + query.Encode()
			err = h.call(ctx, http.MethodGet, path, nil, &entries)
			return entries, err
		}),
		CreateContact: one(func(ctx context.Context) (contact HandContact, err error) {
			body := handContactCreate{IPID: "tapkey", Identifier: "user1@example.com", Title: "User One"}
			err = h.call(ctx, http.MethodPut, "/Owners/"+url.PathEscape(ownerID)+"/Contacts", &body, &contact)
			return contact, err
		}),
		UpdateContact: one(func(ctx context.Context) (contact HandContact, err error) {
			body := handContactUpdate{Title: "User One", Comment: "moved"}
			path := "/Owners/" + url.PathEscape(ownerID) + "/Contacts/" + url.PathEscape(contactID)
			err = h.call(ctx, http.MethodPatch, path, &body, &contact)
			return contact, err
		}),
	}
}

type hand struct {
	base   string
	http   *http.Client
	tokens oauth2.TokenSource
	pool   sync.Pool
}

func (h *hand) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, h.base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	token, err := h.tokens.Token()
	if err != nil {
		return err
	}
	token.SetAuthHeader(req)
	rsp, err := h.http.Do(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(rsp.Body, 1<<10))
		return fmt.Errorf("%s %s: %s: %s", method, path, rsp.Status, text)
	}
	return h.decode(rsp, out)
}

func (h *hand) decode(rsp *http.Response, out any) error {
	buf, ok := h.pool.Get().(*bytes.Buffer)
	if !ok {
		buf = new(bytes.Buffer)
	}
	defer func() {
		if buf.Cap() <= maxPooled {
			buf.Reset()
			h.pool.Put(buf)
		}
	}()
	if rsp.ContentLength > 0 {
		buf.Grow(int(rsp.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(rsp.Body); err != nil {
		return err
	}
	return json.Unmarshal(buf.Bytes(), out)
}

// The types below have all fields of the contract.

// HandOwner is an owner account.
type HandOwner struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
}

// HandContact is a contact.
type HandContact struct {
	ID         string `json:"id"`
	OwnerID    string `json:"ownerId"`
	Identifier string `json:"identifier"`
	Email      string `json:"email"`
	IPID       string `json:"ipId"`
	IPUserID   string `json:"ipUserId"`
	Title      string `json:"title"`
	Comment    string `json:"comment"`
}

type handContactCreate struct {
	IPID       string `json:"ipId,omitempty"`
	Identifier string `json:"identifier,omitempty"`
	Title      string `json:"title,omitempty"`
}

type handContactUpdate struct {
	Title   string `json:"title,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// HandGrant is a grant with its lock, card and contact.
type HandGrant struct {
	ID                  string         `json:"id"`
	State               string         `json:"state"`
	Active              bool           `json:"active"`
	BoundLockID         string         `json:"boundLockId"`
	BoundLock           *HandLock      `json:"boundLock"`
	ContactID           string         `json:"contactId"`
	Contact             *HandContact   `json:"contact"`
	BoundCardID         string         `json:"boundCardId"`
	BoundCard           *HandCard      `json:"boundCard"`
	Owner               map[string]any `json:"owner"`
	ValidFrom           *time.Time     `json:"validFrom"`
	ValidBefore         *time.Time     `json:"validBefore"`
	TimeRestrictionIcal string         `json:"timeRestrictionIcal"`
}

// HandLock is a lock.
type HandLock struct {
	ID                    string           `json:"id"`
	Active                bool             `json:"active"`
	Title                 string           `json:"title"`
	Description           string           `json:"description"`
	OwnerAccountID        string           `json:"ownerAccountId"`
	PhysicalLockID        string           `json:"physicalLockId"`
	LockTypeID            string           `json:"lockTypeId"`
	LockType              *HandLockType    `json:"lockType"`
	BindDate              *time.Time       `json:"bindDate"`
	UnbindDate            *time.Time       `json:"unbindDate"`
	RclSerialNo           int64            `json:"rclSerialNo"`
	RclDate               *time.Time       `json:"rclDate"`
	LastSeenRclSerialNo   int64            `json:"lastSeenRclSerialNo"`
	LastSeenRclUpdateDate *time.Time       `json:"lastSeenRclUpdateDate"`
	TargetType            string           `json:"targetType"`
	SupportedFeatures     *HandFeatures    `json:"supportedFeatures"`
	MembershipStatistics  *HandMembership  `json:"membershipStatistics"`
	HealthStatuses        []HandLockHealth `json:"healthStatuses"`
}

// HandLockType is the model of a lock.
type HandLockType struct {
	ID                    string   `json:"id"`
	ManufacturerID        int64    `json:"manufacturerId"`
	ModelName             string   `json:"modelName"`
	SupportedTechnologies []string `json:"supportedTechnologies"`
}

// HandFeatures are the features of a lock.
type HandFeatures struct {
	TimeRestrictionIcalSupport string `json:"timeRestrictionIcalSupport"`
}

// HandMembership contains the number of memberships by state.
type HandMembership struct {
	ByState []struct {
		State string
		Count int64
	}
}

// HandLockHealth is a measurement of a lock.
type HandLockHealth struct {
	ID             string     `json:"id"`
	PhysicalLockID string     `json:"physicalLockId"`
	Timestamp      *time.Time `json:"timestamp"`
	Type           string     `json:"type"`
	Value          float64    `json:"value"`
	ValueStatus    string     `json:"valueStatus"`
}

// HandCard is an NFC transponder.
type HandCard struct {
	ID                string     `json:"id"`
	Label             string     `json:"label"`
	Title             string     `json:"title"`
	UID               string     `json:"uid"`
	IsActive          bool       `json:"isActive"`
	PhysicalCardID    string     `json:"physicalCardId"`
	OwnerAccountID    string     `json:"ownerAccountId"`
	BindDate          *time.Time `json:"bindDate"`
	UnbindDate        *time.Time `json:"unbindDate"`
	NofGrantsCapacity int64      `json:"nofGrantsCapacity"`
}

// HandLogEntry is a log entry.
type HandLogEntry struct {
	ID            string     `json:"id"`
	EntryNo       int64      `json:"entryNo"`
	LockTimestamp *time.Time `json:"lockTimestamp"`
	ReceivedAt    *time.Time `json:"receivedAt"`
	BoundLockID   string     `json:"boundLockId"`
	BoundCardID   string     `json:"boundCardId"`
	ContactID     string     `json:"contactId"`
	LogType       string     `json:"logType"`
	Command       string     `json:"command"`
}
