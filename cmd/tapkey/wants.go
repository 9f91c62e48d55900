package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	json "github.com/go-json-experiment/json"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// maxWants is the maximum size of a file with wants.
const maxWants = 64 << 20 // bytes

// maxErrors is the maximum number of lines whose errors are shown.
const maxErrors = 20

// A wantRow is a row of a file with wants.
type wantRow struct {
	Email    string `json:"email"`
	Provider string `json:"provider"`
	User     string `json:"user"`
	Card     string `json:"card"`
	Lock     string `json:"lock"`
	From     string `json:"from"`
	Until    string `json:"until"`
	Schedule string `json:"schedule"`
	Zone     string `json:"zone"`
	Ref      string `json:"ref"`
}

// wantColumns are the columns of a CSV file.
var wantColumns = []string{"email", "provider", "user", "card", "lock", "from", "until", "schedule", "zone", "ref"}

// field returns the field of a column.
func (r *wantRow) field(column string) *string {
	return map[string]*string{
		"email": &r.Email, "provider": &r.Provider, "user": &r.User, "card": &r.Card, "lock": &r.Lock,
		"from": &r.From, "until": &r.Until, "schedule": &r.Schedule, "zone": &r.Zone, "ref": &r.Ref,
	}[column]
}

// want returns the want of a row. Times without a zone are in the zone of the row or else in
// zone.
func (r wantRow) want(zone *time.Location) (w access.Want, err error) {
	w = access.Want{
		Who:  access.Who{Email: r.Email, Provider: r.Provider, User: r.User, Card: r.Card},
		Lock: r.Lock, Ref: r.Ref,
	}
	if r.Zone != "" {
		if zone, err = namedZone(r.Zone); err != nil {
			return w, err
		}
	}
	for _, limit := range []struct {
		name, text string
		to         *time.Time
	}{{"from", r.From, &w.From}, {"until", r.Until, &w.Until}} {
		if limit.text == "" {
			continue
		}
		if *limit.to, err = parseTimeIn(limit.text, zone); err != nil {
			return w, fmt.Errorf("%s %q: %w", limit.name, limit.text, err)
		}
		if limit.to.IsZero() { // which would mean no limit
			return w, fmt.Errorf("%s %q: before 1970", limit.name, limit.text)
		}
	}
	if r.Schedule != "" {
		s, err := schedule.Parse(r.Schedule, zone)
		if err != nil {
			return w, err
		}
		w.Schedule = &s
	}
	return w, nil
}

// A lineError is an error in a line of a file.
type lineError struct {
	line int
	err  error
}

// readWantsFile reads the wants and their line numbers from the file of --file, or from stdin.
func readWantsFile(stdin io.Reader, flags *accessFlags) (wants []access.Want, lines []int, invalid []lineError, err error) {
	in := stdin
	if flags.file != "-" {
		file, err := os.Open(flags.file)
		if err != nil {
			return nil, nil, nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxWants+1))
	if err != nil {
		return nil, nil, nil, err
	}
	zone, err := flags.zone()
	if err != nil {
		zone = time.Local // enough for times; a schedule needs the name of its zone, and says so
	}
	wants, lines, invalid = readWants(data, zone)
	return wants, lines, invalid, nil
}

// readWants reads wants as CSV with a header, or as JSON Lines if the text starts with a brace.
// It returns the wants and their line numbers, or all errors.
func readWants(data []byte, zone *time.Location) (wants []access.Want, lines []int, errs []lineError) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if len(data) > maxWants {
		return nil, nil, []lineError{{1, fmt.Errorf("the file has more than %d MiB", maxWants>>20)}}
	}
	if line := invalidLine(data); line > 0 {
		return nil, nil, []lineError{{line, errors.New("the file is not UTF-8: in a spreadsheet, save it as CSV UTF-8")}}
	}
	read := readCSV
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		read = readJSONLines
	}
	read(data, func(line int, row wantRow, err error) {
		var w access.Want
		if err == nil {
			w, err = row.want(zone)
		}
		if err != nil {
			errs = append(errs, lineError{line, err})
			return
		}
		wants, lines = append(wants, w), append(lines, line)
	})
	return wants, lines, errs
}

