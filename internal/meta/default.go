package meta

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// Defaults computes the result of the default rules. These rules apply if the
// input "tags" is empty, so Defaults ignores in.Tags.
//
// A SemVer tag gives the tags of its full version, of major.minor, and of major
// (except 0). It also gives latest if the registry has no higher stable
// version. Another Git tag and a branch give their names, unless the name belongs
// to another kind of run. A pull request gives pr-N, and a schedule gives nightly.
// A moving tag never goes back to a lower version of its series. A Helm chart has only
// the tag of its version.
//
// Some events report the default branch although they build another commit.
// These events give no tag. For an event that publishes nothing, the result has a
// Skip.
func Defaults(ctx context.Context, in Inputs, c Context) (Result, error) {
	kind := kindOf(c.Event)
	c.Event = rewrite(c)
	if n := c.Event.Payload.number("number"); n != "" && strings.HasPrefix(c.Event.Name, "pull_request") {
		// The ref of a merged pull request is its base branch.
		c.Event.Ref = "refs/pull/" + n + "/merge"
	}
	e, err := newEngine(ctx, in, c)
	if err != nil {
		return Result{}, err
	}
	e.ownDefaults, e.forwardOnly, e.kind = true, true, kind
	e.ignoreVersion()
	e.restrictLatest()
	e.result.Skip, e.result.Hint = e.skipReason(), e.noTagsHint()
	rules, err := e.defaultRules()
	if err != nil {
		return Result{}, err
	}
	return e.finish(rules)
}

// ignoreVersion removes the input version from a run of a pull request, a schedule or a
// merge queue, because such a run must not move the tags of a release.
func (e *engine) ignoreVersion() {
	version := trimJS(e.in.Version)
	if version == "" || e.kind != pullEvent && e.kind != scheduleEvent && e.kind != queueEvent {
		return
	}
	e.warn(CodeVersionUnused, fmt.Sprintf("The input version gives no tag for the event %s", e.c.Event.Name),
		fmt.Sprintf("Without the input tags, the event %s never moves the tags of a release. To publish the version %s, set tags: type=semver,pattern={{version}}.", e.c.Event.Name, version))
	e.in.Version = ""
}

// restrictLatest decides whether the run can move the tag latest. With latest=auto, only
// the highest stable version moves the tag. With latest=true, a pull request, a
// schedule, and a branch that is not the default branch do not move the tag either.
func (e *engine) restrictLatest() {
	switch e.flavor.latest {
	case "auto", "highest":
		e.flavor.latest = "highest"
		if e.noMovingTagReason(false) != "" {
			e.flavor.latest = "false"
		}
	case "true":
		if !e.mayMoveLatest() {
			e.flavor.latest = "false"
			e.warn(CodeLatestUnused, "latest=true has no effect in this run",
				fmt.Sprintf("Without the input tags, only versions, Git tags and the default branch can move the tag latest. The event is %s, and the ref is %s. To move the tag, set tags: type=raw,value=latest.", e.c.Event.Name, e.c.Event.Ref))
		}
	}
}

func (e *engine) mayMoveLatest() bool {
	switch e.kind {
	case pullEvent, scheduleEvent, queueEvent:
		return false
	case refEvent, tagEvent, otherEvent:
	}
	return trimJS(e.in.Version) != "" || !e.onOtherBranch()
}

// onOtherBranch reports whether the ref is a branch that is not the default branch.
func (e *engine) onOtherBranch() bool {
	branch, main := e.refAfter("refs/heads/"), e.c.Event.Payload.text("repository", "default_branch")
	return branch != "" && main != "" && branch != main
}

// defaultRules returns all default rules. If a rule does not apply, its field
// skip contains the reason.
func (e *engine) defaultRules() ([]rule, error) {
	if e.in.Chart != "" {
		return []rule{e.chartRule()}, nil
	}
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
		if r.skip = d.skip; r.kind != "schedule" || e.result.Skip != nil {
			r.skip = cmp.Or(e.noTagReason(), d.skip)
		}
		if r.kind == "raw" {
			r.attrs["value"] = trimJS(e.in.Version)
		}
		out = append(out, r)
	}
	return out, nil
}

// noTagReason returns the reason why the event gives no tag at all, or "". A schedule
// gives only the tag of the schedule rule.
func (e *engine) noTagReason() string {
	switch {
	case e.result.Skip != nil:
		return e.result.Skip.Reason
	case e.c.Event.Payload.truth("deleted"):
		return "the push deleted " + e.c.Event.Ref
	case e.kind == scheduleEvent:
		return "type=schedule applies"
	case e.kind == pullEvent && !strings.HasPrefix(e.c.Event.Ref, "refs/pull/"):
		return fmt.Sprintf("event %s does not name its pull request", e.c.Event.Name)
	}
	return ""
}

// publishedVersion returns the version to publish: the input version, or the
// Git tag.
func (e *engine) publishedVersion() string {
	if v := trimJS(e.in.Version); v != "" {
		return v
	}
	return e.gitTag()
}

// gitTag returns the Git tag that the run builds, or "".
func (e *engine) gitTag() string {
	if e.kind != refEvent && e.kind != tagEvent {
		return ""
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
	case v.prerelease != "":
		return v.plain + " is a prerelease"
	case p.truth("release", "prerelease"):
		return "the release is marked as a prerelease"
	case p.truth("release", "draft"):
		return "the release is a draft"
	case major && v.numbers[0] == 0:
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

// noBranchReason returns the reason why the branch is not used as a tag, or "".
func (e *engine) noBranchReason() string {
	switch name := e.c.Event.Name; {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case e.kind != refEvent:
		return fmt.Sprintf("event %s may build a commit that is not the head of the reported branch; set the input tags", name)
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
	case e.refAfter("refs/tags/") != "" && e.gitTag() == "":
		return fmt.Sprintf("event %s may build a commit that is not the commit of the reported Git tag; set the input tags", e.c.Event.Name)
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
