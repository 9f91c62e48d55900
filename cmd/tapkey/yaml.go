package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

func printYAML(w io.Writer, value any) error {
	text, err := yamlText(value)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return asFailure(err)
}

// printYAMLList prints a sequence item by item, with the named fields or, if fields is
// nil, all of them.
func printYAMLList[T any](w io.Writer, fields []string, items iter.Seq2[T, error]) error {
	empty := true
	for item, err := range items {
		if err != nil {
			return asFailure(err)
		}
		empty = false
		if err := printYAML(w, []any{selected(item, fields)}); err != nil {
			return err
		}
	}
	if empty {
		_, err := io.WriteString(w, "[]\n")
		return asFailure(err)
	}
	return nil
}

// yamlText returns value as YAML with the fields of its JSON, in their order. It is safe
// for a terminal.
func yamlText(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, asFailure(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	node, err := yamlNode(decoder)
	if err != nil {
		return nil, asFailure(err)
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(node), encoder.Close()); err != nil {
		return nil, asFailure(err)
	}
	return escapeControls(b.Bytes()), nil
}

// yamlNode reads the next value of a JSON text.
func yamlNode(decoder *json.Decoder) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	node := &yaml.Node{}
	delim, nested := token.(json.Delim)
	if !nested {
		return node, yamlScalar(node, token)
	}
	node.Kind = yaml.SequenceNode
	if delim == '{' {
		node.Kind = yaml.MappingNode
	}
	for decoder.More() {
		child, err := yamlNode(decoder) // of an object: the name, then the value
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, child)
	}
	if len(node.Content) == 0 {
		node.Style = yaml.FlowStyle
	}
	_, err = decoder.Token() // the end of the object or array
	return node, err
}

// yamlScalar sets node to a string, number, boolean or null.
func yamlScalar(node *yaml.Node, token json.Token) error {
	switch v := token.(type) {
	case json.Number:
		node.Kind, node.Value = yaml.ScalarNode, v.String()
		return nil
	case string:
		err := node.Encode(v)
		if strings.ContainsFunc(v, func(r rune) bool { return r != '\n' && isControl(r) }) {
			node.Style = yaml.DoubleQuotedStyle // the only one with escapes
		}
		return err
	}
	return node.Encode(token)
}
