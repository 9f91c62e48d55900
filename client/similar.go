package client

import (
	"slices"
	"strings"
)

// mostSimilar is the maximum number of names that similarNames returns.
const mostSimilar = 3

// similarNames returns the few of the names that are most similar to name, the most similar one
// first: those that differ by case or by a few characters, and those that only have more or
// fewer characters, as listBoundLocks has more than listLocks.
func similarNames(name string, names []string) []string {
	if len(name) > 2*maxCompared {
		return nil
	}
	lower := strings.ToLower(name)
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, n := range names {
		other := strings.ToLower(n)
		distance := editDistance(lower, other)
		shortened := len(lower) >= 4 && (isSubsequence(lower, other) || isSubsequence(other, lower))
		if distance <= max(1, min(len(lower), len(other))/3) || shortened {
			near = append(near, candidate{n, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	var found []string
	for _, c := range near[:min(len(near), mostSimilar)] {
		found = append(found, c.name)
	}
	return found
}

// didYouMean returns a question with the names that are similar to name, or else the text
// otherwise.
func didYouMean(name string, names []string, otherwise string) string {
	near := similarNames(name, names)
	if len(near) == 0 {
		return otherwise
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// maxCompared is the length of names up to which they are compared character by character.
const maxCompared = 100

// editDistance returns the number of bytes to insert, delete, replace or swap with their
// neighbour to get from a to b.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, row := rows[(i+1)%3], rows[(i+2)%3], rows[i%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := previous[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(previous[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}

// isSubsequence reports whether a is b without some of its bytes.
func isSubsequence(a, b string) bool {
	for i := 0; i < len(b) && a != ""; i++ {
		if a[0] == b[i] {
			a = a[1:]
		}
	}
	return a == ""
}
