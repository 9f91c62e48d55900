package sandbox

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// store holds all owner accounts. Generated accounts follow the others and are created
// when they are first requested.
type store struct {
	mainClient principal // service account of the default client
	clock      *clock
	generated  generated
	order      []string            // ids of the initial accounts that are not generated
	providers  map[string]Provider // by id

	mu       sync.Mutex
	accounts map[string]*account
	added    []string        // ids of the accounts created by calls
	bound    map[string]bool // physical ids of bound locks, except in generated accounts
}

func newStore(cfg config, clock *clock) (*store, error) {
	s := &store{
		mainClient: cfg.clients[0].principal(),
		clock:      clock,
		accounts:   make(map[string]*account),
		bound:      make(map[string]bool),
	}
	if cfg.generated != nil {
		if g := cfg.generated; g.owners < 0 || g.locks < 0 || g.logEntries < 0 {
			return nil, fmt.Errorf("sandbox: generated data: negative number of owner accounts, locks or log entries: %d, %d, %d", g.owners, g.locks, g.logEntries)
		}
		s.generated = *cfg.generated
		s.generated.first = len(cfg.owners)
	}
	var err error
	for i, owner := range cfg.owners {
		a, err := newAccount(clock, i, owner, cfg.providerID(i, owner.Name))
		if err != nil {
			return nil, err
		}
		a.admit(s.mainClient, roleOwner)
		s.accounts[a.id] = a
		s.order = append(s.order, a.id)
		for _, lock := range a.locks.with(everything) {
			s.bound[*lock.PhysicalLockID] = true
		}
	}
	if s.providers, err = s.register(cfg.providers); err != nil {
		return nil, err
	}
	for _, client := range cfg.clients {
		if err := s.admit(client.principal(), client.Owns, client.Administers); err != nil {
			return nil, fmt.Errorf("sandbox: client %q: %w", client.ID, err)
		}
	}
	for _, person := range cfg.people {
		if err := s.admit(principal{nativeProvider, person.Name}, person.Owns, person.Administers); err != nil {
			return nil, fmt.Errorf("sandbox: person %q: %w", person.Name, err)
		}
	}
	return s, nil
}

// register checks identity providers and returns them by id.
func (s *store) register(providers []Provider) (map[string]Provider, error) {
	byID, owners := make(map[string]Provider), make(map[*account]bool)
	for _, p := range providers {
		if err := p.check(); err != nil {
			return nil, err
		}
		a, ok := s.named(p.Owner)
		if !ok {
			return nil, fmt.Errorf("sandbox: identity provider: unknown owner account %q", p.Owner)
		}
		if p.ID != "" {
			a.provider = p.ID // of a generated account, whose contents do not refer to it
		}
		p.ID, p.Owner = a.provider, a.id
		if byID[p.ID].ID != "" || owners[a] {
			return nil, fmt.Errorf("sandbox: identity provider %q: the id or the owner account %q is registered twice", p.ID, p.Owner)
		}
		byID[p.ID], owners[a] = p, true
	}
	return byID, nil
}

