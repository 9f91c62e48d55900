package access

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tapkey-go/tapkey-go/schedule"
)

// Who is a person or a card: an e-mail address of a Tapkey user, a user of an identity
// provider, or a card.
type Who struct {
	// Email is the e-mail address of a Tapkey user. Case makes no difference.
	Email string `json:"email,omitempty"`

	// Provider is the id of the identity provider of User.
	Provider string `json:"provider,omitempty"`

	// User is the id of a user at the identity provider.
	User string `json:"user,omitempty"`

	// Card is the title or the id of a card, an NFC transponder. Grants on cards take effect
	// when the card is synchronized.
	Card string `json:"card,omitempty"`
}

// String returns the e-mail address, "user PROVIDER/USER" or "card TITLE".
func (w Who) String() string {
	switch {
	case w.Card != "":
		return "card " + w.Card
	case w.User != "":
		return "user " + w.Provider + "/" + w.User
	}
	return w.Email
}

// nativeProvider is the identity provider of Tapkey users.
const nativeProvider = "tapkey"

// check returns an error unless w names exactly one person or card.
func (w Who) check() error {
	kinds := 0
	for _, given := range []bool{w.Email != "", w.Provider != "" || w.User != "", w.Card != ""} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return errors.New("no person: an e-mail address, a user or a card is required")
	case kinds > 1:
		return errors.New("more than one of e-mail address, user and card")
	case strings.ContainsFunc(w.Email+w.Provider+w.User+w.Card, unicode.IsControl):
		return errors.New("a control character in the name of a person or card")
	case w.Email != "" && (!strings.Contains(w.Email, "@") || strings.ContainsFunc(w.Email, unicode.IsSpace)):
		return fmt.Errorf("%q is not an e-mail address", w.Email)
	case w.Provider != "" && w.User == "":
		return errors.New("an identity provider without a user")
	case w.User != "" && w.Provider == "":
		return errors.New("a user without an identity provider")
	case w.Provider == nativeProvider:
		return errors.New("users of the provider tapkey are named by their e-mail address")
	}
	return nil
}

// key returns the same text for equal persons and cards.
func (w Who) key() string {
	if w.Email != "" {
		return strings.ToLower(w.Email)
	}
	return w.String()
}

// A Want is access that someone should have.
type Want struct {
	// Who gets access.
	Who Who

	// Lock is the id, the serial number or the title of a lock. The serial number is the hex
	// text on the lock or the physicalLockId of the API.
	Lock string

	// From is the start and Until the end of the access; Until is exclusive. Zero means no
	// limit. Fractions of seconds are cut off.
	From, Until time.Time

	// Schedule limits the access to its windows. Nil means no limit.
	Schedule *schedule.Schedule

	// Ref is a reference of the caller, such as the number of a booking. Plans show it.
	Ref string
}

// check returns what is wrong with a want, apart from names that do not exist.
func (w Want) check() error {
	if err := w.Who.check(); err != nil {
		return err
	}
	from, until := seconds(w.From), seconds(w.Until)
	switch {
	case w.Lock == "":
		return errors.New("no lock")
	case !w.From.IsZero() && !w.Until.IsZero() && !from.Before(until):
		return errors.New("until is not after from")
	case invalidYear(w.From) || invalidYear(w.Until):
		return errors.New("from or until is before 1970 or after the year 9999")
	case w.Schedule != nil:
		return w.Schedule.Err()
	}
	return nil
}

func invalidYear(t time.Time) bool {
	return !t.IsZero() && (t.UTC().Year() < 1970 || t.UTC().Year() > 9999)
}

// seconds returns a time in UTC without fractions of seconds.
func seconds(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
