// Package selftest checks the checks. It makes faults, changes and deviations, called
// seeds, and verifies that each is found and that no harmless one is reported.
package selftest

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Result is the result of a seed.
type Result struct {
	Seed  string // description of the seed
	Want  string // expected report; "nothing" for a harmless seed
	Found string // actual report
	Step  string // of the version, for a change from v1 on
	OK    bool
}

// nothing is the report of a harmless seed.
const nothing = "nothing"

// Section has the results of one check.
type Section struct {
	Title   string
	Results []Result
}

// Run makes all seeds.
func Run(ctx context.Context) ([]Section, error) {
	faults, err := lintFaults()
	if err != nil {
		return nil, err
	}
	changes, err := compareDocuments()
	if err != nil {
		return nil, err
	}
	deviations, err := liveDeviations(ctx)
	if err != nil {
		return nil, err
	}
	return []Section{
		{"`lint`: faults in the document", faults},
		{"`breaking`: changes to the document", changes},
		{"`live`: responses that deviate", deviations},
	}, nil
}

// Failed returns the results that are not as expected.
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

// Table returns the Markdown for docs/contract-checks.md.
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
		fmt.Fprintf(&b, "### %s\n\n%d of %d found, %d false alarms in %d harmless seeds.\n\n", s.Title, found, seeded, alarms, harmless)
		steps := slices.ContainsFunc(s.Results, func(r Result) bool { return r.Step != "" })
		if steps {
			b.WriteString("| seed | reported as | step from v1 on |\n| --- | --- | --- |\n")
		} else {
			b.WriteString("| seed | reported as |\n| --- | --- |\n")
		}
		for _, r := range s.Results {
			report := r.Found
			if !r.OK {
				report = "**" + r.Found + "**, want " + r.Want
			}
			fmt.Fprintf(&b, "| %s | %s |", r.Seed, report)
			if steps {
				fmt.Fprintf(&b, " %s |", r.Step)
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// edit replaces old with new.
type edit struct{ old, new string }

// apply makes the edits, each at the first match or at all matches.
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
