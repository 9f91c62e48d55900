package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract/internal/issue"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/report"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// actionCommand is what action.yml runs. Its inputs are environment variables, because text
// that a workflow inserts into a script would be run by the shell.
func actionCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "action",
		Short:  "Run live or replay as a step of a GitHub workflow",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := workflowLog{cmd.OutOrStdout()}
			// GitHub knows its secrets, but not a value that comes from elsewhere.
			if os.Getenv("GITHUB_ACTIONS") == "true" {
				log.mask(os.Getenv(client.EnvClientSecret))
				log.mask(os.Getenv("GITHUB_TOKEN"))
			}
			v, err := runAction(cmd.Context(), log)
			if err != nil {
				log.annotate("error", err.Error())
			}
			if v != verdict.Agrees {
				return outcome(v)
			}
			return nil
		},
	}
}

// action has the inputs of a step.
type action struct {
	check, recordings string
	live              liveRun
	output            output
}

// readAction reads the inputs from environment variables.
func readAction() (action, error) {
	a := action{check: cmp.Or(os.Getenv("CONTRACT_CHECK"), "live"), recordings: os.Getenv("CONTRACT_RECORDINGS")}
	a.live.Top, a.live.Owners, a.live.deadline = defaultTop, defaultOwners, defaultDeadline
	a.live.Owner, a.live.IdentityProvider = os.Getenv("CONTRACT_OWNER"), os.Getenv("CONTRACT_IDENTITY_PROVIDER")
	a.output.summary, a.output.issueTitle = os.Getenv("GITHUB_STEP_SUMMARY"), os.Getenv("CONTRACT_ISSUE_TITLE")
	var err error
	if a.live.Complete, err = boolean("complete", os.Getenv("CONTRACT_COMPLETE"), false); err != nil {
		return a, err
	}
	if a.output.issue, err = boolean("issue", os.Getenv("CONTRACT_ISSUE"), true); err != nil {
		return a, err
	}
	switch {
	case a.check != "live" && a.check != "replay":
		return a, errors.New("the input check must be live or replay")
	case a.check == "replay" && a.recordings == "":
		return a, errors.New("the input recordings must be a directory")
	case a.live.IdentityProvider != "" && a.live.Owner == "":
		return a, errors.New("the input identity-provider requires owner, because an identity provider belongs to one owner account")
	}
	return a, nil
}

func boolean(name, text string, byDefault bool) (bool, error) {
	switch text {
	case "":
		return byDefault, nil
	case "true", "false":
		return text == "true", nil
	}
	return false, fmt.Errorf("the input %s must be true or false", name)
}

func (a action) run(ctx context.Context) live.Report {
	if a.check == "replay" {
		return replay(ctx, a.recordings)
	}
	return a.live.run(ctx)
}

// runAction runs a check and delivers its report. It returns the verdict of the step. The
// error has not been printed.
func runAction(ctx context.Context, log workflowLog) (verdict.Verdict, error) {
	a, err := readAction()
	if err != nil {
		return verdict.Misuse, errors.Join(err, setOutputs(setting{"status", fmt.Sprint(int(verdict.Misuse))}))
	}
	if a.output.issue && isPullRequest(os.Getenv("GITHUB_EVENT_NAME")) {
		a.output.issue = false
		log.annotate("notice", "no issue is written in a pull request")
	}
	dir, err := os.MkdirTemp(os.Getenv("RUNNER_TEMP"), "tapkey-contract-")
	if err == nil {
		a.output.report = filepath.Join(dir, "report.json")
	}

	r := a.run(ctx)
	var text bytes.Buffer
	report.Text(&text, a.check, r)
	log.text(text.String())

	err = errors.Join(err, a.output.write(a.check, r))
	changed, issueErr := a.output.update(ctx, a.check, r)
	if issueErr != nil {
		log.annotate("warning", "the issue could not be updated: "+issueErr.Error())
	}
	if changed.Change != "" {
		log.text(fmt.Sprintf("issue %d: %s\n", changed.Number, changed.Change))
	}
	err = errors.Join(err, setOutputs(
		setting{"status", fmt.Sprint(int(r.Verdict))}, setting{"findings", fmt.Sprint(len(r.Findings))},
		setting{"report", a.output.report}, setting{"issue", number(changed)}))

	line := fmt.Sprintf("contract %s %s: %s", a.check, r.Verdict, report.Conclusion(r))
	switch v := withFiles(r.Verdict, err); {
	case v == verdict.Disagrees:
		log.annotate("error", line)
		return v, err
	case r.Verdict == verdict.NotChecked && a.check == "live" && err == nil:
		// A run on a schedule does not fail because the network does.
		log.annotate("warning", line)
		return verdict.Agrees, nil
	case r.Verdict == verdict.NotChecked:
		log.annotate("error", line)
		return v, err
	default:
		return v, err
	}
}

func isPullRequest(event string) bool {
	return strings.HasPrefix(event, "pull_request") || event == "merge_group"
}

func number(i issue.Issue) string {
	if i.Number == 0 {
		return ""
	}
	return fmt.Sprint(i.Number)
}

// setting is an output of the step.
type setting struct{ name, value string }

// setOutputs sets outputs of the step.
func setOutputs(settings ...setting) error {
	file := os.Getenv("GITHUB_OUTPUT")
	if file == "" {
		return nil
	}
	var text strings.Builder
	for _, s := range settings {
		if strings.ContainsAny(s.value, "\r\n") {
			return fmt.Errorf("the output %s has more than one line", s.name)
		}
		fmt.Fprintf(&text, "%s=%s\n", s.name, s.value)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text.String())
	return errors.Join(err, f.Close())
}

// workflowLog is the log of a step, in which some lines are commands to the runner.
type workflowLog struct{ w io.Writer }

var (
	escapeCommand = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	// The runner looks for ##[ anywhere in a line and for :: at its beginning.
	commands = regexp.MustCompile(`(?m)##\[|^[ \t]*::`)
)

// mask hides a value in the log.
func (l workflowLog) mask(secret string) {
	for line := range strings.Lines(secret) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			fmt.Fprintf(l.w, "::add-mask::%s\n", escapeCommand.Replace(line))
		}
	}
}

// annotate writes a line that GitHub shows on the page of the run. The level is notice,
// warning or error.
func (l workflowLog) annotate(level, text string) {
	fmt.Fprintf(l.w, "::%s::%s\n", level, escapeCommand.Replace(report.Line(text)))
}

// text writes text without commands.
func (l workflowLog) text(text string) { fmt.Fprint(l.w, commands.ReplaceAllString(text, "(command)")) }
