package redact

import (
	"fmt"
	"io"
	"strings"
)

// Format prints a value as text for every verb, and as source for %#v. A type whose fields
// are not to be printed calls it in its method Format. The receiver of that method is a
// value if it can be copied, so that a value is not printed by its fields either.
func Format(s fmt.State, verb rune, text, source string) {
	switch {
	case verb == 'v' && s.Flag('#'):
		_, _ = io.WriteString(s, source)
	case strings.ContainsRune("vsqxX", verb):
		_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), text)
	default:
		_, _ = fmt.Fprintf(s, "%%!%c(%s)", verb, text)
	}
}
