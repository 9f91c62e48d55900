package sandbox

import (
	"context"
	"encoding/base64"
	"encoding/binary"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// cardCapacity is the number of grants that a Tapkey transponder can hold.
const cardCapacity = 12

func (a *account) addCard(title string) server.BoundCard {
	n := a.cards.added
	uid := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16([]byte{4}, uint16(a.index)), uint32(n))
	card := server.BoundCard{
		ID:                newID(prefixCard, a.index, n),
		Label:             new(""),
		Title:             &title,
		UID:               new(base64.StdEncoding.EncodeToString(uid)),
		IsActive:          new(true),
		PhysicalCardID:    new(newID(prefixChip, a.index, n)),
		OwnerAccountID:    &a.id,
		NofGrantsCapacity: new(int64(cardCapacity)),
	}
	a.cards.add(card.ID, card)
	return card
}

func (s service) ListBoundCards(ctx context.Context, _ server.ListBoundCardsRequestObject) (server.ListBoundCardsResponseObject, error) {
	a := accountOf(ctx)
	return listOf(a, &a.cards, everything, a.viewCard), nil
}

func (s service) GetBoundCard(ctx context.Context, r server.GetBoundCardRequestObject) (server.GetBoundCardResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	card, err := a.card(r.BoundCardID)
	if err != nil {
		return nil, err
	}
	return server.GetBoundCard200JSONResponse(a.viewCard(card)), nil
}

func (s service) UpdateBoundCard(ctx context.Context, r server.UpdateBoundCardRequestObject) (server.UpdateBoundCardResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	card, err := a.card(r.BoundCardID)
	if err != nil {
		return nil, err
	}
	if r.Body.Title != nil {
		card.Title = r.Body.Title
		a.cards.set(card.ID, card)
	}
	return server.UpdateBoundCard204Response{}, nil
}

// ListBoundCardGrants lists the grants of a card. Inferred: that they have the same fields
// as other grants.
func (s service) ListBoundCardGrants(ctx context.Context, r server.ListBoundCardGrantsRequestObject) (server.ListBoundCardGrantsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	if _, err := a.card(r.BoundCardID); err != nil {
		return nil, err
	}
	return s.listGrants(a, receiverKey(r.BoundCardID)), nil
}

// RevokeBoundCardGrants revokes all grants of a card. Inferred: the status 204.
func (s service) RevokeBoundCardGrants(ctx context.Context, r server.RevokeBoundCardGrantsRequestObject) (server.RevokeBoundCardGrantsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.card(r.BoundCardID); err != nil {
		return nil, err
	}
	s.revokeAll(a, r.BoundCardID)
	return server.RevokeBoundCardGrants204Response{}, nil
}

// viewCard returns a card as the API shows it, with the time at which it was bound.
func (a *account) viewCard(card server.BoundCard) server.BoundCard {
	card.BindDate = a.bound()
	return card
}

// card returns the card with an id, or a 404 failure.
func (a *account) card(id string) (server.BoundCard, error) {
	card, ok := a.cards.get(id)
	if !ok {
		return card, notFound("unknown card %q", id)
	}
	return card, nil
}
