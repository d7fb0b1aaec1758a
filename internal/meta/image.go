package meta

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// parseImages parses the input "images", and returns the enabled images in lower case.
// parseImages does not validate the names, because a name may be a template of another
// tool.
func parseImages(input string) ([]string, error) {
	items, err := list("images", input)
	if err != nil {
		return nil, err
	}
	if len(items) == 1 {
		if old, ok, err := commaImages(items[0]); ok || err != nil {
			return old, err
		}
	}
	var out []string
	for _, item := range items {
		name, enabled, err := parseImage(item)
		if err != nil {
			return nil, err
		}
		if enabled {
			out = append(out, name)
		}
	}
	return out, nil
}

// commaImages parses the old form of the input "images", which is a single line "a,b".
// The result "ok" is false if the line has attributes.
func commaImages(item string) (names []string, ok bool, err error) {
	all, err := fields("images", item)
	if err != nil {
		return nil, false, err
	}
	for _, f := range all {
		_, name, named := setting(f)
		if named {
			return nil, false, nil
		}
		names = append(names, strings.ToLower(name))
	}
	return names, true, nil
}

// parseImage parses a line of the form name=…,enable=…, or a name without
// attributes.
func parseImage(item string) (name string, enabled bool, err error) {
	all, err := fields("images", item)
	if err != nil {
		return "", false, err
	}
	enabled = true
	for _, f := range all {
		key, value, named := setting(f)
		switch {
		case !named, key == "name":
			name = strings.ToLower(value)
		case key == "enable" && (value == "true" || value == "false"):
			enabled = value == "true"
		case key == "enable":
			return "", false, diag.Inputf("images", CodeImageAttribute, "Write enable=true or enable=false. The attribute enable of an image cannot contain an expression.",
				"the image %q has enable=%q", item, value)
		default:
			return "", false, diag.Inputf("images", CodeImageAttribute, "An image can have only the attributes name and enable.",
				"the image %q has the unknown attribute %q", item, key)
		}
	}
	if name == "" {
		return "", false, diag.Inputf("images", CodeImageName, "Write the image as ghcr.io/owner/name or name=ghcr.io/owner/name.",
			"the image %q has no name", item)
	}
	return name, enabled, nil
}
