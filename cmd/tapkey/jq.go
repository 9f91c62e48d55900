package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/itchyny/gojq"
)

// compileJQ compiles an expression of jq. It gives the expression no access to the
// environment, to files or to modules.
func compileJQ(expression string) (*gojq.Code, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("invalid --jq: %w", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, fmt.Errorf("invalid --jq: %w", err)
	}
	return code, nil
}

// printJQ prints the results of an expression for a JSON value, one per line: strings
// without quotes, other values as JSON.
func printJQ(ctx context.Context, w io.Writer, code *gojq.Code, in io.Reader) error {
	decoder := json.NewDecoder(in)
	decoder.UseNumber() // large numbers keep their digits
	var value any
	if err := decoder.Decode(&value); err != nil {
		return &failure{fmt.Errorf("--jq: the response is not JSON: %w", err)}
	}
	results := code.RunWithContext(ctx, value)
	for {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		var text string
		switch r := result.(type) {
		case error:
			if halt, ok := errors.AsType[*gojq.HaltError](r); ok && halt.Value() == nil {
				return nil
			}
			return &failure{fmt.Errorf("--jq: %w", r)}
		case string:
			text = withoutControls(r)
		default:
			line, err := gojq.Marshal(r)
			if err != nil {
				return asFailure(err)
			}
			text = string(escapeControls(line))
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return asFailure(err)
		}
	}
}

// withoutControls replaces each control character by a space, except for line feeds and
// tabs, which an expression may add.
func withoutControls(s string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, s)
}
