package sandbox

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// store holds all owner accounts. Generated accounts follow the others and are created
// when they are first requested.
type store struct {
	mainClient string // service account of the default client
	clock      *clock
	generated  generated

	mu       sync.Mutex
	accounts map[string]*account
	order    []string        // ids of the accounts that are not generated
	bound    map[string]bool // physical ids of bound locks, except in generated accounts
}

func newStore(cfg config, clock *clock) (*store, error) {
	s := &store{
		mainClient: cfg.clients[0].ServiceAccount(),
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
	for i, owner := range cfg.owners {
		a, err := newAccount(clock, i, owner)
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
	for _, client := range cfg.clients {
		for role, names := range map[string][]string{roleOwner: client.Owns, roleAdmin: client.Administers} {
			for _, name := range names {
				a, ok := s.named(name)
				if !ok {
					return nil, fmt.Errorf("sandbox: client %q: unknown owner account %q", client.ID, name)
				}
				a.admit(client.ServiceAccount(), role)
			}
		}
	}
	return s, nil
}

// named returns the owner account with an id or a name.
func (s *store) named(name string) (*account, bool) {
	if a, ok := s.account(name); ok {
		return a, true
	}
	for _, id := range s.order {
		if a, ok := s.created(id); ok && *a.view().Name == name {
			return a, true
		}
	}
	for n := range s.generated.owners {
		owner := s.generated.owner(n)
		if a, ok := s.created(owner.ID); ok {
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

// owners returns the owner accounts that a service account administers.
func (s *store) owners(serviceAccount string) iter.Seq[server.OwnerAccount] {
	return func(yield func(server.OwnerAccount) bool) {
		for _, id := range s.order {
			a, _ := s.created(id)
			if a.role(serviceAccount) != "" && !yield(a.view()) {
				return
			}
		}
		for n := range s.generated.owners {
			owner := s.generated.owner(n)
			a, ok := s.created(owner.ID)
			switch {
			case ok && a.role(serviceAccount) != "":
				owner = a.view()
			case ok || serviceAccount != s.mainClient:
				continue
			}
			if !yield(owner) {
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

// role returns the role that a service account has in the owner account, or "".
func (a *account) role(serviceAccount string) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	best := ""
	for _, contact := range a.contacts.with(contactKey(server.Contact{IPID: new(nativeProvider), Identifier: &serviceAccount})) {
		for _, permission := range a.permissions.with(permissionKey(contact.ID)) {
			if *permission.Role == roleOwner {
				return roleOwner
			}
			best = *permission.Role
		}
	}
	return best
}

// admit gives a service account a role in the owner account.
func (a *account) admit(serviceAccount, role string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	contact := a.addContact(server.Contact{
		Identifier: &serviceAccount,
		IPID:       new(nativeProvider),
		Title:      new("Service account"),
	})
	a.addPermission(contact.ID, role)
}

// created returns the owner account with an id if it is in memory. It does not create a
// generated account.
func (s *store) created(id string) (*account, bool) {
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
