// Package service is an example of a program that embeds the client: it opens doors for
// new members of a club.
package service

import (
	"context"
	"net/http"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Service grants access.
type Service struct{ Tapkey *client.Client }

// New returns a Service that uses an http.Client.
func New(httpClient *http.Client, opts ...client.Option) (*Service, error) {
	c, err := client.New(append(opts, client.WithHTTPClient(httpClient))...)
	if err != nil {
		return nil, err
	}
	return &Service{c}, nil
}

// Admit grants a person access to every lock and returns the number of grants.
func (s *Service) Admit(ctx context.Context, owner, email string) (grants int, err error) {
	contact, err := s.Tapkey.CreateContact(ctx, owner, tapkey.ContactCreate{Identifier: &email, IPID: new("tapkey")})
	if err != nil {
		return 0, err
	}
	for lock, err := range s.Tapkey.AllBoundLocks(ctx, owner, nil) {
		if err != nil {
			return grants, err
		}
		if _, err := s.Tapkey.CreateGrant(ctx, owner, tapkey.GrantCreate{BoundLockID: lock.ID, ContactID: &contact.ID}); err != nil {
			return grants, err
		}
		grants++
	}
	return grants, nil
}
