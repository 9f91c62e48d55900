package doctor_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// Any response has a finding, whose texts are one line of bounded length.
func FuzzExplain(f *testing.F) {
	for _, group := range [][]situation{apiSituations(), tokenSituations(), betweenSituations(), unseenSituations()} {
		for _, s := range group {
			f.Add(s.status, s.header, s.body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, lines, body string) {
		header := http.Header{}
		for line := range strings.Lines(lines) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			header.Add(name, value)
		}
		for _, err := range []error{
			&api.Error{StatusCode: status, Operation: "listGrants", Path: "/Owners/{ownerAccountId}/Grants", Header: header, Body: []byte(body), SentBearer: len(body)%2 == 0},
			&client.TokenError{StatusCode: status, Header: header, Body: []byte(body)},
		} {
			findings := doctor.Explain(err)
			if len(findings) == 0 {
				t.Fatalf("%v: got no finding, want one", err)
			}
			for _, finding := range findings {
				if finding.ID == doctor.OK || finding.Cause == "" || finding.Remedy == "" || len(finding.Evidence) > 4096 ||
					strings.ContainsFunc(finding.Evidence, unicode.IsControl) {
					t.Errorf("got %+v, want a failure with one line of evidence", finding)
				}
			}
		}
	})
}
