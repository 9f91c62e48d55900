package issue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
)

// mark is an invisible line of an issue that the next run reads.
type mark struct {
	Title      string   `json:"title"`      // when the issue was opened: people may edit it
	Findings   string   `json:"findings"`   // their digest
	Operations []string `json:"operations"` // those that had findings
}

func newMark(title string, r live.Report) mark {
	m := mark{Title: title, Findings: digest(r.Findings)}
	for _, f := range r.Findings {
		if f.Operation != "" {
			m.Operations = append(m.Operations, f.Operation)
		}
	}
	slices.Sort(m.Operations)
	m.Operations = slices.Compact(m.Operations)
	return m
}

// digest identifies findings, without their counts: these depend on the data.
func digest(findings []contract.Finding) string {
	hash := sha256.New()
	for _, f := range findings {
		f.Count = 0
		hash.Write([]byte(f.String() + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// String returns the mark as a comment of HTML. JSON escapes what would end it.
func (m mark) String() string {
	text, _ := json.Marshal(m) //nolint:errchkjson // strings can always be encoded
	return "<!-- " + Label + " " + string(text) + " -->"
}

// A report has no line that looks like this, because it has text of others only in code
// spans.
var marks = regexp.MustCompile(`(?m)^<!-- ` + Label + ` (\{.*\}) -->\s*$`)

// markOf returns the mark of an issue, an empty one if there is none.
func markOf(body string) mark {
	var m mark
	if found := marks.FindStringSubmatch(body); found != nil && json.Unmarshal([]byte(found[1]), &m) != nil {
		return mark{}
	}
	return m
}