// isRegistered reports whether a user is registered with an identity provider.
func (s *store) isRegistered(user subject) bool {
	a, ok := s.account(s.providers[user.provider].Owner)
	if !ok {
		return false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.users.count(userKey(&user.id)) > 0
}

// admit gives a user a role in the owner accounts with the given names or ids.
func (s *store) admit(user principal, owns, administers []string) error {
	for role, names := range map[string][]string{roleOwner: owns, roleAdmin: administers} {
		for _, name := range names {
			a, ok := s.named(name)
			if !ok {
				return fmt.Errorf("unknown owner account %q", name)
			}
			a.admit(user, role)
		}
	}
	return nil
}

// named returns the owner account with an id or a name.
func (s *store) named(name string) (*account, bool) {
	if a, ok := s.account(name); ok {
		return a, true
	}
	for _, id := range slices.Concat(s.order, s.allAdded()) {
		if a, ok := s.inMemory(id); ok && *a.view().Name == name {
			return a, true
		}
	}
	for n := range s.generated.owners {
		owner := s.generated.owner(n)
		if a, ok := s.inMemory(owner.ID); ok {
			owner = a.view()
		}
		if *owner.Name == name {
			return s.account(owner.ID)
		}
	}
	return nil, false
}

// account returns the owner account with an id.
func (s *store) account(id string) (*account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.accounts[id]; ok {
		return a, true
	}
	n, ok := s.generated.find(id)
	if !ok {
		return nil, false
	}
	a := s.generated.account(s.clock, n)
	a.admit(s.mainClient, roleOwner)
	s.accounts[id] = a
	return a, true
}

// create creates an owner account that belongs to a user.
func (s *store) create(name string, user principal) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := newAccount(s.clock, len(s.order)+s.generated.owners+len(s.added), Owner{Name: name}, "")
	if err != nil { // an account without contents has no mistakes
		panic(err)
	}
	a.admit(user, roleOwner)
	s.accounts[a.id] = a
	s.added = append(s.added, a.id)
	return a
}

// allAdded returns the ids of the owner accounts created by calls.
func (s *store) allAdded() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.added)
}

// owners returns the owner accounts that a user administers.
func (s *store) owners(user principal) iter.Seq[server.OwnerAccount] {
	return func(yield func(server.OwnerAccount) bool) {
		for _, id := range s.order {
			a, _ := s.inMemory(id)
			if a.role(user) != "" && !yield(a.view()) {
				return
			}
		}
		for n := range s.generated.owners {
			owner := s.generated.owner(n)
			a, ok := s.inMemory(owner.ID)
			switch {
			case ok && a.role(user) != "":
				owner = a.view()
			case ok || user != s.mainClient && user != (principal{nativeProvider, s.generated.administrator()}):
				continue
			}
			if !yield(owner) {
				return
			}
		}
		for _, id := range s.allAdded() {
			a, _ := s.inMemory(id)
			if a.role(user) != "" && !yield(a.view()) {
				return
			}
		}
	}
}

// bind records that a lock is bound. It reports false if the lock is already bound to an
// owner account.
func (s *store) bind(physicalLockID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound[physicalLockID] || s.generated.isBound(physicalLockID) {
		return false
	}
	s.bound[physicalLockID] = true
	return true
}

// account is an owner account and its contents. The items of its collections are
// replaced, never modified, so that copies of them stay valid.
type account struct {
	id    string
	index int // number of the account; part of the ids of its contents
	log   eventLog

	mu          sync.RWMutex
	owner       server.OwnerAccount
	permissions collection[server.Permission]
	locks       collection[server.BoundLock]
	groups      collection[server.LockGroup]
	cards       collection[server.BoundCard]
	contacts    collection[server.Contact]
	grants      collection[grant]
	users       collection[server.IdentityProviderUser]
	added       collection[server.LogEntry] // log entries in addition to log
	provider    string                      // id of the identity provider
}

// view returns the account as the API shows it.
func (a *account) view() server.OwnerAccount {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.owner
}

// role returns the role that a user has in the owner account, or "".
func (a *account) role(user principal) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	best := ""
	for _, contact := range a.contacts.with(contactKey(user.contact())) {
		for _, permission := range a.permissions.with(permissionKey(contact.ID)) {
			if *permission.Role == roleOwner {
				return roleOwner
			}
			best = *permission.Role
		}
	}
	return best
}

// admit gives a user a role in the owner account, as a contact.
func (a *account) admit(user principal, role string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	contact, ok := a.contacts.first(contactKey(user.contact()))
	if !ok {
		contact = user.contact()
		if strings.HasSuffix(user.name, serviceAccountSuffix) {
			contact.Title = new("Service account")
		}
		contact = a.addContact(contact)
	}
	a.addPermission(contact.ID, role)
}

// inMemory returns the owner account with an id if it is in memory. It does not create a
// generated account.
func (s *store) inMemory(id string) (*account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[id]
	return a, ok
}

// allCreated returns the owner accounts in memory.
func (s *store) allCreated() []*account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.accounts))
}
