package doctor

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// errAmbiguous means that several owner accounts have a name.
var errAmbiguous = errors.New("ambiguous")

// FindOwner returns the one of the owner accounts that has the ID idOrName, or else the one
// that has this name, or has it in other letter case. If there is none or there are several,
// the error lists what there is.
func FindOwner(owners []tapkey.OwnerAccount, idOrName string) (tapkey.OwnerAccount, error) {
	var matches, similar []tapkey.OwnerAccount
	for _, owner := range owners {
		switch {
		case strings.EqualFold(owner.ID, idOrName):
			return owner, nil
		case owner.Name == idOrName:
			matches = append(matches, owner)
		case strings.EqualFold(owner.Name, idOrName):
			similar = append(similar, owner)
		}
	}
	if len(matches) == 0 {
		matches = similar
	}
	quoted := strconv.Quote(engine.OneLine(idOrName, 100))
	name := func(o tapkey.OwnerAccount) string { return strconv.Quote(engine.OneLine(o.Name, 100)) }
	switch {
	case len(matches) == 1:
		return matches[0], nil
	case len(matches) > 1:
		return tapkey.OwnerAccount{}, &ownerError{errAmbiguous, fmt.Sprintf("%d owner accounts are named %s: use one of the IDs %s", len(matches), quoted,
			few(matches, func(o tapkey.OwnerAccount) string { return engine.OneLine(o.ID, 100) }))}
	case len(owners) == 0:
		return tapkey.OwnerAccount{}, errors.New("there are no owner accounts")
	}
	return tapkey.OwnerAccount{}, fmt.Errorf("no owner account is named %s; there are %s", quoted, few(owners, name))
}

// ownerError is an error with a kind that is not in its text.
type ownerError struct {
	kind error
	text string
}

func (e *ownerError) Error() string { return e.text }
func (e *ownerError) Unwrap() error { return e.kind }

// few describes the first few owner accounts and says how many more there are.
func few(owners []tapkey.OwnerAccount, describe func(tapkey.OwnerAccount) string) string {
	const most = 8
	var texts []string
	for _, owner := range owners[:min(most, len(owners))] {
		texts = append(texts, describe(owner))
	}
	if more := len(owners) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}
