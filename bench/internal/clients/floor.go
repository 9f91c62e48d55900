package clients

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// FloorName is the name of the client without a client: see [Floor].
const FloorName = "floor"

// Floor returns the least that a call can cost: the transport sends a request that is built
// once, and the response is read and discarded. Its calls return no items and have no value.
func Floor(s Server) (Client, error) {
	f := floor{s.httpClient().Transport, s.URL}
	owner := "/Owners/" + ownerID
	c := Client{Name: FloorName}
	for _, call := range []struct {
		to                 **Call
		method, path, body string
	}{
		{&c.GetOwner, http.MethodGet, owner, ""},
		{&c.ListOwners, http.MethodGet, "/Owners", ""},
		{&c.ListGrants, http.MethodGet, owner + "/Grants", ""},
		{&c.ListLogEntries, http.MethodGet, fmt.Sprintf("%s/LogEntries?$top=%d&$skip=0", owner, pageSize), ""},
		{&c.CreateContact, http.MethodPut, owner + "/Contacts", `{"ipId":"tapkey","identifier":"user1@example.com","title":"User One"}`},
		{&c.UpdateContact, http.MethodPatch, owner + "/Contacts/" + contactID, `{"title":"User One","comment":"moved"}`},
	} {
		var err error
		if *call.to, err = f.call(call.method, call.path, call.body); err != nil {
			return Client{}, err
		}
	}
	return c, nil
}

type floor struct {
	transport http.RoundTripper
	url       string
}

func (f floor) call(method, path, body string) (*Call, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	token, err := Tokens().Token()
	if err != nil {
		return nil, err
	}
	token.SetAuthHeader(req)
	req.Header.Set("Accept", "application/json")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return &Call{Do: func(context.Context) (int, error) {
		if body != "" {
			req.Body = io.NopCloser(strings.NewReader(body)) // the transport has closed the previous one
		}
		rsp, err := f.transport.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		defer rsp.Body.Close()
		if rsp.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("%s %s: %s", method, path, rsp.Status)
		}
		_, err = io.Copy(io.Discard, rsp.Body)
		return 0, err
	}}, nil
}
