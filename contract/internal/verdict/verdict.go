// Package verdict defines the results of a check, which are also the exit statuses of the
// program.
package verdict

// Verdict is the result of a check.
type Verdict int

// The verdicts. Misuse is about the command line, not the result of a check.
const (
	Agrees     Verdict = 0
	Disagrees  Verdict = 1
	Misuse     Verdict = 2
	NotChecked Verdict = 3
)

// String returns the text that the program prints.
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

// MarshalText returns the same text.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Worst returns the verdict on two checks. A disagreement takes precedence over a check
// that could not be made.
func Worst(a, b Verdict) Verdict {
	for _, v := range []Verdict{Disagrees, NotChecked} {
		if a == v || b == v {
			return v
		}
	}
	return Agrees
}
