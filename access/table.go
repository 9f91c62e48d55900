package access

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/tapkey-go/tapkey-go/schedule"
)

// String returns the changes as a table and their numbers. Grants that are kept are only
// counted. Times are in the local zone.
func (s *ChangeSet) String() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	header := false
	for i := range s.Changes {
		c := &s.Changes[i]
		if c.Action == ActionKeep {
			continue
		}
		if !header {
			header = true
			fmt.Fprintln(table, "ACTION\tWHO\tLOCK\tFROM\tUNTIL\tWHEN\tNOTE")
		}
		fmt.Fprintln(table, strings.Join(c.cells(), "\t"))
	}
	_ = table.Flush() // a Builder does not fail
	var text strings.Builder
	for line := range strings.Lines(b.String()) {
		text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	text.WriteString(s.summary() + "\n")
	return text.String()
}

// summary returns the number of changes of each kind.
func (s *ChangeSet) summary() string {
	counts := map[Action]int{}
	for _, c := range s.Changes {
		counts[c.Action]++
	}
	var parts []string
	for _, kind := range []struct {
		action Action
		text   string
	}{
		{ActionCreateContact, "contacts to create"}, {ActionCreate, "grants to create"}, {ActionUpdate, "to change"},
		{ActionRevoke, "to revoke"}, {ActionForget, "to forget"}, {ActionConflict, "conflicts"}, {ActionKeep, "to keep"},
	} {
		if n := counts[kind.action]; n > 0 || kind.action == ActionKeep {
			parts = append(parts, fmt.Sprintf("%s: %d", kind.text, n))
		}
	}
	return strings.Join(parts, ", ")
}

// cells returns the columns of the table.
func (c *Change) cells() []string {
	limits := c.Limits
	if c.Action == ActionRevoke && c.Before != nil {
		limits = *c.Before
	}
	return []string{
		string(c.Action), c.name(), printable(cmp.Or(c.LockTitle, c.Lock)),
		timeText(limits.From), timeText(limits.Until), scheduleText(limits.Schedule), c.note(),
	}
}

// name returns the person or the card.
func (c *Change) name() string { return printable(cmp.Or(c.Who.String(), c.Receiver)) }

// note returns the references, the limits before an update, and the reason.
func (c *Change) note() string {
	var parts []string
	if c.Action == ActionUpdate && c.Before != nil {
		var was []string
		if !c.Before.From.Equal(c.Limits.From) {
			was = append(was, "from "+cmp.Or(timeText(c.Before.From), "ever"))
		}
		if !c.Before.Until.Equal(c.Limits.Until) {
			was = append(was, "until "+cmp.Or(timeText(c.Before.Until), "ever"))
		}
		if c.Before.Schedule != c.Limits.Schedule {
			was = append(was, cmp.Or(scheduleText(c.Before.Schedule), "at all times"))
		}
		if len(was) > 0 {
			parts = append(parts, "was "+strings.Join(was, ", "))
		}
	}
	if len(c.Refs) > 0 {
		parts = append(parts, printable(strings.Join(c.Refs, " ")))
	}
	if c.Reason != "" {
		parts = append(parts, printable(c.Reason))
	}
	return strings.Join(parts, "; ")
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}

// scheduleText returns a time restriction in words.
func scheduleText(text string) string {
	if text == "" {
		return ""
	}
	s, err := schedule.ParseICalendar(text, nil)
	if err != nil {
		return "an unknown schedule"
	}
	return printable(strings.Join(strings.Split(strings.TrimSpace(s.String()), "\n"), "; "))
}

// printable replaces each control character by a space, so that text of others neither
// controls a terminal nor breaks a table.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
