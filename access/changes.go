package access

// An Action is the kind of a [Change].
type Action string

// The kinds of changes.
const (
	ActionCreateContact Action = "create contact" // a contact is created
	ActionCreate        Action = "create"         // a grant is created
	ActionUpdate        Action = "update"         // the limits of a managed grant are changed
	ActionRevoke        Action = "revoke"         // a managed grant is revoked
	ActionForget        Action = "forget"         // an entry of the state is removed, because its grant does not exist any more
	ActionKeep          Action = "keep"           // the grant is as wanted
	ActionConflict      Action = "conflict"       // a want cannot be met; Reason says why
)

// A Change is a difference between the wanted and the actual state.
type Change struct {
	Action    Action   `json:"action"`              // what Apply does
	Who       Who      `json:"who"`                 // the person or the card
	Receiver  string   `json:"receiver,omitempty"`  // id of the contact or the card; "" if the contact has to be created
	Lock      string   `json:"lock,omitempty"`      // id of the lock
	LockTitle string   `json:"lockTitle,omitempty"` // title of the lock
	Grant     string   `json:"grant,omitempty"`     // id of the existing grant
	Limits    Limits   `json:"limits,omitzero"`     // wanted limits
	Before    *Limits  `json:"before,omitempty"`    // limits of the existing grant
	Refs      []string `json:"refs,omitempty"`      // references of the wants, sorted
	Reason    string   `json:"reason,omitempty"`    // of a conflict; for keep, that the grant is not managed
}

// A ChangeSet is a plan: the changes that lead to the wanted state, sorted by person and lock.
// It is printed as a table and encoded as JSON. Equal wants and grants lead to equal plans.
type ChangeSet struct {
	Version   int      `json:"version"`   // of this form, 1
	Owner     string   `json:"owner"`     // id of the owner account
	Exclusive bool     `json:"exclusive"` // as in the scope
	Wants     int      `json:"wants"`     // number of wants that have not ended
	Managed   int      `json:"managed"`   // number of managed grants that are not expired
	Changes   []Change `json:"changes"`   // with kept grants and conflicts
}

// version is the version of the JSON of a ChangeSet and of a Suspension.
const version = 1

// Empty reports whether there is nothing to do: all changes are kept grants or conflicts.
func (s *ChangeSet) Empty() bool { return len(s.pending()) == 0 }

// Conflicts returns the conflicts.
func (s *ChangeSet) Conflicts() []Change {
	return s.filter(func(a Action) bool { return a == ActionConflict })
}

// pending returns the changes that Apply makes.
func (s *ChangeSet) pending() []Change {
	return s.filter(func(a Action) bool { return a != ActionConflict && a != ActionKeep })
}

func (s *ChangeSet) filter(keep func(Action) bool) (found []Change) {
	for _, c := range s.Changes {
		if keep(c.Action) {
			found = append(found, c)
		}
	}
	return found
}
