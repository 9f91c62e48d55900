package reference

import (
	"errors"
	"regexp"
	"strings"
)

// calls finds the list of calls in the doc comment of a type Client: everything from its
// heading to the end of the comment.
var calls = regexp.MustCompile(`(?m)^// # Calls\n(?://.*\n)*type Client struct {$`)

// InsertCalls returns the source of a Go file in which the list of calls in the doc
// comment of Client is that of a document. Each call is a doc link to a method of
// tapkey.API.
func InsertCalls(source, document []byte) ([]byte, error) {
	operations, err := Operations(document)
	if err != nil {
		return nil, err
	}
	if len(calls.FindAll(source, 2)) != 1 {
		return nil, errors.New("want one heading Calls in the doc comment of type Client")
	}
	list := "// # Calls\n//\n" + callList(operations) + "type Client struct {"
	return calls.ReplaceAllLiteral(source, []byte(list)), nil
}

// callList returns a list of the calls, with an item for each tag.
func callList(operations []Operation) string {
	var b strings.Builder
	for i, o := range operations {
		if i == 0 || o.Tag != operations[i-1].Tag {
			b.WriteString("//   - " + o.Tag + ":")
		}
		links := []string{link(o.Method)}
		if o.Iterator != "" {
			links = append(links, link(o.Iterator))
		}
		last := i+1 == len(operations) || operations[i+1].Tag != o.Tag
		for j, l := range links {
			b.WriteString("\n//     " + l)
			if !last || j+1 < len(links) {
				b.WriteString(",")
			}
		}
		if last {
			b.WriteString("\n")
		}
	}
	return b.String()
}

func link(method string) string { return "[tapkey.API." + method + "]" }
