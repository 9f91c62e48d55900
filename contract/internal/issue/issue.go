// Package issue keeps one open issue of a GitHub repository for the findings of a check. It
// opens the issue when a check disagrees, rewrites it while it does, and closes it when the
// check agrees again.
package issue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/report"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// Label marks the issues of this package. Only members of a repository can set a label, so
// an issue of others is never taken for one of them.
const Label = "tapkey-contract"

// maxBody is the maximum length of an issue at GitHub, in characters. It is used for bytes,
// of which there are at least as many.
const maxBody = 65536

// Issue is what a report has changed.
type Issue struct {
	Number int    // 0 if there is no issue
	Change string // such as "opened"; empty if nothing was changed
}

// Update makes the open issue of a check correspond to its report. Checks with different
// titles have different issues.
func (r *Repository) Update(ctx context.Context, title, check string, result live.Report) (Issue, error) {
	title = Title(title, check)
	if result.Verdict != verdict.Agrees && result.Verdict != verdict.Disagrees {
		return Issue{}, nil
	}
	open, err := r.open(ctx, title)
	switch {
	case err != nil:
		return Issue{}, err
	case result.Verdict == verdict.Agrees:
		return r.resolve(ctx, open, result)
	case len(open) == 0:
		return r.create(ctx, title, check, result)
	}
	return r.rewrite(ctx, open, title, check, result)
}

// Title returns the title of the issue: title on one line, or a default for a check.
func Title(title, check string) string {
	title = report.Line(title)
	switch {
	case title != "":
		runes := []rune(title)
		return string(runes[:min(len(runes), 200)]) // GitHub allows 256
	case check == "replay":
		return "The recorded responses of the Tapkey API disagree with the contract"
	}
	return "The Tapkey API disagrees with its contract"
}

// open returns the open issues of a title, oldest first. More than one exist only if two
// runs opened one at the same time.
func (r *Repository) open(ctx context.Context, title string) ([]issue, error) {
	all, err := r.list(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(i issue) bool {
		return i.PullRequest != nil || i.Title != title && markOf(i.Body).Title != title
	})
	slices.SortFunc(all, func(a, b issue) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}

// create opens an issue. If another run has opened one in the meantime, the older one stays.
func (r *Repository) create(ctx context.Context, title, check string, result live.Report) (Issue, error) {
	created, err := r.post(ctx, title, r.body(title, check, result))
	if err != nil {
		return Issue{}, err
	}
	if !slices.ContainsFunc(created.Labels, func(l label) bool { return strings.EqualFold(l.Name, Label) }) {
		// The next run would not find it and would open another one.
		return Issue{}, errors.Join(
			fmt.Errorf("issue %d: the token cannot set the label %s", created.Number, Label),
			r.close(ctx, created.Number, "not_planned"))
	}
	open, err := r.open(ctx, title)
	if err != nil || len(open) < 2 {
		return Issue{created.Number, "opened"}, err
	}
	kept, err := r.rewrite(ctx, open, title, check, result)
	if kept.Number == created.Number {
		kept.Change = "opened"
	}
	return kept, err
}

// rewrite updates the first of the open issues and closes the others. It adds a comment,
// which sends notifications, only if the findings have changed.
func (r *Repository) rewrite(ctx context.Context, open []issue, title, check string, result live.Report) (Issue, error) {
	first := open[0]
	if err := r.patch(ctx, first.Number, fields{Body: r.body(title, check, result)}); err != nil {
		return Issue{Number: first.Number}, err
	}
	updated := Issue{first.Number, "updated"}
	for _, duplicate := range open[1:] {
		if err := r.close(ctx, duplicate.Number, "not_planned"); err != nil {
			return updated, err
		}
	}
	if markOf(first.Body).Findings == digest(result.Findings) {
		return updated, nil
	}
	return updated, r.comment(ctx, first.Number, "The findings have changed"+r.inRun()+". The text of the issue has the current ones.")
}

// resolve closes the open issues. An issue stays open if an operation that had findings
// was not checked this time.
func (r *Repository) resolve(ctx context.Context, open []issue, result live.Report) (Issue, error) {
	var last Issue
	for _, i := range open {
		if missing := unchecked(markOf(i.Body).Operations, result.Operations); len(missing) > 0 {
			last = Issue{i.Number, "left open, because this run did not check " + strings.Join(missing, ", ")}
			continue
		}
		if err := r.close(ctx, i.Number, "completed"); err != nil {
			return Issue{Number: i.Number}, err
		}
		last = Issue{i.Number, "closed"}
		if err := r.comment(ctx, i.Number, "The check agrees again"+r.inRun()+"."); err != nil {
			return last, err
		}
	}
	return last, nil
}

func unchecked(operations []string, covered []contract.Coverage) []string {
	return slices.DeleteFunc(slices.Clone(operations), func(id string) bool {
		return slices.ContainsFunc(covered, func(c contract.Coverage) bool { return c.Operation == id && c.Checked() })
	})
}

// body returns the text of the issue.
func (r *Repository) body(title, check string, result live.Report) string {
	head := newMark(title, result).String() + "\n" +
		"`contract " + check + "` found a disagreement" + r.inRun() + ". " +
		"Each run rewrites this text. The issue is closed when the check agrees again.\n\n"
	return head + report.Markdown(check, result, maxBody-len(head))
}

// inRun returns a link to the run of the workflow, "" outside of one.
func (r *Repository) inRun() string {
	if r.run == "" {
		return ""
	}
	return " in [this run](" + r.run + ")"
}
