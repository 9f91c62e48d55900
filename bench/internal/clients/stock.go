package clients

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tapkey-go/tapkey-go/bench/internal/peers/stock"
)

// Stock returns the ClientWithResponses of oapi-codegen with a request editor that adds the
// token.
func Stock(s Server) (Client, error) {
	tokens := Tokens()
	c, err := stock.NewClientWithResponses(s.URL, stock.WithHTTPClient(s.httpClient()),
		stock.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			token, err := tokens.Token()
			if err != nil {
				return err
			}
			token.SetAuthHeader(req)
			return nil
		}))
	if err != nil {
		return Client{}, err
	}
	return Client{
		Name: "stock",
		GetOwner: one(func(ctx context.Context) (stock.OwnerAccount, error) {
			rsp, err := c.GetOwnerWithResponse(ctx, ownerID)
			if err != nil {
				return stock.OwnerAccount{}, err
			}
			return stockValue(rsp.JSON200, rsp.HTTPResponse)
		}),
		ListOwners: many(func(ctx context.Context) ([]stock.OwnerAccount, error) {
			rsp, err := c.ListOwnersWithResponse(ctx)
			if err != nil {
				return nil, err
			}
			return stockValue(rsp.JSON200, rsp.HTTPResponse)
		}),
		ListGrants: many(func(ctx context.Context) ([]stock.Grant, error) {
			rsp, err := c.ListGrantsWithResponse(ctx, ownerID, nil)
			if err != nil {
				return nil, err
			}
			return stockValue(rsp.JSON200, rsp.HTTPResponse)
		}),
		ListLogEntries: many(func(ctx context.Context) ([]stock.LogEntry, error) {
			params := &stock.ListLogEntriesParams{Top: new(pageSize), Skip: new(0)}
			rsp, err := c.ListLogEntriesWithResponse(ctx, ownerID, params)
			if err != nil {
				return nil, err
			}
			return stockValue(rsp.JSON200, rsp.HTTPResponse)
		}),
		CreateContact: one(func(ctx context.Context) (stock.Contact, error) {
			body := stock.ContactCreate{IpId: new("tapkey"), Identifier: new("user1@example.com"), Title: new("User One")}
			rsp, err := c.CreateContactWithResponse(ctx, ownerID, body)
			if err != nil {
				return stock.Contact{}, err
			}
			return stockValue(rsp.JSON200, rsp.HTTPResponse)
		}),
		UpdateContact: one(func(ctx context.Context) (stock.Contact, error) {
			body := stock.ContactUpdate{Title: new("User One"), Comment: new("moved")}
			rsp, err := c.UpdateContactWithResponse(ctx, ownerID, contactID, body)
			if err != nil {
				return stock.Contact{}, err
			}
			return stockValue(rsp.JSON200, rsp.HTTPResponse)
		}),
	}, nil
}

// stockValue returns the value of a response or an error. Callers of a ClientWithResponses
// have to do the same.
func stockValue[T any](value *T, rsp *http.Response) (T, error) {
	if value == nil {
		return *new(T), fmt.Errorf("unexpected response: %s", rsp.Status)
	}
	return *value, nil
}