// invalidLine returns the number of the first line that is not UTF-8 text, or 0.
func invalidLine(data []byte) int {
	if utf8.Valid(data) && !bytes.ContainsRune(data, 0) {
		return 0
	}
	line := 1
	for text := range bytes.Lines(data) {
		if !utf8.Valid(text) || bytes.ContainsRune(text, 0) {
			break
		}
		line++
	}
	return line
}

// readJSONLines passes the objects of JSON Lines to yield.
func readJSONLines(data []byte, yield func(int, wantRow, error)) {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var row wantRow
		err := json.Unmarshal(line, &row, json.RejectUnknownMembers(true))
		if err != nil {
			err = fmt.Errorf("not an object with the text fields %s", strings.Join(wantColumns, ", "))
		}
		yield(number, row, err)
	}
}

// readCSV passes the rows of a CSV file to yield. Fields are separated by commas, semicolons or
// tabs.
func readCSV(data []byte, yield func(int, wantRow, error)) {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	skipped := 0
	separator := separatorOf(first)
	if sep, ok := strings.CutPrefix(strings.TrimSpace(string(first)), "sep="); ok && len(sep) <= 1 { // as Excel writes it
		data, skipped = rest, 1
		if separator = '\t'; sep != "" {
			separator = rune(sep[0])
		}
	}
	in := csv.NewReader(bufio.NewReader(bytes.NewReader(data)))
	in.Comma, in.FieldsPerRecord = separator, -1
	header, err := in.Read()
	if err == nil {
		header, err = columnsOf(header)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty: a header is required")
		}
		yield(1+skipped, wantRow{}, err)
		return
	}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			yield(bad.StartLine+skipped, wantRow{}, bad.Err)
			if errors.Is(err, csv.ErrQuote) {
				return // what follows may be inside the quotes
			}
			continue
		}
		line, _ := in.FieldPos(0)
		row, err := rowOf(header, fields)
		if row != (wantRow{}) || err != nil {
			yield(line+skipped, row, err)
		}
	}
}

// separatorOf returns the separator that is most frequent in a header.
func separatorOf(header []byte) rune {
	return slices.MaxFunc([]rune{',', ';', '\t'}, func(a, b rune) int {
		return cmp.Compare(bytes.Count(header, []byte(string(a))), bytes.Count(header, []byte(string(b))))
	})
}

// columnsOf checks the header of a CSV file.
func columnsOf(header []string) ([]string, error) {
	columns := make([]string, len(header))
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case name == "" && i == len(header)-1: // a separator at the end
		case !slices.Contains(wantColumns, name):
			return nil, fmt.Errorf("unknown column %.40q: the columns are %s", name, strings.Join(wantColumns, ", "))
		case slices.Contains(columns, name):
			return nil, fmt.Errorf("the column %s exists twice", name)
		}
		columns[i] = name
	}
	if !slices.Contains(columns, "lock") {
		return nil, errors.New("the column lock is missing")
	}
	return columns, nil
}

// rowOf returns the row of the fields of a line. Missing fields at the end are empty.
func rowOf(columns, fields []string) (row wantRow, err error) {
	for i, text := range fields {
		text = strings.TrimSpace(text)
		switch {
		case i < len(columns) && columns[i] != "":
			*row.field(columns[i]) = text
		case text != "":
			return row, fmt.Errorf("more fields than columns: %d", len(fields))
		}
	}
	return row, nil
}

// printLineErrors prints errors with their lines, and returns an error with their number.
func printLineErrors(w io.Writer, file string, errs []lineError) error {
	if file == "-" {
		file = "standard input"
	}
	slices.SortStableFunc(errs, func(a, b lineError) int { return a.line - b.line })
	for _, e := range errs[:min(len(errs), maxErrors)] {
		fmt.Fprintf(w, "%s:%d: %s\n", oneLine(file), e.line, oneLine(e.err.Error()))
	}
	more := ""
	if n := len(errs) - maxErrors; n > 0 {
		more = fmt.Sprintf(", of which %d are not shown", n)
	}
	return fmt.Errorf("invalid lines of %s: %d%s; nothing was changed", file, len(errs), more)
}

// wantErrors returns the errors of wants in the error of a plan.
func wantErrors(err error) (found []*access.WantError) {
	if _, ok := errors.AsType[*access.WantError](err); !ok {
		return nil
	}
	joined, _ := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	for _, e := range joined.Unwrap() {
		if want, ok := errors.AsType[*access.WantError](e); ok {
			found = append(found, want)
		}
	}
	return found
}
