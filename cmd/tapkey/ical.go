package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// icalFlag adds --ical, for the time restriction of a grant. The text stays nil if the flag
// is not used.
func icalFlag(cmd *cobra.Command, usage string, to **string) {
	cmd.Flags().Func("ical", usage, func(file string) error {
		text, err := readCalendar(file, cmd.InOrStdin())
		*to = &text
		return err
	})
}

// maxCalendar is far more than a lock can store.
const maxCalendar = 64 << 10 // bytes

// readCalendar reads an iCalendar file, or stdin if file is "-". It returns the text as
// Tapkey expects it: lines end with a line feed, and there is no byte order mark.
func readCalendar(file string, stdin io.Reader) (string, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // the user chooses the file
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxCalendar+1))
	if err != nil {
		return "", err
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\uFEFF"), "\r\n", "\n")
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case len(data) > maxCalendar:
		return "", fmt.Errorf("the file has more than %d bytes", maxCalendar)
	case !utf8.ValidString(text):
		return "", errors.New("the file is not UTF-8")
	case !strings.EqualFold(strings.TrimSpace(first), "BEGIN:VCALENDAR"):
		return "", errors.New("the file does not start with BEGIN:VCALENDAR")
	}
	return text, nil
}
