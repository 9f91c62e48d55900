package engine_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const (
		noon    = "Mon, 01 Jun 2026 12:00:00 GMT"
		longest = 9223372036 * time.Second
	)
	for name, test := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"seconds":                   {"7", "", 7 * time.Second},
		"leading zeros":             {"007", "", 7 * time.Second},
		"spaces":                    {" 7 ", "", 7 * time.Second},
		"plus sign":                 {"+7", "", 7 * time.Second},
		"exponent":                  {"1.2e2", "", 2 * time.Minute},
		"fraction":                  {"1.2", "", 2 * time.Second},
		"small fraction":            {"0.001", "", time.Second},
		"fraction of zero":          {"7.0", "", 7 * time.Second},
		"less than a nanosecond":    {"1e-12", "", 0},
		"2^31":                      {"2147483648", "", 2147483648 * time.Second},
		"2^32":                      {"4294967296", "", 4294967296 * time.Second},
		"2^63":                      {"9223372036854775808", "", longest},
		"more digits than a number": {"99999999999999999999", "", longest},
		"more than a float":         {"1e999", "", longest},
		"zero":                      {"0", "", 0},
		"zero with a fraction":      {"0.0", "", 0},
		"negative":                  {"-5", "", 0},
		"negative and large":        {"-99999999999999999999", "", 0},
		"words":                     {"soon", "", 0},
		"not a number":              {"NaN", "", 0},
		"infinite":                  {"Inf", "", 0},
		"infinite with a sign":      {"+Infinity", "", 0},
		"hexadecimal":               {"0x1p4", "", 0},
		"empty":                     {"", noon, 0},
		"a sign alone":              {"-", "", 0},

		// A date is compared with the server's date, whatever the local clock says.
		"date":                 {"Mon, 01 Jun 2026 12:00:09 GMT", noon, 9 * time.Second},
		"date, old format":     {"Monday, 01-Jun-26 12:00:09 GMT", noon, 9 * time.Second},
		"date, oldest format":  {"Mon Jun  1 12:00:09 2026", noon, 9 * time.Second},
		"server behind":        {"Fri, 01 Jan 1999 00:00:20 GMT", "Fri, 01 Jan 1999 00:00:00 GMT", 20 * time.Second},
		"server ahead":         {"Sat, 01 Jan 2600 00:00:20 GMT", "Sat, 01 Jan 2600 00:00:00 GMT", 20 * time.Second},
		"date now":             {noon, noon, 0},
		"date in the past":     {"Mon, 01 Jun 2026 11:59:59 GMT", noon, 0},
		"date far in the past": {"Mon, 01 Jan 0001 00:00:00 GMT", noon, 0},
		"date far away":        {"Fri, 31 Dec 9999 23:59:59 GMT", noon, longest},
		"invalid server date":  {"Fri, 01 Jan 1999 00:00:20 GMT", "today", 0},
	} {
		header := http.Header{"Retry-After": {test.value}, "Date": {test.date}}
		if got, ok := engine.RetryAfter(header); got != test.want || ok != (test.want > 0) {
			t.Errorf("%s: got %v, %t, want %v", name, got, ok, test.want)
		}
	}
	if got, ok := engine.RetryAfter(nil); got != 0 || ok {
		t.Errorf("no header: got %v, %t, want 0, false", got, ok)
	}
	at := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	if got, _ := engine.RetryAfter(http.Header{"Retry-After": {at}}); got != time.Minute && got != 59*time.Second {
		t.Errorf("date in a minute without a Date: got %v, want 59s or 1m0s", got)
	}
}
