package report

import (
	"fmt"
	"strings"
)

// Replace replaces the text between <!-- bench:name --> and <!-- /bench:name --> in a
// document.
func Replace(document, name, content string) (string, error) {
	open, end := fmt.Sprintf("<!-- bench:%s -->", name), fmt.Sprintf("<!-- /bench:%s -->", name)
	before, rest, opened := strings.Cut(document, open)
	_, after, ended := strings.Cut(rest, end)
	if !opened || !ended {
		return "", fmt.Errorf("the document has no %s ... %s", open, end)
	}
	return before + open + "\n" + strings.TrimSpace(content) + "\n" + end + after, nil
}
