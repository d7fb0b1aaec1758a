package flow

import "go.yaml.in/yaml/v3"

// Pair is a key of a mapping with its value. Raw is what stands there, which
// may be an alias; Value is what it stands for.
type Pair struct {
	Key, Raw, Value *yaml.Node
}

// Resolve follows aliases. An alias that leads to itself ends at an empty node.
func Resolve(n *yaml.Node) *yaml.Node {
	for range 8 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return &yaml.Node{}
}

// Pairs lists a mapping's pairs; of anything else there are none.
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

// Get finds a key of a mapping, or nil.
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

// Text is a scalar's string, "" for anything else.
func Text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// Input is the text of one of a step's inputs, "" where it is not given.
func (s *Step) Input(name string) string { return Text(value(s.With, name)) }

// Scalars calls visit for each scalar below n, in the order of the file.
// Aliases are not followed: each place is visited once.
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
