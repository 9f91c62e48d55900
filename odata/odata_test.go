package odata_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

func TestExpressions(t *testing.T) {
	at := time.Date(2019, 2, 1, 11, 0, 0, 500_000_000, time.FixedZone("", 3600))
	a, b, c := odata.Eq("a", 1), odata.Eq("b", 2), odata.Eq("c", 3)
	for want, got := range map[string]odata.Expr{
		`title eq 'O''Hara''s'`:               odata.Eq("title", "O'Hara's"),
		`title ne ''`:                         odata.Ne("title", ""),
		`state eq 'Revoked'`:                  odata.Eq("state", tapkey.GrantStateRevoked),
		`active eq true`:                      odata.Eq("active", true),
		`entryNo gt -5`:                       odata.Gt("entryNo", -5),
		`entryNo ge 18446744073709551615`:     odata.Ge("entryNo", uint64(math.MaxUint64)),
		`value lt 2.95`:                       odata.Lt("value", 2.95),
		`value le 1000000000000000000000`:     odata.Le("value", 1e21),
		`value le 0.1`:                        odata.Le("value", float32(0.1)),
		`validFrom ge 2019-02-01T10:00:00.5Z`: odata.Ge("validFrom", at),
		`validFrom eq null`:                   odata.Eq("validFrom", odata.Null),
		`contact/identifier eq 'x'`:           odata.Eq("contact/identifier", "x"),
		`a eq 1 and b eq 2 and c eq 3`:        odata.And(a, b, c),
		`(a eq 1 or b eq 2) and c eq 3`:       odata.And(odata.Or(a, b), c),
		`(a eq 1 and b eq 2) or c eq 3`:       odata.Or(odata.And(a, b), c),
		`not (a eq 1) and b eq 2`:             odata.And(odata.Not(a), b),
		`not (a eq 1 or b eq 2)`:              odata.Not(odata.Or(a, b)),
		`a eq 1 and b eq 2 and (b eq 2 or c eq 3) and not (a eq 1)`: odata.And(odata.And(a, b), odata.Or(b, c), odata.Not(a)),
	} {
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	for name, mistake := range map[string]func(){
		"no property":    func() { odata.Eq("", 1) },
		"not a property": func() { odata.Eq("a eq 1 or b", 1) },
		"quote":          func() { odata.Eq("a'", 1) },
		"NaN":            func() { odata.Eq("a", math.NaN()) },
		"infinity":       func() { odata.Eq("a", math.Inf(-1)) },
		"empty":          func() { odata.And(odata.Expr{}, odata.Eq("a", 1)) },
		"empty not":      func() { odata.Not(odata.Expr{}) },
	} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "odata: ") {
					t.Errorf("%s: got panic value %v, want a message of package odata", name, p)
				}
			}()
			mistake()
		}()
	}
}

// Every value is quoted as one string literal: decoded by the rules of OData it is the
// value, and nothing follows it.
func FuzzQuoting(f *testing.F) {
	for _, s := range []string{"", "'", "''", "a'b", "x' or 'a' eq 'a", "%27", "ü", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		text, ok := strings.CutPrefix(odata.Eq("title", value).String(), "title eq '")
		if !ok {
			t.Fatalf("got %s, want a string literal after title eq", text)
		}
		var read strings.Builder
		for i := 0; i < len(text); i++ {
			if text[i] != '\'' {
				read.WriteByte(text[i])
				continue
			}
			if i == len(text)-1 {
				if read.String() != value {
					t.Errorf("decoded literal: got %q, want %q", read.String(), value)
				}
				return
			}
			if i++; text[i] != '\'' {
				break
			}
			read.WriteByte('\'')
		}
		t.Errorf("got %q, want the literal of %q", text, value)
	})
}

func ExampleAnd() {
	filter := odata.And(odata.Eq("logType", tapkey.LogTypeCommand), odata.Eq("command", tapkey.LogCommandTriggerLock))
	params := &tapkey.ListLogEntriesParams{Filter: new(filter.String())}
	fmt.Println(*params.Filter)
	// Output:
	// logType eq 'Command' and command eq 'TriggerLock'
}
