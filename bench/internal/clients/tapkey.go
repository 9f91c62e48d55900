package clients

import (
	"context"
	"iter"
	"net/http"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Tapkey is this project's client, with all that it does around a call: time-outs,
// retries, renewal of the token, the check of the origin.
func Tapkey(s Server) (Client, error) {
	c, err := newTapkey(s)
	if err != nil {
		return Client{}, err
	}
	return Client{
		Name: "tapkey",
		GetOwner: one(func(ctx context.Context) (tapkey.OwnerAccount, error) {
			return c.GetOwner(ctx, ownerID)
		}),
		ListOwners: many(func(ctx context.Context) ([]tapkey.OwnerAccount, error) {
			return c.ListOwners(ctx)
		}),
		ListGrants: many(func(ctx context.Context) ([]tapkey.Grant, error) {
			return c.ListGrants(ctx, ownerID, nil)
		}),
		ListLogEntries: many(func(ctx context.Context) ([]tapkey.LogEntry, error) {
			return c.ListLogEntries(ctx, ownerID, &tapkey.ListLogEntriesParams{Top: new(pageSize), Skip: new(0)})
		}),
		CreateContact: one(func(ctx context.Context) (tapkey.Contact, error) {
			body := tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("user1@example.com"), Title: new("User One")}
			return c.CreateContact(ctx, ownerID, body)
		}),
		UpdateContact: one(func(ctx context.Context) (tapkey.Contact, error) {
			body := tapkey.ContactUpdate{Title: new("User One"), Comment: new("moved")}
			return c.UpdateContact(ctx, ownerID, contactID, body)
		}),
	}, nil
}

// TapkeyIterators is the same client read by its iterators, item by item.
func TapkeyIterators(s Server) (Client, error) {
	c, err := newTapkey(s)
	if err != nil {
		return Client{}, err
	}
	return Client{
		Name: "tapkey-iter",
		ListOwners: each(func(ctx context.Context) iter.Seq2[tapkey.OwnerAccount, error] {
			return c.AllOwners(ctx)
		}),
		ListGrants: each(func(ctx context.Context) iter.Seq2[tapkey.Grant, error] {
			return c.AllGrants(ctx, ownerID, nil)
		}),
		ListLogEntries: each(func(ctx context.Context) iter.Seq2[tapkey.LogEntry, error] {
			// A page that is not full is the last one: one request, as for the others.
			return c.AllLogEntries(ctx, ownerID, &tapkey.ListLogEntriesParams{Top: new(pageSize + 1)})
		}),
	}, nil
}

func newTapkey(s Server) (*client.Client, error) {
	options := []client.Option{client.WithTokenSource(Tokens()), client.WithBaseURL(s.URL)}
	if s.Transport != nil {
		options = append(options, client.WithHTTPClient(&http.Client{Transport: s.Transport}))
	}
	return client.New(options...)
}

func each[T any](all func(context.Context) iter.Seq2[T, error]) *Call {
	return &Call{
		Do: func(ctx context.Context) (items int, err error) {
			for _, err := range all(ctx) {
				if err != nil {
					return items, err
				}
				items++
			}
			return items, nil
		},
		Value: func(ctx context.Context) (any, error) {
			var list []T
			for item, err := range all(ctx) {
				if err != nil {
					return nil, err
				}
				list = append(list, item)
			}
			return list, nil
		},
	}
}
