package selftest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is an OpenAPI document that can be edited. The order of its keys is kept.
//
// A path names a node: keys and indexes, separated by slashes. A slash in a key is written
// as ~1. In a list, a name stands for the item that has it as name, or is a reference to a
// component with that name. The first part may be #id for an operation, or ^id for the
// path that the operation belongs to.
type document struct{ root *yaml.Node }

func parseDocument(data []byte) (document, error) {
	var doc yaml.Node
	err := yaml.Unmarshal(data, &doc)
	return document{&doc}, err
}

func (d document) bytes() ([]byte, error) { return yaml.Marshal(d.root) }

// treeEdit changes a document. It returns an error if the document has no such node.
type treeEdit func(document) error

// put sets the node at a path to a value in YAML. It adds the last key of the path if the
// document does not have it. In a list, an unknown key appends the value.
func put(path, value string) treeEdit {
	return func(d document) error {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(value), &doc); err != nil {
			return err
		}
		return d.store(path, doc.Content[0])
	}
}

// remove removes the node at a path.
func remove(path string) treeEdit {
	return func(d document) error {
		_, err := d.take(path)
		return err
	}
}

// move moves the node at a path to another path.
func move(from, to string) treeEdit {
	return func(d document) error {
		node, err := d.take(from)
		if err != nil {
			return err
		}
		return d.store(to, node)
	}
}

// duplicate copies the node at a path to another path.
func duplicate(from, to string) treeEdit {
	return func(d document) error {
		node, err := d.find(from)
		if err != nil {
			return err
		}
		return d.store(to, node)
	}
}

// reverse reverses the order of a mapping or a list.
func reverse(path string) treeEdit {
	return func(d document) error {
		node, err := d.find(path)
		if err != nil {
			return err
		}
		slices.Reverse(node.Content)
		if node.Kind == yaml.MappingNode { // the keys precede the values
			for i := 0; i < len(node.Content); i += 2 {
				node.Content[i], node.Content[i+1] = node.Content[i+1], node.Content[i]
			}
		}
		return nil
	}
}

// replaceAll replaces a text in all keys and values.
func replaceAll(from, to string) treeEdit {
	return func(d document) error {
		count := 0
		var visit func(*yaml.Node)
		visit = func(node *yaml.Node) {
			if node.Kind == yaml.ScalarNode && strings.Contains(node.Value, from) {
				node.Value = strings.ReplaceAll(node.Value, from, to)
				count++
			}
			for _, child := range node.Content {
				visit(child)
			}
		}
		visit(d.root)
		if count == 0 {
			return fmt.Errorf("the document has no %q", from)
		}
		return nil
	}
}

// renameKeys renames a key wherever it is.
func renameKeys(from, to string) treeEdit {
	return func(d document) error {
		var visit func(*yaml.Node)
		visit = func(node *yaml.Node) {
			for i, child := range node.Content {
				if node.Kind == yaml.MappingNode && i%2 == 0 && child.Value == from {
					child.Value = to
				}
				visit(child)
			}
		}
		visit(d.root)
		return nil
	}
}

// all makes several edits.
func all(edits ...treeEdit) treeEdit {
	return func(d document) error {
		for _, edit := range edits {
			if err := edit(d); err != nil {
				return err
			}
		}
		return nil
	}
}

// find returns the node at a path.
func (d document) find(path string) (*yaml.Node, error) {
	node := d.root.Content[0]
	for i, part := range strings.Split(path, "/") {
		if i == 0 && (part[0] == '#' || part[0] == '^') {
			node = d.operation(part)
		} else {
			_, node = child(node, strings.ReplaceAll(part, "~1", "/"))
		}
		if node == nil {
			return nil, fmt.Errorf("the document has no %q in %q", part, path)
		}
	}
	return node, nil
}

// operation returns the operation #id, or the path ^id of the operation.
func (d document) operation(name string) *yaml.Node {
	_, paths := child(d.root.Content[0], "paths")
	for i := 1; i < len(paths.Content); i += 2 {
		item := paths.Content[i]
		for j := 1; j < len(item.Content); j += 2 {
			if _, id := child(item.Content[j], "operationId"); id == nil || id.Value != name[1:] {
				continue
			}
			if name[0] == '^' {
				return item
			}
			return item.Content[j]
		}
	}
	return nil
}

// child returns the child with a key, an index or a name, and its index.
func child(node *yaml.Node, key string) (int, *yaml.Node) {
	for i, item := range node.Content {
		switch node.Kind {
		case yaml.MappingNode:
			if i%2 == 0 && item.Value == key {
				return i + 1, node.Content[i+1]
			}
		case yaml.SequenceNode:
			_, name := child(item, "name")
			_, ref := child(item, "$ref")
			if strconv.Itoa(i) == key || item.Value == key || name != nil && name.Value == key ||
				ref != nil && strings.HasSuffix(ref.Value, "/"+key) {
				return i, item
			}
		}
	}
	return -1, nil
}

// store sets the node at a path, and adds its last key if necessary.
func (d document) store(path string, value *yaml.Node) error {
	parent, key, err := d.parent(path)
	if err != nil {
		return err
	}
	i, _ := child(parent, key)
	switch {
	case i >= 0:
		parent.Content[i] = value
	case parent.Kind == yaml.SequenceNode:
		parent.Content = append(parent.Content, value)
	default:
		parent.Content = append(parent.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
	}
	return nil
}

// take removes the node at a path and returns it.
func (d document) take(path string) (*yaml.Node, error) {
	parent, key, err := d.parent(path)
	if err != nil {
		return nil, err
	}
	i, node := child(parent, key)
	switch {
	case node == nil:
		return nil, fmt.Errorf("the document has no %q", path)
	case parent.Kind == yaml.MappingNode:
		parent.Content = slices.Delete(parent.Content, i-1, i+1)
	default:
		parent.Content = slices.Delete(parent.Content, i, i+1)
	}
	return node, nil
}

func (d document) parent(path string) (node *yaml.Node, key string, err error) {
	i := strings.LastIndex(path, "/")
	if i < 0 {
		return d.root.Content[0], path, nil
	}
	node, err = d.find(path[:i])
	return node, strings.ReplaceAll(path[i+1:], "~1", "/"), err
}
