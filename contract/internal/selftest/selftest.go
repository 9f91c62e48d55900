// Package selftest checks the checks: it seeds faults, changes and deviations, and sees
// whether each is found, and whether anything harmless is reported.
package selftest

import (
	"context"
	"fmt"
	"strings"
)

// Result is what became of one seed.
type Result struct {
	Seed  string // what was done
	Want  string // how it has to be reported; "nothing" for what is harmless
	Found string // how it was reported
	OK    bool
}

// nothing is how what is harmless is reported.
const nothing = "nothing"

// Section is the results of one check.
type Section struct {
	Title   string
	Results []Result
}

// Run runs all of it.
func Run(ctx context.Context, released []byte) ([]Section, error) {
	faults, err := lintFaults()
	if err != nil {
		return nil, err
	}
	changes, err := documentChanges(released)
	if err != nil {
		return nil, err
	}
	deviations, err := liveDeviations(ctx)
	if err != nil {
		return nil, err
	}
	return []Section{
		{"`lint`: faults in the document", faults},
		{"`breaking`: changes to the released document", changes},
		{"`live`: answers that deviate", deviations},
	}, nil
}

// Failed returns the results that are not as they should be.
func Failed(sections []Section) []Result {
	var failed []Result
	for _, s := range sections {
		for _, r := range s.Results {
			if !r.OK {
				failed = append(failed, r)
			}
		}
	}
	return failed
}

// Table is the Markdown that stands in docs/contract-checks.md.
func Table(sections []Section) string {
	var b strings.Builder
	for _, s := range sections {
		seeded, found, harmless, alarms := 0, 0, 0, 0
		for _, r := range s.Results {
			switch {
			case r.Want == nothing && r.OK:
				harmless++
			case r.Want == nothing:
				harmless++
				alarms++
			default:
				seeded++
				if r.OK {
					found++
				}
			}
		}
		fmt.Fprintf(&b, "### %s\n\n%d of %d found, %d false alarms in %d harmless ones.\n\n", s.Title, found, seeded, alarms, harmless)
		b.WriteString("| seeded | reported as |\n| --- | --- |\n")
		for _, r := range s.Results {
			report := r.Found
			if !r.OK {
				report = "**" + r.Found + "**, not " + r.Want
			}
			fmt.Fprintf(&b, "| %s | %s |\n", r.Seed, report)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// edit is a change to a text: every New stands where an Old was.
type edit struct{ old, new string }

// apply makes the edits, each at the first place it fits; all edits at all places.
func apply(text, seed string, all bool, edits ...edit) (string, error) {
	for _, e := range edits {
		if !strings.Contains(text, e.old) {
			return "", fmt.Errorf("selftest: %s: the document has no %q", seed, e.old)
		}
		n := 1
		if all {
			n = -1
		}
		text = strings.Replace(text, e.old, e.new, n)
	}
	return text, nil
}
