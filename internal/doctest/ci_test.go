package doctest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// CI runs every target of make that the README tells a reader to run.
func TestReadmeCommandsAreInCI(t *testing.T) {
	atRoot(t)
	ci, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	prerequisites := map[string][]string{"stale": {"generate"}} // it compares with what generate writes
	for _, rule := range regexp.MustCompile(`(?m)^([a-z-]+):([a-z0-9 -]*)##`).FindAllStringSubmatch(string(makefile), -1) {
		prerequisites[rule[1]] = append(prerequisites[rule[1]], strings.Fields(rule[2])...)
	}
	run := map[string]bool{}
	var visit func(target string)
	visit = func(target string) {
		if !run[target] {
			run[target] = true
			for _, next := range prerequisites[target] {
				visit(next)
			}
		}
	}
	for _, target := range makeTarget.FindAllStringSubmatch(string(ci), -1) {
		visit(target[1])
	}
	for _, command := range readDocument(t, "README.md").shell() {
		if target, found := strings.CutPrefix(command, "make "); found && !run[target] {
			t.Errorf("the README says %q, but .ci/run does not run it", command)
		}
	}
}
