package sandbox

import (
	"cmp"
	"crypto/subtle"
	"fmt"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// Person is a person who can sign in at the sandbox, see [WithPerson].
//
// A token that a person lets a client have carries the rights of the person. They follow
// from the permissions of the contacts whose identifier is the person's name.
type Person struct {
	Name     string // sign-in name, an e-mail address
	Password string `json:"-" xml:"-"` // password

	// Owns and Administers list the owner accounts, by name or id, in which the person
	// initially has the role Owner or Admin, in addition to those that the person owns
	// as the first contact of an [Owner].
	Owns, Administers []string
}

// WithPerson adds a person who can sign in. If WithPerson is used, the default person does
// not exist. The default person owns the first owner account, as its first contact, and
// has the password "sandbox-password".
func WithPerson(person Person) Option {
	return func(c *config) { c.people = append(c.people, person) }
}

const defaultPassword = "sandbox-password"

// defaultPerson returns the person who owns the first owner account.
func (c config) defaultPerson() Person {
	name := defaultPersonName
	switch {
	case len(c.owners) > 0 && len(c.owners[0].Contacts) > 0:
		name = c.owners[0].Contacts[0]
	case len(c.owners) == 0 && c.generated != nil:
		name = cmp.Or(c.generated.administrator(), name)
	}
	return Person{Name: name, Password: defaultPassword}
}

// defaultPersonName is the name of the default person if the first owner account has no
// contacts.
const defaultPersonName = "alex@example.com"

// people are the people who can sign in. Their passwords are in a function, so that
// printing a Server by reflection finds none.
type people struct {
	names     []string
	ids       map[string]string // by name
	byID      map[string]string // names
	passwords secrets
}

// takePeople checks people and removes their passwords.
func takePeople(from []Person) (people, error) {
	p := people{ids: make(map[string]string), byID: make(map[string]string)}
	passwords := make(map[string]string)
	for i := range from {
		person := &from[i]
		switch {
		case person.Name == "" || person.Password == "":
			return people{}, fmt.Errorf("sandbox: person %q: name or password is missing", person.Name)
		case p.ids[person.Name] != "":
			return people{}, fmt.Errorf("sandbox: person %q is added twice", person.Name)
		}
		id := newID(prefixPerson, 0, i)
		p.names = append(p.names, person.Name)
		p.ids[person.Name], p.byID[id] = id, person.Name
		passwords[person.Name] = person.Password
		person.Password = ""
	}
	p.passwords = func(name string) string { return passwords[name] }
	return p, nil
}

// signIn returns the id of the person with a name and a password.
func (p people) signIn(name, password string) (string, bool) {
	id, ok := p.ids[name]
	return id, equalSecrets(p.passwords(name), password) && ok
}

// equalSecrets compares two secrets in constant time.
func equalSecrets(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Person returns the default person, or the first one that was added with [WithPerson].
func (s *Server) Person() Person {
	person := s.config.people[0]
	person.Password = s.identity.people.passwords(person.Name)
	return person
}

// principal is the user that acts in a call: a service account, a person, or a user of an
// identity provider.
type principal struct{ provider, name string }

// principal returns the user of the client's service account.
func (c Client) principal() principal { return principal{nativeProvider, c.ServiceAccount()} }

// contact returns the contact that refers to a user.
func (p principal) contact() server.Contact {
	if p.provider == nativeProvider {
		return server.Contact{IPID: &p.provider, Identifier: &p.name}
	}
	return server.Contact{IPID: &p.provider, IPUserID: &p.name}
}
