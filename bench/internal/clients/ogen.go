package clients

import (
	"context"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/bench/internal/peers/ogen"
)

// Ogen returns the client that ogen generates without OpenTelemetry.
func Ogen(s Server) (Client, error) {
	c, err := ogen.NewClient(s.URL, ogenTokens{Tokens()}, ogen.WithClient(s.httpClient()))
	if err != nil {
		return Client{}, err
	}
	return Client{
		Name: "ogen",
		GetOwner: one(func(ctx context.Context) (*ogen.OwnerAccount, error) {
			rsp, err := c.GetOwner(ctx, ogen.GetOwnerParams{OwnerAccountId: ownerID})
			return as[*ogen.OwnerAccount](rsp, err)
		}),
		ListOwners: many(func(ctx context.Context) ([]ogen.OwnerAccount, error) {
			rsp, err := c.ListOwners(ctx)
			list, err := as[*ogen.ListOwnersOKApplicationJSON](rsp, err)
			if err != nil {
				return nil, err
			}
			return *list, nil
		}),
		ListGrants: many(func(ctx context.Context) ([]ogen.Grant, error) {
			rsp, err := c.ListGrants(ctx, ogen.ListGrantsParams{OwnerAccountId: ownerID})
			list, err := as[*ogen.ListGrantsOKApplicationJSON](rsp, err)
			if err != nil {
				return nil, err
			}
			return *list, nil
		}),
		ListLogEntries: many(func(ctx context.Context) ([]ogen.LogEntry, error) {
			rsp, err := c.ListLogEntries(ctx, ogen.ListLogEntriesParams{
				OwnerAccountId: ownerID, Top: ogen.NewOptInt(pageSize), Skip: ogen.NewOptInt(0),
			})
			list, err := as[*ogen.ListLogEntriesOKApplicationJSON](rsp, err)
			if err != nil {
				return nil, err
			}
			return *list, nil
		}),
		CreateContact: one(func(ctx context.Context) (*ogen.Contact, error) {
			rsp, err := c.CreateContact(ctx, &ogen.ContactCreate{
				IpId:       ogen.NewOptString("tapkey"),
				Identifier: ogen.NewOptString("user1@example.com"),
				Title:      ogen.NewOptString("User One"),
			}, ogen.CreateContactParams{OwnerAccountId: ownerID})
			return as[*ogen.Contact](rsp, err)
		}),
		UpdateContact: one(func(ctx context.Context) (*ogen.Contact, error) {
			rsp, err := c.UpdateContact(ctx, &ogen.ContactUpdate{
				Title: ogen.NewOptNilString("User One"), Comment: ogen.NewOptString("moved"),
			}, ogen.UpdateContactParams{OwnerAccountId: ownerID, ContactId: contactID})
			return as[*ogen.Contact](rsp, err)
		}),
	}, nil
}

type ogenTokens struct{ source oauth2.TokenSource }

func (t ogenTokens) Tapkey(context.Context, ogen.OperationName) (ogen.Tapkey, error) {
	token, err := t.source.Token()
	if err != nil {
		return ogen.Tapkey{}, err
	}
	return ogen.Tapkey{Token: token.AccessToken}, nil
}

// as converts the result of a call to T. Callers of this client have to do the same,
// because a result is one of several types, one for each status.
func as[T any](rsp any, err error) (T, error) {
	if err != nil {
		return *new(T), err
	}
	value, ok := rsp.(T)
	if !ok {
		return *new(T), fmt.Errorf("unexpected response: %T", rsp)
	}
	return value, nil
}
