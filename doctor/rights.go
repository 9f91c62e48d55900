package doctor

import "slices"

// remaining returns the most likely one of the possible causes of a failed GET /Owners. The
// header and the scopes, as far as they are known, have been checked before.
func remaining(all []Finding) Finding {
	for _, f := range all {
		if f.ID != MissingBearerPrefix && f.ID != ScopeMissing {
			return f
		}
	}
	return all[0]
}

// mayBeScope reports whether a missing scope is among the possible causes.
func mayBeScope(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.ID == ScopeMissing })
}
