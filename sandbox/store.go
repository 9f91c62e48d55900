package sandbox

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// store holds all owner accounts. The generated ones come after the others and are made
// when they are first asked for.
type store struct {
	mainClient string // service account of the client that is always there
	generated  generated

	mu       sync.Mutex
	accounts map[string]*account
	order    []string        // ids of the accounts that are not generated
	bound    map[string]bool // physical ids of the locks in them
}

func newStore(cfg config) (*store, error) {
	s := &store{
		mainClient: cfg.clients[0].ServiceAccount(),
		accounts:   make(map[string]*account),
		bound:      make(map[string]bool),
	}
	if cfg.generated != nil {
		s.generated = *cfg.generated
		s.generated.first = len(cfg.owners)
	}
	for i, owner := range cfg.owners {
		a, err := newAccount(i, owner)
		if err != nil {
			return nil, err
		}
		a.admit(s.mainClient, roleOwner)
		s.accounts[a.id] = a
		s.order = append(s.order, a.id)
		for _, lock := range a.locks.items {
			s.bound[*lock.PhysicalLockID] = true
		}
	}
	for _, client := range cfg.clients {
		for role, names := range map[string][]string{roleOwner: client.Owns, roleAdmin: client.Administers} {
			for _, name := range names {
				a, ok := s.named(name)
				if !ok {
					return nil, fmt.Errorf("sandbox: client %q: there is no owner account %q", client.ID, name)
				}
				a.admit(client.ServiceAccount(), role)
			}
		}
	}
	return s, nil
}

// named finds an owner account by its id or its name.
func (s *store) named(name string) (*account, bool) {
	if a, ok := s.account(name); ok {
		return a, true
	}
	for _, id := range s.order {
		if a := s.accounts[id]; *a.owner.Name == name {
			return a, true
		}
	}
	return nil, false
}

// account returns an owner account by its id.
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
	a := s.generated.account(n)
	a.admit(s.mainClient, roleOwner)
	s.accounts[id] = a
	return a, true
}

// owners lists the owner accounts that a service account administers.
func (s *store) owners(serviceAccount string) iter.Seq[server.OwnerAccount] {
	return func(yield func(server.OwnerAccount) bool) {
		made := func(id string) (*account, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a, ok := s.accounts[id]
			return a, ok
		}
		for _, id := range s.order {
			a, _ := made(id)
			if a.role(serviceAccount) != "" && !yield(a.view()) {
				return
			}
		}
		for n := range s.generated.owners {
			owner := s.generated.owner(n)
			a, ok := made(owner.ID)
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

// bind notes that a lock is bound. It reports false if the lock was bound before, to
// whatever owner account.
func (s *store) bind(physicalLockID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound[physicalLockID] || s.generated.isBound(physicalLockID) {
		return false
	}
	s.bound[physicalLockID] = true
	return true
}

// account is an owner account with everything in it. What its collections hold is
// replaced, never changed, so that a copy of an item stays as it is.
type account struct {
	id    string
	index int // of the account; part of the ids in it
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
	provider    string // id of its identity provider
}

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
	for _, permission := range a.permissions.items {
		contact, ok := a.contacts.get(*permission.ContactID)
		if !ok || contact.Identifier == nil || *contact.Identifier != serviceAccount {
			continue
		}
		if *permission.Role == roleOwner {
			return roleOwner
		}
		best = *permission.Role
	}
	return best
}

// admit makes a service account an administrator of the owner account.
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

// collection is a list whose items are also found by their ids. Items keep the order
// in which they were added.
type collection[T any] struct {
	items []T
	index map[string]int
	added int // ever, for ids that are not used twice
}

func (c *collection[T]) add(id string, item T) {
	if c.index == nil {
		c.index = make(map[string]int)
	}
	c.index[id] = len(c.items)
	c.items = append(c.items, item)
	c.added++
}

func (c *collection[T]) get(id string) (T, bool) {
	i, ok := c.index[id]
	if !ok {
		return *new(T), false
	}
	return c.items[i], true
}

func (c *collection[T]) set(id string, item T) { c.items[c.index[id]] = item }

func (c *collection[T]) remove(id string) {
	i, ok := c.index[id]
	if !ok {
		return
	}
	c.items = slices.Delete(slices.Clone(c.items), i, i+1)
	delete(c.index, id)
	for other, at := range c.index {
		if at > i {
			c.index[other] = at - 1
		}
	}
}

// snapshot returns the items as they are now.
func (c *collection[T]) snapshot() []T { return slices.Clone(c.items) }

// made returns the accounts that are in memory.
func (s *store) made() []*account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.accounts))
}
