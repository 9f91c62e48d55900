package clients

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/bench/internal/peers/ogenotel"
)

// OgenOTel returns the client that ogen generates by default: with OpenTelemetry. No SDK is
// configured.
func OgenOTel(s Server) (Client, error) {
	c, err := ogenotel.NewClient(s.URL, ogenOTelTokens{Tokens()}, ogenotel.WithClient(s.httpClient()))
	if err != nil {
		return Client{}, err
	}
	return Client{
		Name: "ogen-otel",
		GetOwner: one(func(ctx context.Context) (*ogenotel.OwnerAccount, error) {
			rsp, err := c.GetOwner(ctx, ogenotel.GetOwnerParams{OwnerAccountId: ownerID})
			return as[*ogenotel.OwnerAccount](rsp, err)
		}),
		ListOwners: many(func(ctx context.Context) ([]ogenotel.OwnerAccount, error) {
			rsp, err := c.ListOwners(ctx)
			list, err := as[*ogenotel.ListOwnersOKApplicationJSON](rsp, err)
			if err != nil {
				return nil, err
			}
			return *list, nil
		}),
		ListGrants: many(func(ctx context.Context) ([]ogenotel.Grant, error) {
			rsp, err := c.ListGrants(ctx, ogenotel.ListGrantsParams{OwnerAccountId: ownerID})
			list, err := as[*ogenotel.ListGrantsOKApplicationJSON](rsp, err)
			if err != nil {
				return nil, err
			}
			return *list, nil
		}),
		ListLogEntries: many(func(ctx context.Context) ([]ogenotel.LogEntry, error) {
			rsp, err := c.ListLogEntries(ctx, ogenotel.ListLogEntriesParams{
				OwnerAccountId: ownerID, Top: ogenotel.NewOptInt(pageSize), Skip: ogenotel.NewOptInt(0),
			})
			list, err := as[*ogenotel.ListLogEntriesOKApplicationJSON](rsp, err)
			if err != nil {
				return nil, err
			}
			return *list, nil
		}),
		CreateContact: one(func(ctx context.Context) (*ogenotel.Contact, error) {
			rsp, err := c.CreateContact(ctx, &ogenotel.ContactCreate{
				IpId:       ogenotel.NewOptString("tapkey"),
				Identifier: ogenotel.NewOptString("user1@example.com"),
				Title:      ogenotel.NewOptString("User One"),
			}, ogenotel.CreateContactParams{OwnerAccountId: ownerID})
			return as[*ogenotel.Contact](rsp, err)
		}),
		UpdateContact: one(func(ctx context.Context) (*ogenotel.Contact, error) {
			rsp, err := c.UpdateContact(ctx, &ogenotel.ContactUpdate{
				Title: ogenotel.NewOptNilString("User One"), Comment: ogenotel.NewOptString("moved"),
			}, ogenotel.UpdateContactParams{OwnerAccountId: ownerID, ContactId: contactID})
			return as[*ogenotel.Contact](rsp, err)
		}),
	}, nil
}

type ogenOTelTokens struct{ source oauth2.TokenSource }

func (t ogenOTelTokens) Tapkey(context.Context, ogenotel.OperationName) (ogenotel.Tapkey, error) {
	token, err := t.source.Token()
	if err != nil {
		return ogenotel.Tapkey{}, err
	}
	return ogenotel.Tapkey{Token: token.AccessToken}, nil
}
