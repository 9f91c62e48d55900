// Package yamltree reads an OpenAPI document as a tree of nodes with lines and columns.
package yamltree

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Node is a node of a document. The zero Node does not exist: it has no text and no
// children.
type Node struct {
	root *yaml.Node
	node *yaml.Node
	key  *yaml.Node // the key of the node in a mapping, or nil
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

// Ok reports whether the node exists.
func (n Node) Ok() bool { return n.node != nil }

// Line returns the line of the node: that of its key, if it has one.
func (n Node) Line() int { return n.position().Line }

// Column returns the column of the node: that of its key, if it has one.
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

// Text returns the value of a scalar, or "" for any other node.
func (n Node) Text() string {
	if n.node == nil || n.node.Kind != yaml.ScalarNode {
		return ""
	}
	return n.node.Value
}

// Tag returns the type of the value: "!!str", "!!int", "!!float", "!!bool", "!!null",
// "!!seq" or "!!map". It returns "" if the node does not exist.
func (n Node) Tag() string {
	if n.node == nil {
		return ""
	}
	return n.node.ShortTag()
}

// Get returns the descendant with the given keys. The key of an item is its index. Get does
// not follow references.
func (n Node) Get(keys ...string) Node {
	for _, key := range keys {
		found := n.item(key)
		for name, child := range n.Fields() {
			if name == key {
				found = child
				break
			}
		}
		n = found
	}
	return n
}

// item returns the item of a sequence whose index is key.
func (n Node) item(key string) Node {
	if n.node == nil || n.node.Kind != yaml.SequenceNode {
		return Node{}
	}
	index, err := strconv.Atoi(key)
	if err != nil || index < 0 || index >= len(n.node.Content) {
		return Node{}
	}
	return Node{root: n.root, node: n.node.Content[index]}
}

// Fields iterates over the keys and values of a mapping, in the order of the document.
func (n Node) Fields() iter.Seq2[string, Node] {
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

// Items iterates over the nodes of a sequence.
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

// Texts returns the texts of the nodes of a sequence.
func (n Node) Texts() []string {
	var list []string
	for item := range n.Items() {
		list = append(list, item.Text())
	}
	return list
}

// Ref returns the target of the node's $ref, and the reference. If the node has no $ref,
// it returns the node and "".
func (n Node) Ref() (Node, string) {
	ref := n.Get("$ref").Text()
	if ref == "" {
		return n, ""
	}
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return Node{}, ref
	}
	keys := strings.Split(path, "/")
	for i, key := range keys {
		keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	}
	return Node{root: n.root, node: n.root}.Get(keys...), ref
}

// Resolve returns the target of the node's $ref, or the node if it has none.
func (n Node) Resolve() Node {
	target, _ := n.Ref()
	return target
}

// Walk calls visit for the node and its descendants. It does not follow references.
func (n Node) Walk(visit func(Node)) {
	if !n.Ok() {
		return
	}
	visit(n)
	for _, child := range n.Fields() {
		child.Walk(visit)
	}
	for item := range n.Items() {
		item.Walk(visit)
	}
}

// Same reports whether two nodes are at the same location of a document.
func (n Node) Same(other Node) bool { return n.node == other.node }

// Equal reports whether two nodes have the same keys and values, in the same order.
func (n Node) Equal(other Node) bool {
	if !n.Ok() || !other.Ok() || n.Tag() != other.Tag() || n.Text() != other.Text() || len(n.node.Content) != len(other.node.Content) {
		return n.Ok() == other.Ok() && !n.Ok()
	}
	for i := range n.node.Content {
		if !(Node{node: n.node.Content[i]}).Equal(Node{node: other.node.Content[i]}) {
			return false
		}
	}
	return true
}
