package flow

import (
	"maps"

	"go.yaml.in/yaml/v3"
)

// maxCombos is the maximum number of jobs of a matrix. GitHub has the same
// maximum.
const maxCombos = 256

// Combos returns the combinations of the matrix of a job. Combos applies the
// key "include" like GitHub, but ignores the key "exclude". If the job has no
// matrix, or if only a run knows the matrix, Combos returns one empty
// combination.
func (j *Job) Combos() []Combo {
	if j.combos == nil {
		j.combos = j.makeCombos()
	}
	return j.combos
}

func (j *Job) makeCombos() []Combo {
	combos := []Combo{{}}
	original := map[string]bool{}
	for _, p := range Pairs(j.matrix) {
		if p.Key.Value == "include" || p.Key.Value == "exclude" || p.Value.Kind != yaml.SequenceNode {
			continue
		}
		original[p.Key.Value] = true
		combos = multiply(combos, p.Key.Value, p.Value.Content)
	}
	include := Value(j.matrix, "include")
	if include == nil || include.Kind != yaml.SequenceNode {
		return combos
	}
	if len(original) == 0 {
		combos = nil
	}
	plain := len(combos)
	for _, entry := range include.Content {
		combos = extend(combos, plain, original, Resolve(entry))
	}
	if len(combos) == 0 {
		return []Combo{{}}
	}
	return combos
}

func multiply(combos []Combo, key string, values []*yaml.Node) []Combo {
	var out []Combo
	for _, c := range combos {
		for _, v := range values {
			if len(out) == maxCombos {
				return out
			}
			next := maps.Clone(c)
			next[key] = Resolve(v)
			out = append(out, next)
		}
	}
	return out
}

// extend applies an entry of the key "include". The function "extend" adds the entry to
// each combination whose original values stay the same. If no such combination exists,
// the entry becomes a new combination.
func extend(combos []Combo, plain int, original map[string]bool, entry *yaml.Node) []Combo {
	added := false
	for _, c := range combos[:plain] {
		if !matches(c, original, entry) {
			continue
		}
		for _, p := range Pairs(entry) {
			c[p.Key.Value] = p.Value
		}
		added = true
	}
	if added || len(combos) >= maxCombos {
		return combos
	}
	own := Combo{}
	for _, p := range Pairs(entry) {
		own[p.Key.Value] = p.Value
	}
	return append(combos, own)
}

func matches(c Combo, original map[string]bool, entry *yaml.Node) bool {
	for _, p := range Pairs(entry) {
		if original[p.Key.Value] && Text(c[p.Key.Value]) != Text(p.Value) {
			return false
		}
	}
	return true
}
