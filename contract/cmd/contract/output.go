package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/issue"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/report"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// output says where a report is written and in which format.
type output struct {
	json, markdown bool   // of the standard output
	summary        string // file to which Markdown is appended
	report         string // file for JSON
	issue          bool   // at GitHub
	issueTitle     string
}

func (out *output) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&out.json, "json", false, "print the report as JSON")
	flags.BoolVar(&out.markdown, "markdown", false, "print the report as Markdown")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	flags.StringVar(&out.summary, "summary", "", "append the report as Markdown to `FILE`, such as $GITHUB_STEP_SUMMARY")
	flags.StringVar(&out.report, "report", "", "write the report as JSON to `FILE`")
	flags.BoolVar(&out.issue, "issue", false, "open, update or close an issue of $GITHUB_REPOSITORY, with $GITHUB_TOKEN")
	flags.StringVar(&out.issueTitle, "issue-title", "", "`TITLE` of the issue; checks with different titles have different issues")
}

// check returns an error if the report could not be written for a reason that is known
// before the check.
func (out output) check() error {
	if !out.issue {
		return nil
	}
	if _, err := issue.FromEnv(os.Getenv); err != nil {
		return fmt.Errorf("--issue: %w", err)
	}
	return nil
}

// print prints a report, delivers it and returns its verdict as an error.
func (out output) print(cmd *cobra.Command, name string, r live.Report) error {
	w := cmd.OutOrStdout()
	var printing error
	switch {
	case out.json:
		printing = report.JSON(w, r)
	case out.markdown:
		_, printing = io.WriteString(w, report.Markdown(name, r, math.MaxInt))
	default:
		report.Text(w, name, r)
	}
	files := errors.Join(printing, out.write(name, r))
	changed, err := out.update(cmd.Context(), name, r)
	if changed.Change != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "issue %d: %s\n", changed.Number, changed.Change)
	}
	if err := errors.Join(files, err); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "contract: %v\n", err)
	}
	if v := withFiles(r.Verdict, files); v != verdict.Agrees {
		return outcome(v)
	}
	return nil
}

// withFiles returns the verdict of a report of which err is the error of writing it. A
// disagreement stays one. The issue has no influence on the verdict.
func withFiles(v verdict.Verdict, err error) verdict.Verdict {
	if err == nil {
		return v
	}
	return verdict.Worst(v, verdict.NotChecked)
}

// write writes the report to the files.
func (out output) write(name string, r live.Report) error {
	var errs []error
	if out.summary != "" {
		errs = append(errs, appendSummary(out.summary, name, r))
	}
	if out.report != "" {
		errs = append(errs, writeJSON(out.report, r))
	}
	return errors.Join(errs...)
}

// maxSummary is the maximum size of the summary of a step at GitHub. A larger one is not
// shown at all.
const maxSummary = 1 << 20

func appendSummary(file, name string, r live.Report) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	size := int64(0)
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	if size > maxSummary-report.Smallest {
		return errors.Join(fmt.Errorf("%s is full", file), f.Close())
	}
	_, err = f.WriteString(report.Markdown(name, r, maxSummary-int(size)))
	return errors.Join(err, f.Close())
}

func writeJSON(file string, r live.Report) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(report.JSON(f, r), f.Close())
}

// update makes the issue correspond to the report.
func (out output) update(ctx context.Context, name string, r live.Report) (issue.Issue, error) {
	if !out.issue {
		return issue.Issue{}, nil
	}
	repository, err := issue.FromEnv(os.Getenv)
	if err != nil {
		return issue.Issue{}, err
	}
	return repository.Update(ctx, out.issueTitle, name, r)
}

// notChecked is the report of a check that could not be made.
func notChecked(err error) live.Report {
	return live.Report{Verdict: verdict.NotChecked, Reason: err.Error()}
}
