package meta

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Each tag name belongs to one kind of run. For example, versions and "latest" belong to
// releases, "pr-N" to pull requests, "nightly" to schedules, and "sha-COMMIT" to commits.
// The default rules never move a tag that belongs to another kind of run. The program
// determines the kind of run from the name of the tag, because a new package has no tags
// yet. For a name with a prefix or a suffix, such as 3-alpine, the tags of the releases in
// the registry decide (see ownerInVariants).
var (
	// versionName matches the tags of a version. Examples are 1, 1.2, 1.2.3,
	// 1.2.3-rc.1 and 1.2-alpine. A single number with a suffix is not a version,
	// because GitHub names the branch of an issue 12-fix-login.
	versionName = lazy.Regexp(`^v?\d+(\.\d+.*)?$`)
	// seriesBranch matches the usual names of maintenance branches, such as
	// 1.2.x. The tags of a version never have such a name.
	seriesBranch = lazy.Regexp(`^v?\d+\.\d+\.[xX]([-_.].*)?$`)
	latestName   = lazy.Regexp(`^latest([-_.].*)?$`)
	// plainNumbers matches the tags of a version without a suffix.
	plainNumbers = lazy.Regexp(`^v?\d+(\.\d+)*$`)
)

// otherOwners lists patterns of tags that belong neither to releases nor to
// branches.
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

// ownerOf returns the kind of run to which a tag belongs. ownerOf returns "" for
// a tag that a branch can have.
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

// ownerWithAffixes returns the kind of run to which the tag of a branch belongs.
// ownerWithAffixes returns "" for a tag that a branch can have. The argument "value" is
// the name without the prefix and the suffix of the flavor, and the argument "text" is
// the complete name. A prefix such as "8.2-" names a variant and not a release. A
// complete name belongs to releases only if it consists of numbers and dots.
func ownerWithAffixes(value, text string) string {
	if owner := ownerOf(refTag(value)); owner != "" {
		return owner
	}
	if tag := refTag(text); plainNumbers().MatchString(tag) || !looksLikeVersion(tag) {
		return ownerOf(tag)
	}
	return ""
}

// defaultTag returns the tag of a default rule. If the name of a branch or of a
// Git tag belongs to another kind of run, defaultTag writes "branch-" or "tag-"
// before the name, and adds a warning.
func (e *engine) defaultTag(r rule, a affixes, value string) (string, error) {
	text := a.prefix + value + a.suffix
	word := map[string]string{"branch": "branch", "tag": "Git tag"}[r.attrs["event"]]
	if r.kind != "ref" || word == "" {
		return refTag(text), nil
	}
	owner, err := e.owner(word == "Git tag", value, text)
	if owner == "" || err != nil {
		return refTag(text), err
	}
	wanted, tag := refTag(text), refTag(a.prefix+r.attrs["event"]+"-"+strings.TrimLeft(sanitize(value), ".-")+a.suffix)
	e.warn(CodeTagRenamed, fmt.Sprintf("The %s %s is published as %s", word, value, tag),
		fmt.Sprintf("Without the input tags, a %s never moves the tag %s, because the names of such tags are reserved for %s. To publish the %s as %s, set tags: %s.", word, wanted, owner, word, wanted, r.text))
	return tag, nil
}

// owner returns the kind of run to which the tag of a branch or of a Git tag belongs. The
// method "owner" returns "" if the run can publish the tag.
func (e *engine) owner(gitTag bool, value, text string) (string, error) {
	of := func(name, owner string) string {
		if gitTag {
			return e.ownerOfGitTag(name, owner)
		}
		return owner
	}
	first := ownerWithAffixes(value, text)
	if owner := of(value, first); owner != "" || first != "" {
		return owner, nil
	}
	tag, part := refTag(text), reservedPart()
	if gitTag { // A Git tag that is a version can give the tags of this version.
		part = reservedWord()
	}
	main := e.c.Event.Payload.text("repository", "default_branch")
	if part.MatchString(tag) || gitTag && main != "" && strings.Contains(tag, refTag(main)) {
		return e.ownerInVariants(tag, func(inner string) string { return of(inner, ownerOf(inner)) })
	}
	return "", nil
}

// ownerOfGitTag returns the kind of run to which the name of a Git tag belongs.
// ownerOfGitTag returns "" if the image can have a tag with this name. The argument
// "owner" is the kind of run to which a branch with the same name belongs. A Git tag that
// is a version can give the tags of this version.
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
	// refEvent is an event that reports a branch or a Git tag, and whose run builds this
	// branch or this Git tag.
	refEvent eventKind = iota
	// tagEvent is an event whose run builds the reported Git tag. If such an event
	// reports a branch, the run possibly builds another commit.
	tagEvent
	pullEvent     // pullEvent is the event of a pull request.
	scheduleEvent // scheduleEvent is the event of a schedule.
	queueEvent    // queueEvent is the event of a merge queue.
	otherEvent    // otherEvent is an event whose run can build another commit than the reported commit.
)

// eventKinds maps names of events to the kinds of these events.
var eventKinds = map[string]eventKind{
	"push": refEvent, "workflow_dispatch": refEvent,
	"": tagEvent, "release": tagEvent, "create": tagEvent, "registry_package": tagEvent, "deployment": tagEvent, "deployment_status": tagEvent,
	"merge_group": queueEvent,
}

// queueBranch is the beginning of the refs of the temporary branches of a merge queue.
// GitHub reserves this name. A workflow for pushes to all branches also runs for such a
// branch.
const queueBranch = "refs/heads/gh-readonly-queue/"

// kindOf returns the kind of an event. For a workflow_run event, kindOf returns
// the kind of the first event, because a run after a pull request can build code
// that is not merged.
func kindOf(event Event) eventKind {
	name := event.Name
	if strings.HasPrefix(event.Ref, queueBranch) {
		return queueEvent
	}
	if name == "workflow_run" {
		first := Event{Name: event.Payload.text("workflow_run", "event"), Ref: "refs/heads/" + event.Payload.text("workflow_run", "head_branch")}
		if first := kindOf(first); first == pullEvent || first == queueEvent {
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

// NamesItsBuild reports whether the default rules can give tags for the event.
// The default rules give no tags for a merge queue, and no tags for an event
// that does not report the commit of the build.
func NamesItsBuild(event string) bool {
	kind := kindOf(Event{Name: event})
	return kind != otherEvent && kind != queueEvent
}
