package clients

import (
	"context"
	"iter"
	"net/http"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Tapkey returns the client of this project with its defaults: time-outs, retries, token
// renewal and the origin check.
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

// TapkeyIterators returns the client of this project. Its lists are read with iterators.
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
			// A page that is longer than requested is the whole list, so the iterator sends one
			// request, like the other clients.
			return c.AllLogEntries(ctx, ownerID, &tapkey.ListLogEntriesParams{Top: new(pageSize - 1)})
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

// each returns a call that reads all items of an iterator.
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
