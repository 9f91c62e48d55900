package access

import (
	"errors"
	"fmt"
)

// ErrNotManaged matches the error of a want whose person or card has a grant for the lock that
// is not managed and has other limits.
var ErrNotManaged = errors.New("a grant that is not managed is in the way")

// A WantError is an invalid want. The error of [Plan] joins those of all wants; its method
// Unwrap returns them.
type WantError struct {
	Index int   // of the want
	Err   error // what is wrong with it
}

// Error returns the number of the want and what is wrong.
func (e *WantError) Error() string { return fmt.Sprintf("access: want %d: %v", e.Index, e.Err) }

// Unwrap returns Err.
func (e *WantError) Unwrap() error { return e.Err }

// A ChangeError is a change that failed. The error of [ChangeSet.Apply] joins those of all
// changes; its method Unwrap returns them.
type ChangeError struct {
	Change Change // what was tried
	Err    error  // why it failed
}

// Error returns the change and its error on one line.
func (e *ChangeError) Error() string {
	text := fmt.Sprintf("access: %s: %s", e.Change.Action, e.Change.name())
	if e.Change.LockTitle != "" {
		text += ", " + printable(e.Change.LockTitle)
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *ChangeError) Unwrap() error { return e.Err }

// A RevocationLimitError means that a plan revokes more grants than it may without
// [Options.Force]. No change was made.
type RevocationLimitError struct {
	Revocations int // grants that the plan revokes
	Managed     int // managed grants that are not expired
	Wants       int // wants that have not ended
	Limit       int // grants that a plan may revoke
}

// Error returns the numbers on one line.
func (e *RevocationLimitError) Error() string {
	if e.Wants == 0 {
		return fmt.Sprintf("access: no wants, and %d of %d managed grants would be revoked", e.Revocations, e.Managed)
	}
	return fmt.Sprintf("access: %d of %d managed grants would be revoked, more than %d", e.Revocations, e.Managed, e.Limit)
}
