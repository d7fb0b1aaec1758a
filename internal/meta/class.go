package meta

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Each tag name belongs to one kind of run: versions and latest belong to releases,
// pr-N to pull requests, nightly to schedules, and sha-COMMIT to commits. The default
// rules never move a tag of another kind. Only the name decides, because the registry
// of a new package has no tags yet.
var (
	// versionName matches the tags that a version gives: 1, 1.2, 1.2.3 and longer
	// names, such as 1.2.3-rc.1 and 1.2-alpine. A single number with a suffix is not a
	// version, because GitHub names the branch of an issue 12-fix-login.
	versionName = lazy.Regexp(`^v?\d+(\.\d+.*)?$`)
	// seriesBranch matches the usual names of maintenance branches, such as 1.2.x. No
	// version gives such a tag.
	seriesBranch = lazy.Regexp(`^v?\d+\.\d+\.[xX]([-_.].*)?$`)
	latestName   = lazy.Regexp(`^latest([-_.].*)?$`)
	// plainNumbers matches the tags that a version without a suffix gives.
	plainNumbers = lazy.Regexp(`^v?\d+(\.\d+)*$`)
)

// otherOwners are the tags that belong neither to releases nor to branches.
var otherOwners = []struct {
	name  func() *regexp.Regexp
	owner string
}{
	{lazy.Regexp(`^pr-\d+$`), "pull requests"},
	{lazy.Regexp(`^sha-[0-9a-f]+$`), "commits"},
	{lazy.Regexp(`^nightly$`), "schedules"},
}

// looksLikeVersion reports whether a name is a version, or the start of a version.
func looksLikeVersion(name string) bool {
	return versionName().MatchString(name) && !seriesBranch().MatchString(name)
}

// ownerOf returns the kind of run to which a tag belongs, or "" if a branch can have
// the tag.
func ownerOf(tag string) string {
	if looksLikeVersion(tag) || latestName().MatchString(tag) {
		return "releases"
	}
	for _, o := range otherOwners {
		if o.name().MatchString(tag) {
			return o.owner
		}
	}
	return ""
}

// ownerWithAffixes returns the kind of run to which the tag of a branch belongs, or "".
// The argument value is the name without the prefix and the suffix of the flavor, and
// text is the name with them. A prefix such as 8.2- names a variant and no release, so
// the complete name belongs to releases only if it has no text beside its numbers.
func ownerWithAffixes(value, text string) string {
	if owner := ownerOf(refTag(value)); owner != "" {
		return owner
	}
	if tag := refTag(text); plainNumbers().MatchString(tag) || !looksLikeVersion(tag) {
		return ownerOf(tag)
	}
	return ""
}

// defaultTag returns the tag of a default rule. If the tag of a branch or of a Git tag
// belongs to another kind of run, defaultTag puts branch- or tag- before the name, and
// adds a warning.
func (e *engine) defaultTag(r rule, a affixes, value string) string {
	text := a.prefix + value + a.suffix
	word := map[string]string{"branch": "branch", "tag": "Git tag"}[r.attrs["event"]]
	if r.kind != "ref" || word == "" {
		return refTag(text)
	}
	owner := ownerWithAffixes(value, text)
	if word == "Git tag" {
		owner = e.ownerOfGitTag(value, owner)
	}
	if owner == "" {
		return refTag(text)
	}
	wanted, tag := refTag(text), refTag(a.prefix+r.attrs["event"]+"-"+strings.TrimLeft(sanitize(value), ".-")+a.suffix)
	e.warn(CodeTagRenamed, fmt.Sprintf("The %s %s is published as %s", word, value, tag),
		fmt.Sprintf("Without the input tags, a %s never moves the tag %s, because tags with such names belong to %s. To publish the %s as %s, set tags: %s.", word, wanted, owner, word, wanted, r.text))
	return tag
}

// ownerOfGitTag returns the kind of run to which the tag of a Git tag belongs, or "".
// The argument owner is the answer for a branch with the same name. A Git tag that is a
// version can have the tags of its version.
func (e *engine) ownerOfGitTag(name, owner string) string {
	switch {
	case owner == "releases" && looksLikeVersion(name):
		return ""
	case owner == "" && name == e.c.Event.Payload.text("repository", "default_branch"):
		return "the default branch"
	}
	return owner
}

// eventKind is the kind of an event for the default rules.
type eventKind int

const (
	// refEvent is an event that builds the branch or the Git tag that it reports.
	refEvent eventKind = iota
	// tagEvent is an event that builds the Git tag that it reports. If it reports a
	// branch, it may build another commit.
	tagEvent
	pullEvent     // a pull request
	scheduleEvent // a schedule
	queueEvent    // a merge queue
	otherEvent    // an event that can concern another commit than the commit that it reports
)

// eventKinds has the kinds of the events whose names are not a pattern.
var eventKinds = map[string]eventKind{
	"push": refEvent, "workflow_dispatch": refEvent,
	"": tagEvent, "release": tagEvent, "create": tagEvent, "registry_package": tagEvent, "deployment": tagEvent, "deployment_status": tagEvent,
	"merge_group": queueEvent,
}

// kindOf returns the kind of an event. A workflow_run that follows a pull request or a
// merge queue can build code that is not merged.
func kindOf(event Event) eventKind {
	name := event.Name
	if name == "workflow_run" {
		if first := kindOf(Event{Name: event.Payload.text("workflow_run", "event")}); first == pullEvent || first == queueEvent {
			return first
		}
		return otherEvent
	}
	switch kind, ok := eventKinds[name]; {
	case ok:
		return kind
	case strings.HasPrefix(name, "pull_request"):
		return pullEvent
	case strings.Contains(name, "schedule"):
		return scheduleEvent
	}
	return otherEvent
}

// NamesItsBuild reports whether the default rules can give tags for the event. They
// give none for an event that does not name the commit that the run builds, and none
// for a merge queue.
func NamesItsBuild(event string) bool {
	kind := kindOf(Event{Name: event})
	return kind != otherEvent && kind != queueEvent
}
