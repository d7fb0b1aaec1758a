package meta

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Defaults are publish's own rules for an empty input tags; the input is not
// read. A SemVer tag gives its version, major.minor, major (not 0) and, if no
// higher stable version is in the registry, latest; another tag and a branch
// give their names, a pull request pr-N, a schedule nightly. None of them moves
// back: of two versions of a series the higher one keeps the series' tag.
//
// Events that merely report the default branch give no tag, because what they
// build need not be that branch.
func Defaults(ctx context.Context, in Inputs, c Context) (Result, error) {
	c.Event = rewrite(c)
	if n := c.Event.Payload.number("number"); n != "" && strings.HasPrefix(c.Event.Name, "pull_request") {
		// A merged pull request reports its base branch.
		c.Event.Ref = "refs/pull/" + n + "/merge"
	}
	e, err := newEngine(ctx, in, c)
	if err != nil {
		return Result{}, err
	}
	e.ours, e.careful = true, true
	switch e.flavor.latest {
	case "auto", "highest":
		e.flavor.latest = "highest"
		if e.unmoved(false) != "" {
			e.flavor.latest = "false"
		}
	}
	rules, err := e.defaultRules()
	if err != nil {
		return Result{}, err
	}
	return e.finish(rules)
}

// defaultRules are all of them, with the reason for those that do not apply.
func (e *engine) defaultRules() ([]rule, error) {
	var out []rule
	for _, d := range []struct{ text, skip string }{
		{"type=schedule", ""},
		{"type=semver,pattern={{version}}", e.unversioned()},
		{"type=semver,pattern={{major}}.{{minor}}", e.unmoved(false)},
		{"type=semver,pattern={{major}}", e.unmoved(true)},
		{"type=raw,value={{version}}", e.versioned()},
		{"type=ref,event=branch", e.unbranched()},
		{"type=ref,event=tag", e.untagged()},
		{"type=ref,event=pr", e.unpulled()},
	} {
		r, err := parseRule(d.text)
		if err != nil {
			return nil, err
		}
		if r.skip = d.skip; e.c.Event.Payload.truth("deleted") {
			r.skip = "the push deleted " + e.c.Event.Ref
		}
		if r.kind == "raw" {
			r.attrs["value"] = trimJS(e.in.Version)
		}
		out = append(out, r)
	}
	return out, nil
}

// source is the version to publish: the input, or the git tag.
func (e *engine) source() string {
	if v := trimJS(e.in.Version); v != "" {
		return v
	}
	return e.under("refs/tags/")
}

// unversioned says why there is no version tag, if so.
func (e *engine) unversioned() string {
	source := e.source()
	if source == "" {
		return fmt.Sprintf("ref %s is no tag; set the input version", e.c.Event.Ref)
	}
	if _, ok := parseSemver(source); !ok {
		return source + " is not a valid semver"
	}
	return ""
}

// unmoved says why a moving tag stays.
func (e *engine) unmoved(major bool) string {
	if why := e.unversioned(); why != "" {
		return why
	}
	v, _ := parseSemver(e.source())
	p := e.c.Event.Payload
	switch {
	case v.Prerelease() != "":
		return plain(v) + " is a prerelease"
	case p.truth("release", "prerelease"):
		return "the release is marked as a prerelease"
	case p.truth("release", "draft"):
		return "the release is a draft"
	case major && v.Major() == 0:
		return "versions 0.x promise each other nothing"
	}
	return ""
}

// versioned says why the input version is not a tag as it stands.
func (e *engine) versioned() string {
	if trimJS(e.in.Version) == "" {
		return "the input version is empty"
	}
	if e.unversioned() == "" {
		return "type=semver applies"
	}
	return ""
}

// branchEvents are those that build the branch they report.
var branchEvents = []string{"push", "workflow_dispatch"}

// unbranched says why the branch is not the tag.
func (e *engine) unbranched() string {
	switch name := e.c.Event.Name; {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case strings.Contains(name, "schedule"):
		return "type=schedule applies"
	case !slices.Contains(branchEvents, name):
		return fmt.Sprintf("event %s need not be about the branch it reports; set tags", name)
	}
	return ""
}

// untagged says why the git tag's name is not the tag.
func (e *engine) untagged() string {
	switch {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case e.unversioned() == "":
		return "type=semver applies"
	}
	return ""
}

// unpulled says why the pull request is not the tag.
func (e *engine) unpulled() string {
	if trimJS(e.in.Version) != "" {
		return "the input version is set"
	}
	return ""
}
