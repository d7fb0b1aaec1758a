package meta

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// flavor holds the settings that apply to all tags.
type flavor struct {
	latest                     string // latest is "auto", "true", "false" or "highest".
	prefix, suffix             string
	prefixLatest, suffixLatest bool
}

// parseFlavor parses the input "flavor". If the argument "strict" is true, parseFlavor
// returns an error for text that docker/metadata-action ignores.
func parseFlavor(input string, strict bool) (flavor, error) {
	out := flavor{latest: "auto"}
	items, err := list("flavor", input)
	if err != nil {
		return out, err
	}
	for _, item := range items {
		if err := out.record(item, strict); err != nil {
			return out, err
		}
	}
	return out, nil
}

// record stores the entries of one line of the input "flavor".
func (f *flavor) record(item string, strict bool) error {
	all, err := fields("flavor", item)
	if err != nil {
		return err
	}
	var onLatest *bool // onLatest points to the setting "onlatest" of the last prefix or suffix before the current entry.
	for _, field := range all {
		if strict {
			if err := checkFlavorField(field, item, onLatest != nil); err != nil {
				return err
			}
		}
		if err := f.set(field, item, &onLatest); err != nil {
			return err
		}
	}
	return nil
}

func (f *flavor) set(field, item string, onLatest **bool) error {
	key, value, _ := setting(field)
	switch key {
	case "latest":
		f.latest = value
		return f.checkLatest(item)
	case "prefix":
		f.prefix, *onLatest = value, &f.prefixLatest
	case "suffix":
		f.suffix, *onLatest = value, &f.suffixLatest
	case "onlatest":
		if value != "true" && value != "false" {
			return diag.Inputf("flavor", CodeFlavorOnLatest, strings.TrimSpace(nearest.Question(value, []string{"true", "false"})+" Write onlatest=true or onlatest=false."), "the entry %q of the input flavor is invalid, because the value of onlatest must be true or false", item)
		}
		if *onLatest != nil {
			**onLatest = value == "true"
		}
	default:
		return diag.Inputf("flavor", CodeFlavorUnknown, flavorHint(field), "the flavor %q has the unknown entry %q", item, field)
	}
	return nil
}

func (f *flavor) checkLatest(item string) error {
	switch f.latest {
	case "auto", "true", "false", "highest":
		return nil
	}
	hint := "Write latest=auto, latest=true, latest=false or latest=highest."
	if question := nearest.Question(f.latest, []string{"auto", "true", "false", "highest"}); question != "" {
		hint = question + " " + hint
	}
	return diag.Inputf("flavor", CodeFlavorLatest, hint, "the flavor %q has latest=%q", item, f.latest)
}
