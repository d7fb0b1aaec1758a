package flow

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pair is a key of a mapping with its value. Raw is the value node in the file,
// which may be an alias. Value is the node after resolving the alias.
type Pair struct {
	Key, Raw, Value *yaml.Node
}

// Resolve follows aliases. It returns an empty node for an alias that refers to
// itself.
func Resolve(n *yaml.Node) *yaml.Node {
	for range 8 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return &yaml.Node{}
}

// Pairs returns the pairs of a mapping. It returns nil for a node of another
// kind.
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

// Get returns the pair with the given key of a mapping, or nil.
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

func value(n *yaml.Node, key string) *yaml.Node {
	if p := Get(n, key); p != nil {
		return p.Value
	}
	return nil
}

// Text returns the string of a scalar, or "" for a node of another kind.
func Text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// Input returns the text of one of the step's inputs, or "" if the input is not
// set. It removes blanks at both ends, as actions do when they read an input.
func (s *Step) Input(name string) string { return strings.TrimSpace(Text(value(s.With, name))) }

// Scalars calls visit for each scalar below n, in the order of the file. It
// does not follow aliases, so it visits each node once.
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
