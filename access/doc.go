// Package access brings the grants of an owner account to a wanted state: bookings, members
// or tenants on one side, grants on the other. Plan compares them and returns the changes,
// and Apply makes them.
//
//	state, err := access.OpenState("bookings.state")
//	...
//	defer state.Close()
//	plan, err := access.Plan(ctx, c, owner, wants, access.Scope{State: state})
//	...
//	fmt.Print(plan) // a table to approve; json.Marshal is for programs
//	err = plan.Apply(ctx, c, access.Options{State: state, Limiter: access.PerSecond(10)})
//
// Use it if a list of who may open what is kept elsewhere and grants have to follow it. For
// a single grant, [EnsureContact] and [EnsureGrant] are enough. [Suspend] and [Restore] take
// all access of a person away and give it back.
//
// # Wants
//
// Tapkey allows one grant for each lock and person or card, whatever its validity. Therefore
// the key of a grant is this pair, and all wants of a pair are merged into one grant. Periods
// that overlap or touch are united. Periods with gaps become windows in the time restriction
// of the grant. Wants that have ended are ignored.
//
// Limits are compared by the times at which they open the lock from now on, for nine years.
// A start in the past, the order of events in a calendar and its UIDs make no difference, so
// a plan is minimal, and the plan after Apply is empty.
//
// # Managed grants
//
// A plan changes and revokes only managed grants. A grant is managed if it is in the [State],
// which records the pair and the limits before a grant is created and its id afterwards; or,
// with [Scope.Exclusive], if it is for one of the locks of the scope. Any other grant is never
// changed. If a want needs the pair of such a grant, the plan keeps the grant if it has the
// wanted limits, without managing it; otherwise the plan has a conflict. An expired grant
// occupies its pair, too. A contact is created if a want needs it and is never removed.
//
// If the state file is lost, existing grants are not managed any more: those with the wanted
// limits are kept, and the others are conflicts. Nothing is revoked. Keep the file as you
// keep the data of the program.
//
// # Interruptions
//
// Apply may end at any point: by an error, a canceled context or the end of the process. Run
// Plan and Apply again. A create whose response was lost is in the state, and the grant is
// recognized by its pair and its limits. Apply looks for the effect of a create before it
// repeats it; see [api.MaybeDone].
//
// # Removed limits
//
// It is not known how a limit of a grant is removed. A start that is no longer wanted is set
// to the year 2000, an end to the year 2199, and a time restriction to 24 hours on all days.
package access
