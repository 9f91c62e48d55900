// Package yamltree reads an OpenAPI document as a tree that knows lines and columns.
package yamltree

import (
	"fmt"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Node is a place in a document. The zero Node stands for what is not there, and
// everything asked of it is not there either.
type Node struct {
	root *yaml.Node
	node *yaml.Node
	key  *yaml.Node // names the node in its mapping; nil elsewhere
}

// Parse reads a document.
func Parse(data []byte) (Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return Node{}, err
	}
	if len(doc.Content) != 1 {
		return Node{}, fmt.Errorf("the document is empty")
	}
	return Node{root: doc.Content[0], node: doc.Content[0]}, nil
}

// Ok reports whether the node is there.
func (n Node) Ok() bool { return n.node != nil }

// Line and Column are where the node begins: its key, if it has one.
func (n Node) Line() int { return n.position().Line }

// Column is the column that goes with Line.
func (n Node) Column() int { return n.position().Column }

func (n Node) position() *yaml.Node {
	switch {
	case n.key != nil:
		return n.key
	case n.node != nil:
		return n.node
	}
	return &yaml.Node{Line: 1, Column: 1}
}

// Text is the value of a scalar, empty for anything else.
func (n Node) Text() string {
	if n.node == nil || n.node.Kind != yaml.ScalarNode {
		return ""
	}
	return n.node.Value
}

// Get goes down by keys, without following references.
func (n Node) Get(keys ...string) Node {
	for _, key := range keys {
		var found Node
		for name, child := range n.Members() {
			if name == key {
				found = child
				break
			}
		}
		n = found
	}
	return n
}

// Members iterates over a mapping in the order of the document.
func (n Node) Members() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		if n.node == nil || n.node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.node.Content); i += 2 {
			key := n.node.Content[i]
			if !yield(key.Value, Node{n.root, n.node.Content[i+1], key}) {
				return
			}
		}
	}
}

// Items iterates over a sequence.
func (n Node) Items() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.node == nil || n.node.Kind != yaml.SequenceNode {
			return
		}
		for _, item := range n.node.Content {
			if !yield(Node{root: n.root, node: item}) {
				return
			}
		}
	}
}

// Texts returns the scalars of a sequence.
func (n Node) Texts() []string {
	var list []string
	for item := range n.Items() {
		list = append(list, item.Text())
	}
	return list
}

// Ref returns the target of a reference, and the reference itself. Without one it
// returns the node and an empty string.
func (n Node) Ref() (Node, string) {
	ref := n.Get("$ref").Text()
	if ref == "" {
		return n, ""
	}
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return Node{}, ref
	}
	return Node{root: n.root, node: n.root}.Get(strings.Split(path, "/")...), ref
}

// Resolve follows a reference if there is one.
func (n Node) Resolve() Node {
	target, _ := n.Ref()
	return target
}

// Walk visits a node and all that is below it, references not followed.
func (n Node) Walk(visit func(Node)) {
	if !n.Ok() {
		return
	}
	visit(n)
	for _, child := range n.Members() {
		child.Walk(visit)
	}
	for item := range n.Items() {
		item.Walk(visit)
	}
}

// Same reports whether two nodes are the same place.
func (n Node) Same(other Node) bool { return n.node == other.node }
