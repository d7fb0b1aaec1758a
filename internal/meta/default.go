package meta

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Defaults computes the result of the default rules. These rules apply if the
// input "tags" is empty, so Defaults ignores in.Tags.
//
// A SemVer tag gives the tags of its full version, of major.minor, and of major
// (except 0). It also gives latest if the registry has no higher stable
// version. Another Git tag and a branch give their names. A pull request gives
// pr-N, and a schedule gives nightly. A moving tag never goes back to a lower
// version of its series.
//
// Some events report the default branch although they build another commit.
// These events give no tag.
func Defaults(ctx context.Context, in Inputs, c Context) (Result, error) {
	c.Event = rewrite(c)
	if n := c.Event.Payload.number("number"); n != "" && strings.HasPrefix(c.Event.Name, "pull_request") {
		// The ref of a merged pull request is its base branch.
		c.Event.Ref = "refs/pull/" + n + "/merge"
	}
	e, err := newEngine(ctx, in, c)
	if err != nil {
		return Result{}, err
	}
	e.ownDefaults, e.forwardOnly = true, true
	switch e.flavor.latest {
	case "auto", "highest":
		e.flavor.latest = "highest"
		if e.noMovingTagReason(false) != "" {
			e.flavor.latest = "false"
		}
	}
	rules, err := e.defaultRules()
	if err != nil {
		return Result{}, err
	}
	return e.finish(rules)
}

// defaultRules returns all default rules. If a rule does not apply, its field
// skip contains the reason.
func (e *engine) defaultRules() ([]rule, error) {
	var out []rule
	for _, d := range []struct{ text, skip string }{
		{"type=schedule", ""},
		{"type=semver,pattern={{version}}", e.noVersionReason()},
		{"type=semver,pattern={{major}}.{{minor}}", e.noMovingTagReason(false)},
		{"type=semver,pattern={{major}}", e.noMovingTagReason(true)},
		{"type=raw,value={{version}}", e.noRawVersionReason()},
		{"type=ref,event=branch", e.noBranchReason()},
		{"type=ref,event=tag", e.noGitTagReason()},
		{"type=ref,event=pr", e.noPullRequestReason()},
	} {
		r, err := parseRule(d.text, false)
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

// publishedVersion returns the version to publish: the input version, or the
// Git tag.
func (e *engine) publishedVersion() string {
	if v := trimJS(e.in.Version); v != "" {
		return v
	}
	return e.refAfter("refs/tags/")
}

// noVersionReason returns the reason why the run has no SemVer version, or "".
func (e *engine) noVersionReason() string {
	source := e.publishedVersion()
	if source == "" {
		return fmt.Sprintf("ref %s is not a tag; set the input version", e.c.Event.Ref)
	}
	if _, ok := parseSemver(source); !ok {
		return source + " is not a valid semver"
	}
	return ""
}

// noMovingTagReason returns the reason why the run must not move a tag such as
// 1.2, or "". If major is true, the reason is about the tag of the major
// version.
func (e *engine) noMovingTagReason(major bool) string {
	if why := e.noVersionReason(); why != "" {
		return why
	}
	v, _ := parseSemver(e.publishedVersion())
	p := e.c.Event.Payload
	switch {
	case v.Prerelease() != "":
		return plain(v) + " is a prerelease"
	case p.truth("release", "prerelease"):
		return "the release is marked as a prerelease"
	case p.truth("release", "draft"):
		return "the release is a draft"
	case major && v.Major() == 0:
		return "0.x versions get no major tag, because SemVer promises no compatibility between them"
	}
	return ""
}

// noRawVersionReason returns the reason why the input version is not used as a
// tag without changes, or "".
func (e *engine) noRawVersionReason() string {
	if trimJS(e.in.Version) == "" {
		return "the input version is empty"
	}
	if e.noVersionReason() == "" {
		return "type=semver applies"
	}
	return ""
}

// branchEvents are the events that build the branch that they report.
var branchEvents = []string{"push", "workflow_dispatch"}

// noBranchReason returns the reason why the branch is not used as a tag, or "".
func (e *engine) noBranchReason() string {
	switch name := e.c.Event.Name; {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case strings.Contains(name, "schedule"):
		return "type=schedule applies"
	case !slices.Contains(branchEvents, name):
		return fmt.Sprintf("event %s may build another commit than the head of the branch that it reports; set the input tags", name)
	}
	return ""
}

// noGitTagReason returns the reason why the name of the Git tag is not used as
// a tag, or "".
func (e *engine) noGitTagReason() string {
	switch {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case e.noVersionReason() == "":
		return "type=semver applies"
	}
	return ""
}

// noPullRequestReason returns the reason why the pull request is not used as a
// tag, or "".
func (e *engine) noPullRequestReason() string {
	if trimJS(e.in.Version) != "" {
		return "the input version is set"
	}
	return ""
}
