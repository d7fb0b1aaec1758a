package compare

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxValue is the maximum size of a value in a ConfigChange, in bytes.
const maxValue = 400

// config lists the differences of two configs that matter to the operator of the image.
func config(before, after *v1.Config) []ConfigChange {
	var out []ConfigChange
	for _, f := range []struct{ field, before, after string }{
		{"user", before.User, after.User},
		{"entrypoint", list(before.Entrypoint), list(after.Entrypoint)},
		{"cmd", list(before.Cmd), list(after.Cmd)},
		{"workdir", before.WorkingDir, after.WorkingDir},
		{"stop-signal", before.StopSignal, after.StopSignal},
	} {
		if f.before != f.after {
			out = append(out, ConfigChange{Field: f.field, Change: kindOf(f.before != "", f.after != ""), Before: cut(f.before), After: cut(f.after)})
		}
	}
	out = append(out, pairs("port", keys(before.ExposedPorts), keys(after.ExposedPorts), false)...)
	out = append(out, pairs("volume", keys(before.Volumes), keys(after.Volumes), false)...)
	// The value of a variable can be a secret, so only the name is in the result.
	out = append(out, pairs("env", variables(before.Env), variables(after.Env), false)...)
	return append(out, pairs("label", before.Labels, after.Labels, true)...)
}

// pairs lists the keys that only one of two maps has, and the keys whose values differ.
func pairs(field string, before, after map[string]string, values bool) []ConfigChange {
	all := maps.Clone(before)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, after)
	var out []ConfigChange
	for _, key := range slices.Sorted(maps.Keys(all)) {
		old, was := before[key]
		now, is := after[key]
		if was == is && old == now {
			continue
		}
		c := ConfigChange{Field: field, Name: cut(key), Change: kindOf(was, is)}
		if values {
			c.Before, c.After = cut(old), cut(now)
		}
		out = append(out, c)
	}
	return out
}

func kindOf(was, is bool) Kind {
	switch {
	case !was:
		return Added
	case !is:
		return Removed
	}
	return Changed
}

// keys returns a map whose values are empty.
func keys(set map[string]struct{}) map[string]string {
	out := map[string]string{}
	for key := range set {
		out[key] = ""
	}
	return out
}

// variables maps the names of variables to their values.
func variables(env []string) map[string]string {
	out := map[string]string{}
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		out[name] = value
	}
	return out
}

// list returns a command as JSON, or "" for an empty command.
func list(command []string) string {
	if len(command) == 0 {
		return ""
	}
	raw, err := json.Marshal(command)
	if err != nil {
		return "" // A list of texts has no value that JSON cannot contain.
	}
	return string(raw)
}

// cut truncates a text to at most maxValue bytes of valid UTF-8.
func cut(s string) string {
	if len(s) <= maxValue {
		return s
	}
	return strings.ToValidUTF8(s[:maxValue], "") + "…"
}
