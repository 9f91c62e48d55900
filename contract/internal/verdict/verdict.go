// Package verdict holds how a check can end. The numbers are the exit statuses of the
// program.
package verdict

// Verdict is how a check ended.
type Verdict int

// The verdicts. Misuse is one of the command line, not of a check.
const (
	Agrees     Verdict = 0
	Disagrees  Verdict = 1
	Misuse     Verdict = 2
	NotChecked Verdict = 3
)

// String is the verdict in words.
func (v Verdict) String() string {
	switch v {
	case Agrees:
		return "agrees"
	case Disagrees:
		return "disagrees"
	case Misuse:
		return "misuse"
	}
	return "could not be checked"
}

// MarshalText makes it these words in JSON, too.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Worst returns the one that matters more: a disagreement is known, whatever else could
// not be checked.
func Worst(a, b Verdict) Verdict {
	for _, v := range []Verdict{Disagrees, NotChecked} {
		if a == v || b == v {
			return v
		}
	}
	return Agrees
}
