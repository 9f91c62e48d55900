package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tapkey-go/tapkey-go/bench/internal/cases"
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
)

// instructions are the instructions that one call executes in user space, by case and client.
type instructions map[[2]string]float64

func (i instructions) of(name, client string) (float64, bool) {
	n, ok := i[[2]string{name, client}]
	return n, ok
}

// ratio returns the instructions of tapkey, divided by those of base.
func (i instructions) ratio(name, base string) string {
	own, ok := i.of(name, "tapkey")
	other, found := i.of(name, base)
	if !ok || !found {
		return "not measured"
	}
	return ratio(own / other)
}

// counter is a program that counts the instructions of another one.
type counter struct {
	name string
	args []string
	find *regexp.Regexp // the number in its standard error
}

// counters are tried in this order. Virtual machines often have no hardware counters.
func counters() []counter {
	return []counter{
		{"perf", []string{"stat", "-x", ",", "-e", "instructions:u", "--"}, regexp.MustCompile(`(?m)^(\d+),[^,]*,instructions`)},
		{
			"valgrind", []string{"--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--"},
			regexp.MustCompile(`I\s+refs:\s+([\d,]+)`),
		},
	}
}

var errNoCounter = errors.New("no instructions: neither perf nor valgrind counts them on this machine")

// newCounter returns the first counter that works.
func newCounter(ctx context.Context) (counter, error) {
	for _, c := range counters() {
		if _, err := c.count(ctx, "true"); err == nil {
			return c, nil
		}
	}
	return counter{}, errNoCounter
}

// count returns the instructions of a command.
func (c counter) count(ctx context.Context, command ...string) (float64, error) {
	cmd := exec.CommandContext(ctx, c.name, append(c.args[:len(c.args):len(c.args)], command...)...)
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", c.name, err, out)
	}
	return c.parse(string(out))
}

func (c counter) parse(out string) (float64, error) {
	match := c.find.FindStringSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("%s: no number of instructions in %q", c.name, out)
	}
	return strconv.ParseFloat(strings.ReplaceAll(match[1], ",", ""), 64)
}

// measureInstructions counts the instructions of one call of each client: the difference of two
// runs without garbage collection, divided by the difference of their calls. It returns the
// name of the counter.
func measureInstructions(ctx context.Context, dir string, wanted func(name string) bool) (instructions, string, error) {
	c, err := newCounter(ctx)
	if err != nil {
		return nil, "", err
	}
	program := filepath.Join(dir, "calls")
	if _, err := output(ctx, "", nil, "go", "build", "-o", program, "./cmd/calls"); err != nil {
		return nil, "", err
	}
	all, err := clients.All(clients.Server{URL: "https://api.example.test"})
	if err != nil {
		return nil, "", err
	}
	result := instructions{}
	for _, measured := range cases.All() {
		if !wanted(measured.Name) || measured.Items > 1000 {
			continue
		}
		calls := max(10, 500/measured.Items)
		for _, cl := range all {
			if measured.Call(cl) == nil {
				continue
			}
			var counts [2]float64
			for i, n := range []int{calls / 5, calls/5 + calls} {
				if counts[i], err = c.count(ctx, program, measured.Name, cl.Name, strconv.Itoa(n)); err != nil {
					return nil, "", err
				}
			}
			result[[2]string{measured.Name, cl.Name}] = (counts[1] - counts[0]) / float64(calls)
		}
	}
	return result, c.name, nil
}
