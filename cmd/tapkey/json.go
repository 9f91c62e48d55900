package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// printArray prints a JSON array item by item, with the named fields or, if fields is
// nil, all of them.
func printArray[T any](w io.Writer, fields []string, items iter.Seq2[T, error]) error {
	before, after := "[\n  ", "[]\n"
	for item, err := range items {
		if err != nil {
			return asFailure(err)
		}
		text, err := jsonText(selected(item, fields), "  ")
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, before+text); err != nil {
			return asFailure(err)
		}
		before, after = ",\n  ", "\n]\n"
	}
	_, err := io.WriteString(w, after)
	return asFailure(err)
}

func printJSON(w io.Writer, value any) error {
	text, err := jsonText(value, "")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text+"\n")
	return asFailure(err)
}

// printJSONLines prints each item as JSON on a line.
func printJSONLines[T any](w io.Writer, fields []string, items iter.Seq2[T, error]) error {
	for item, err := range items {
		if err != nil {
			return asFailure(err)
		}
		if err := printJSONLine(w, selected(item, fields)); err != nil {
			return err
		}
	}
	return nil
}

// printJSONLine prints a value as JSON on a line.
func printJSONLine(w io.Writer, value any) error {
	text, err := jsonText(value, "")
	if err != nil {
		return err
	}
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(text)); err != nil {
		return asFailure(err)
	}
	line.WriteByte('\n')
	_, err = line.WriteTo(w)
	return asFailure(err)
}

// selected returns the named fields of an item, or the item itself if fields is nil.
func selected(item any, fields []string) any {
	if fields == nil {
		return item
	}
	return selectFields(item, fields)
}

// selectFields returns the named fields of an item, as far as it has them.
func selectFields(item any, names []string) map[string]json.RawMessage {
	all, selected := fieldsOf(item), make(map[string]json.RawMessage, len(names))
	for _, name := range names {
		if value, ok := all[name]; ok {
			selected[name] = value
		}
	}
	return selected
}

// fieldsOf returns the fields of an item by their JSON names.
func fieldsOf(item any) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if text, err := json.Marshal(item); err == nil {
		_ = json.Unmarshal(text, &fields) // fails if it is not an object, which has no fields
	}
	return fields
}

// unquoted returns a JSON value as text: a string without its quotes, null as "".
func unquoted(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// jsonText returns value as indented JSON that is safe for a terminal.
func jsonText(value any, prefix string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "", asFailure(err)
	}
	return string(escapeControls(bytes.TrimRight(b.Bytes(), "\n"))), nil
}

// escapeControls escapes the control characters that JSON allows in a string but a
// terminal may interpret.
func escapeControls(text []byte) []byte {
	if !bytes.ContainsFunc(text, isControl) {
		return text
	}
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r != '\n' && isControl(r) {
			out = fmt.Appendf(out, "\\u%04x", r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
