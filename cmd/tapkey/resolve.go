package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// uuid matches the IDs of Tapkey. A name that looks like an ID is taken as an ID.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// A reference is the value of a flag that selects an entity by ID or by name.
type reference struct {
	kind *kind
	text string
	set  func(id string) // called before the operation
}

func (r *reference) String() string { return r.text }
func (r *reference) Type() string   { return "string" }

func (r *reference) Set(text string) error {
	if r.text = text; text == "" {
		return errors.New("value is empty")
	}
	return nil
}

// referenceFlag adds a flag that selects an entity. The usage begins with the word that
// stands for the value in the help.
func referenceFlag(cmd *cobra.Command, name string, k *kind, usage string, set func(id string)) {
	cmd.Flags().Var(&reference{kind: k, set: set}, name, usage)
}

// references returns the flags of cmd that select entities and are used.
func references(cmd *cobra.Command) []*reference {
	var used []*reference
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if r, ok := f.Value.(*reference); ok {
			used = append(used, r)
		}
	})
	return used
}

// operationsFor returns the IDs of the operations that find calls for a text.
func (k *kind) operationsFor(text string) []string {
	if k.onlyIDs || uuid.MatchString(text) {
		return nil
	}
	return k.operations
}

// entities returns the entities of a kind by their IDs. It requests them once.
func (c *call) entities(ctx context.Context, k *kind) (map[string]entity, error) {
	if known, ok := c.known[k]; ok {
		return known, nil
	}
	known := map[string]entity{}
	for e, err := range k.list(ctx, c) {
		if err != nil {
			return nil, asFailure(err)
		}
		known[e.id] = e
	}
	if c.known == nil {
		c.known = map[*kind]map[string]entity{}
	}
	c.known[k] = known
	return known, nil
}

// find returns the entity that a text selects: its ID, one of its names, or one of its
// names in other letter case. An ID needs no request.
func (c *call) find(ctx context.Context, k *kind, text string) (entity, error) {
	switch {
	case k.onlyIDs || uuid.MatchString(text):
		return entity{id: text}, nil
	case strings.TrimSpace(text) == "":
		return entity{}, fmt.Errorf("the ID or name of the %s is empty", k.singular)
	}
	all, err := c.entities(ctx, k)
	if err != nil {
		return entity{}, err
	}
	if e, ok := all[text]; ok {
		return e, nil
	}
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var matches []entity
		for _, e := range sorted(all) {
			if slices.ContainsFunc(e.names, func(name string) bool { return equal(name, text) }) {
				matches = append(matches, e)
			}
		}
		switch len(matches) {
		case 0:
			continue
		case 1:
			return matches[0], nil
		}
		return entity{}, fmt.Errorf("%d %s are named %s: use one of the IDs %s", len(matches), k.plural, quote(text), few(matches, entity.String))
	}
	return entity{}, k.notFound(text, sorted(all))
}

// learn requests the names of entities of some kinds. A failure is not reported: the IDs
// are shown then.
func (c *call) learn(ctx context.Context, wanted []*kind) {
	for _, k := range wanted {
		_, _ = c.entities(ctx, k)
	}
}

// nameOf returns the name of an entity, or its ID if the name is not known.
func (c *call) nameOf(k *kind, id string) string {
	return cmp.Or(c.known[k][id].title(), id)
}

// notFound returns the error for a name that no entity has: with similar names, or with a
// few of all names.
func (k *kind) notFound(text string, all []entity) error {
	message := fmt.Sprintf("no %s is named %s", k.singular, quote(text))
	var similar, named []entity
	for _, e := range all {
		if e.title() != "" {
			named = append(named, e)
		}
		if i := slices.IndexFunc(e.names, func(name string) bool { return isSimilar(name, text) }); i >= 0 {
			similar = append(similar, entity{e.id, e.names[i:]})
		}
	}
	title := func(e entity) string { return quote(e.title()) }
	switch {
	case len(similar) > 0:
		return fmt.Errorf("%s; did you mean %s?", message, few(similar, title))
	case len(all) == 0:
		return fmt.Errorf("there are no %s", k.plural)
	case len(named) == 0:
		return errors.New(message)
	}
	return fmt.Errorf("%s; there are %s", message, few(named, title))
}

// sorted returns entities in the order of their titles and IDs.
func sorted(all map[string]entity) []entity {
	list := make([]entity, 0, len(all))
	for _, e := range all {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b entity) int {
		return strings.Compare(a.title()+"\x00"+a.id, b.title()+"\x00"+b.id)
	})
	return list
}

// few describes the first few items, and how many more there are.
func few[T any](items []T, describe func(T) string) string {
	const most = 8
	var texts []string
	for _, item := range items[:min(most, len(items))] {
		texts = append(texts, describe(item))
	}
	if more := len(items) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}

// quote quotes the start of a text that may be untrusted.
func quote(text string) string {
	const longest = 100 // runes
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strconv.Quote(oneLine(text))
}

// isSimilar reports whether a name contains text, or differs from it by a few typing
// errors, in any letter case.
func isSimilar(name, text string) bool {
	name, text = strings.ToLower(name), strings.ToLower(text)
	if name == "" {
		return false
	}
	if strings.Contains(name, text) {
		return true
	}
	a, b := []rune(name), []rune(text)
	const longest = 64 // runes; the distance takes quadratic time
	mistakes := 1
	if len(b) > 4 {
		mistakes = 2
	}
	return len(a) <= longest && len(b) > 2 && len(b) <= longest && distance(a, b) <= mistakes
}

// distance returns the number of insertions, deletions and replacements between two texts.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			replaced := diagonal
			if x != y {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
