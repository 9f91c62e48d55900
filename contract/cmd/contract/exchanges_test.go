package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/exchanges"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// complete returns a report of every package and every operation.
func complete() exchanges.Report {
	var coverage []contract.Coverage
	for _, op := range tapkey.Operations() {
		coverage = append(coverage, contract.Coverage{Operation: op.ID, Statuses: map[int]int{200: 1}, Objects: 1})
	}
	var r exchanges.Report
	for _, name := range []string{"client", "cmd/tapkey", "doctor", "examples"} {
		r.Groups = append(r.Groups, exchanges.Group{Name: name, Requests: 5, Responses: 3, Coverage: coverage})
	}
	return r
}

func TestExchangesVerdict(t *testing.T) {
	deviation := exchanges.Deviation{Test: "client TestX", Finding: contract.Finding{
		Operation: "listOwners", Side: contract.Request, Class: contract.UndeclaredParameter, Pointer: "query:top",
	}}
	const line = "20 requests, 12 responses; of 33 operations: client 33, cmd/tapkey 33, doctor 33, examples 33\n"
	for name, test := range map[string]struct {
		change func(*exchanges.Report)
		failed error
		want   verdict.Verdict
		prints string
	}{
		"agrees":      {func(*exchanges.Report) {}, nil, verdict.Agrees, "exchanges: agrees: " + line},
		"a deviation": {func(r *exchanges.Report) { r.Deviations = append(r.Deviations, deviation) }, nil, verdict.Disagrees, "client TestX: listOwners: request: undeclared parameter at query:top\nexchanges: disagrees: 1 findings in " + line},
		"deliberate":  {func(r *exchanges.Report) { r.Deliberate = append(r.Deliberate, deviation) }, nil, verdict.Agrees, line},
		"unused mark": {func(r *exchanges.Report) { r.Unused = []exchanges.Mark{{Test: "client TestX", Finding: "f"}} }, nil, verdict.Disagrees, "client TestX: got no \"f\""},
		"failed":      {func(*exchanges.Report) {}, errors.New("go test: exit status 1"), verdict.NotChecked, "exchanges: could not be checked: go test: exit status 1\n"},
		"failed, too": {func(r *exchanges.Report) { r.Deviations = append(r.Deviations, deviation) }, errors.New("x"), verdict.Disagrees, "client TestX"},
		"no doctor":   {func(r *exchanges.Report) { r.Groups[2].Requests = 0 }, nil, verdict.NotChecked, "the tests of doctor have sent no request"},
		"no response": {func(r *exchanges.Report) {
			*r = complete()
			r.Groups = r.Groups[:1]
			r.Groups[0].Coverage[3].Statuses = nil
		}, nil, verdict.NotChecked, tapkey.Operations()[3].ID + ": no response was validated"},
		"no exchanges": {func(r *exchanges.Report) { *r = exchanges.Report{} }, nil, verdict.NotChecked, "the tests of client have sent no request"},
	} {
		r := complete()
		test.change(&r)
		cmd := exchangesCommand()
		var out bytes.Buffer
		cmd.SetOut(&out)
		err := concludeExchanges(cmd, r, test.failed)
		var got outcome
		if errors.As(err, &got); verdict.Verdict(got) != test.want || err != nil && got == 0 || !strings.Contains(out.String(), test.prints) {
			t.Errorf("%s: got %v and %q, want %v and %q", name, err, &out, test.want, test.prints)
		}
	}
}

// Without the tests of this repository, the check cannot be made.
func TestExchangesOfAnotherTree(t *testing.T) {
	exits(t, 3, "exchanges: could not be checked: ", "exchanges", "--root", checkout(t))
}
