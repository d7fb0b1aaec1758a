package flow

import (
	"maps"

	"go.yaml.in/yaml/v3"
)

// maxCombos is the most jobs a matrix may make (GitHub's limit).
const maxCombos = 256

// Combos lists the combinations of the job's matrix as GitHub makes them from
// its lists and "include"; "exclude" is not applied. A job without a matrix, or
// with one that only a run can know, has one empty combination.
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
	include := value(j.matrix, "include")
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

// extend adds an entry of "include" to each combination whose original values
// it does not overwrite, or else as one of its own.
func extend(combos []Combo, plain int, original map[string]bool, entry *yaml.Node) []Combo {
	added := false
	for _, c := range combos[:plain] {
		if !fits(c, original, entry) {
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

func fits(c Combo, original map[string]bool, entry *yaml.Node) bool {
	for _, p := range Pairs(entry) {
		if original[p.Key.Value] && Text(c[p.Key.Value]) != Text(p.Value) {
			return false
		}
	}
	return true
}
