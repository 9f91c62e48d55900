package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// optional adds a string flag. The string stays nil if the flag is not used.
func optional(cmd *cobra.Command, name, usage string, to **string) {
	cmd.Flags().Func(name, usage, func(text string) error {
		*to = &text
		return nil
	})
}

// notEmpty adds a string flag whose value must not be empty, because an unset variable of a
// shell must not select the default.
func notEmpty(add func(name, usage string, set func(string) error), name, usage string, to *string) {
	add(name, usage, func(text string) error {
		if *to = text; text == "" {
			return errors.New("value is empty")
		}
		return nil
	})
}

// required adds a string flag that must be used with a value that is not empty.
func required[T ~string](cmd *cobra.Command, name, usage string, to *T) {
	cmd.Flags().Func(name, usage, func(text string) error {
		if text == "" {
			return errors.New("value is empty")
		}
		*to = T(text)
		return nil
	})
	mustBeSet(cmd, name)
}

// mustBeSet makes an existing flag required.
func mustBeSet(cmd *cobra.Command, name string) {
	if err := cmd.MarkFlagRequired(name); err != nil {
		panic(err) // the flag does not exist
	}
}

// optionalTime adds a flag for a time. The time stays nil if the flag is not used.
func optionalTime(cmd *cobra.Command, name, usage string, to **time.Time) {
	cmd.Flags().Func(name, usage, func(text string) error {
		t, err := parseTime(text)
		*to = &t
		return err
	})
}

// parseTime parses RFC 3339, or a date with or without a time of day in the local zone.
func parseTime(text string) (time.Time, error) { return parseTimeIn(text, time.Local) }

// parseTimeIn is parseTime with another zone than the local one.
func parseTimeIn(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{
		time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateTime,
		"2.1.2006", "2.1.2006 15:04", "2.1.2006 15:04:05",
	} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("use a local time such as 2026-12-24T18:00, or RFC 3339 such as 2026-12-24T17:00:00Z")
}

// expandFlag adds --expand, for the operations that accept $expand.
func expandFlag(cmd *cobra.Command, c *call) {
	cmd.Flags().StringSliceVar(&c.expand, "expand", nil, "additional `FIELDS` to return, such as supportedFeatures")
}

// A clearable is a value that can be removed from an item.
type clearable struct {
	name  string   // of the value, as in --clear
	field string   // of the body, which is sent as null
	flags []string // which set the value
}

// clearFlag adds --clear, which takes names of values. It returns a request editor that sends
// null for their fields.
func clearFlag(cmd *cobra.Command, values ...clearable) tapkey.RequestEditorFn {
	var names []string
	for _, v := range values {
		names = append(names, v.name)
	}
	var cleared []string
	cmd.Flags().Func("clear", "remove `VALUES`, separated by commas: "+strings.Join(names, ", "), func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			if !slices.Contains(names, name) {
				return fmt.Errorf("unknown value %q: use %s", shorten(name), choice(names))
			}
			cleared = append(cleared, name)
		}
		return nil
	})
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, v := range values {
			for _, name := range v.flags {
				if slices.Contains(cleared, v.name) && cmd.Flags().Changed(name) {
					return fmt.Errorf("--clear %s and --%s exclude each other", v.name, name)
				}
			}
		}
		if before == nil {
			return nil
		}
		return before(cmd, args)
	}
	return func(ctx context.Context, req *http.Request) error {
		var fields []string
		for _, v := range values {
			if slices.Contains(cleared, v.name) {
				fields = append(fields, v.field)
			}
		}
		return tapkey.Null(fields...)(ctx, req)
	}
}
