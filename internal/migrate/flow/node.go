package flow

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pair is a key of a YAML mapping with its value. Raw is the node of the value
// in the file, which can be an alias. Value is the node to which the alias
// refers.
type Pair struct {
	Key, Raw, Value *yaml.Node
}

// Resolve returns the node to which an alias refers. Resolve returns an empty
// node for an alias that refers to itself.
func Resolve(n *yaml.Node) *yaml.Node {
	for range 8 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return &yaml.Node{}
}

// Pairs returns the pairs of a YAML mapping. Pairs returns nil if the node is
// not a mapping.
func Pairs(n *yaml.Node) []Pair {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	pairs := make([]Pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, Pair{n.Content[i], n.Content[i+1], Resolve(n.Content[i+1])})
	}
	return pairs
}

// Get returns the pair that has the given key in a YAML mapping. Get returns nil if no
// pair has the key.
func Get(n *yaml.Node, key string) *Pair {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return &Pair{n.Content[i], n.Content[i+1], Resolve(n.Content[i+1])}
		}
	}
	return nil
}

// Value returns the value of a key in a YAML mapping. Value returns nil if the mapping does
// not have the key.
func Value(n *yaml.Node, key string) *yaml.Node {
	if p := Get(n, key); p != nil {
		return p.Value
	}
	return nil
}

// Text returns the string of a YAML scalar. Text returns "" if the node is not
// a scalar.
func Text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// Input returns the value of an input of the step, or "" if the step does not
// set the input. Input removes blanks at both ends, because actions also remove
// them.
func (s *Step) Input(name string) string { return strings.TrimSpace(Text(Value(s.With, name))) }

// Scalars calls the function "visit" for each scalar below the node n, in the order of
// the file. Scalars does not follow aliases, so it visits each node only once.
func Scalars(n *yaml.Node, visit func(*yaml.Node)) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		visit(n)
	}
	for _, c := range n.Content {
		Scalars(c, visit)
	}
}
