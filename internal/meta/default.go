package meta

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// Defaults computes the result of the default rules. Defaults ignores in.Tags,
// because the default rules apply only if the input "tags" is empty.
//
// A Git tag with a SemVer version gives three tags: the full version, major.minor, and
// major (except 0). A Git tag with a SemVer version also gives the tag "latest" if the
// registry has no higher stable version. A branch, or a Git tag without a version, gives
// a tag with the same name, unless the name belongs to another kind of run. A pull
// request gives the tag pr-N, and a schedule gives the tag "nightly". The default rules
// never move a tag such as 1.2 back to a lower version. A Helm chart has only one tag,
// which is the version of the chart.
//
// An event gives no tag if the event reports the default branch, but the run builds
// another commit. For an event that publishes nothing, the field Skip of the result
// contains the reason.
func Defaults(ctx context.Context, in Inputs, c Context) (Result, error) {
	kind := kindOf(c.Event)
	c.Event = rewrite(c)
	if n := c.Event.Payload.number("number"); n != "" && strings.HasPrefix(c.Event.Name, "pull_request") {
		// After the merge of a pull request, GITHUB_REF is the base branch of the pull
		// request.
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

// ignoreVersion removes the input "version" in a run for a pull request, a
// schedule or a merge queue. A run for such an event must not move the tags of a
// release.
func (e *engine) ignoreVersion() {
	version := trimJS(e.in.Version)
	if version == "" || e.kind != pullEvent && e.kind != scheduleEvent && e.kind != queueEvent {
		return
	}
	e.warn(CodeVersionUnused, fmt.Sprintf("The input version gives no tag for the event %s", e.c.Event.Name),
		fmt.Sprintf("Without the input tags, the event %s never moves the tags of a release. To publish the version %s, set tags: type=semver,pattern={{version}}.", e.c.Event.Name, version))
	e.in.Version = ""
}

// restrictLatest sets latest=false if the run must not move the tag "latest".
// With latest=auto, only the highest stable version moves the tag. With
// latest=true, only versions, Git tags and the default branch move the tag.
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

// onOtherBranch reports whether the ref is a branch other than the default
// branch.
func (e *engine) onOtherBranch() bool {
	branch, main := e.refAfter("refs/heads/"), e.c.Event.Payload.text("repository", "default_branch")
	return branch != "" && main != "" && branch != main
}

// defaultRules returns all default rules. If a rule does not apply to the event, the
// field "skip" of the rule contains the reason.
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

// noTagReason returns the reason why the event gives no tag, or "" if the event can give
// a tag. For a schedule, only the rule type=schedule gives a tag.
func (e *engine) noTagReason() string {
	switch {
	case e.result.Skip != nil:
		return e.result.Skip.Reason
	case e.c.Event.Payload.truth("deleted"):
		return "the push deleted " + e.c.Event.Ref
	case e.kind == scheduleEvent:
		return "type=schedule applies"
	case e.kind == pullEvent && !strings.HasPrefix(e.c.Event.Ref, "refs/pull/"):
		return fmt.Sprintf("the event %s does not contain the number of its pull request", e.c.Event.Name)
	}
	return ""
}

// publishedVersion returns the input "version". If this input is empty,
// publishedVersion returns the Git tag.
func (e *engine) publishedVersion() string {
	if v := trimJS(e.in.Version); v != "" {
		return v
	}
	return e.gitTag()
}

// gitTag returns the Git tag that the run builds, or "" if the run builds no Git
// tag.
func (e *engine) gitTag() string {
	if e.kind != refEvent && e.kind != tagEvent {
		return ""
	}
	return e.refAfter("refs/tags/")
}

// noVersionReason returns the reason why the run has no SemVer version.
// noVersionReason returns "" if the run has a SemVer version.
func (e *engine) noVersionReason() string {
	source := e.publishedVersion()
	if source == "" {
		return fmt.Sprintf("the ref %s is not a Git tag (set the input version)", e.c.Event.Ref)
	}
	if _, ok := parseSemver(source); !ok {
		return source + " is not a valid SemVer version"
	}
	return ""
}

// noMovingTagReason returns the reason why the run must not move a tag such as 1.2.
// noMovingTagReason returns "" if the run may move the tag. If the argument "major" is
// true, the reason is for the tag of the major version.
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
		return "versions 0.x get no major tag, because SemVer promises no compatibility between these versions"
	}
	return ""
}

// noRawVersionReason returns the reason why the run does not publish the text of the
// input "version" as a tag. noRawVersionReason returns "" if the run publishes this text.
func (e *engine) noRawVersionReason() string {
	if trimJS(e.in.Version) == "" {
		return "the input version is empty"
	}
	if e.noVersionReason() == "" {
		return "type=semver applies"
	}
	return ""
}

// noBranchReason returns the reason why the branch gives no tag. noBranchReason
// returns "" if the branch gives a tag.
func (e *engine) noBranchReason() string {
	switch name := e.c.Event.Name; {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case e.kind != refEvent:
		return fmt.Sprintf("the commit of an event %s can differ from the head of the reported branch (set the input tags)", name)
	}
	return ""
}

// noGitTagReason returns the reason why the name of the Git tag gives no tag.
// noGitTagReason returns "" if the name gives a tag.
func (e *engine) noGitTagReason() string {
	switch {
	case trimJS(e.in.Version) != "":
		return "the input version is set"
	case e.noVersionReason() == "":
		return "type=semver applies"
	case e.refAfter("refs/tags/") != "" && e.gitTag() == "":
		return fmt.Sprintf("the commit of an event %s can differ from the commit of the reported Git tag (set the input tags)", e.c.Event.Name)
	}
	return ""
}

// noPullRequestReason returns the reason why the pull request gives no tag.
// noPullRequestReason returns "" if the pull request gives a tag.
func (e *engine) noPullRequestReason() string {
	if trimJS(e.in.Version) != "" {
		return "the input version is set"
	}
	return ""
}
