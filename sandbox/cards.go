package sandbox

import (
	"context"
	"encoding/base64"
	"encoding/binary"

	api "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// cardCapacity is how many grants a Tapkey transponder holds.
const cardCapacity = 12

func (a *account) addCard(title string) api.BoundCard {
	n := a.cards.added
	uid := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16([]byte{4}, uint16(a.index)), uint32(n))
	card := api.BoundCard{
		ID:                newID(kindCard, a.index, n),
		Label:             new(""),
		Title:             &title,
		UID:               new(base64.StdEncoding.EncodeToString(uid)),
		IsActive:          new(true),
		PhysicalCardID:    new(newID(kindChip, a.index, n)),
		OwnerAccountID:    &a.id,
		BindDate:          new(api.Timestamp(seedTime())),
		NofGrantsCapacity: new(int64(cardCapacity)),
	}
	a.cards.add(card.ID, card)
	return card
}

func (s service) ListBoundCards(ctx context.Context, _ api.ListBoundCardsRequestObject) (api.ListBoundCardsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	return listOf(a.cards.snapshot()), nil
}

func (s service) GetBoundCard(ctx context.Context, r api.GetBoundCardRequestObject) (api.GetBoundCardResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	card, err := a.card(r.BoundCardID)
	if err != nil {
		return nil, err
	}
	return api.GetBoundCard200JSONResponse(card), nil
}

func (s service) UpdateBoundCard(ctx context.Context, r api.UpdateBoundCardRequestObject) (api.UpdateBoundCardResponseObject, error) {
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
	return api.UpdateBoundCard204Response{}, nil
}

// ListBoundCardGrants lists the grants of a card. Inferred: that they look like others.
func (s service) ListBoundCardGrants(ctx context.Context, r api.ListBoundCardGrantsRequestObject) (api.ListBoundCardGrantsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	if _, err := a.card(r.BoundCardID); err != nil {
		return nil, err
	}
	return listOf(s.views(a, grant.ofCard, r.BoundCardID)), nil
}

// RevokeBoundCardGrants revokes all grants of a card. Inferred: that it answers 204.
func (s service) RevokeBoundCardGrants(ctx context.Context, r api.RevokeBoundCardGrantsRequestObject) (api.RevokeBoundCardGrantsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.card(r.BoundCardID); err != nil {
		return nil, err
	}
	s.revokeAll(a, grant.ofCard, r.BoundCardID)
	return api.RevokeBoundCardGrants204Response{}, nil
}

func (a *account) card(id string) (api.BoundCard, error) {
	card, ok := a.cards.get(id)
	if !ok {
		return card, notFound("there is no card %q", id)
	}
	return card, nil
}
