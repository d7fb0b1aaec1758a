package protect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// Order is the order of two images in time.
type Order int

// An Order has one of these values. Unknown means that the images do not state their
// origin, or that the histories of their commits diverged.
const (
	Unknown Order = iota
	Older
	Same
	Newer
)

// Finding is the order of two images. The field Reason explains the order in one
// sentence.
type Finding struct {
	Order  Order
	Reason string
}

// Ancestry is the relation of two commits in the terms of GitHub's compare API.
type Ancestry struct {
	Status        string // Status is "ahead", "behind", "identical" or "diverged".
	Ahead, Behind int    // numbers of commits
}

// History compares commits of a Git repository.
type History interface {
	// Compare returns the ancestry of head relative to base.
	Compare(ctx context.Context, base, head string) (Ancestry, error)
}

// NoHistory is the history of a run that cannot read the commits.
type NoHistory struct{}

// Compare implements [History]. It always fails.
func (NoHistory) Compare(context.Context, string, string) (Ancestry, error) {
	return Ancestry{}, errors.New("the Git repository is not on this GitHub server")
}

// Compare compares the image of this run with another image. The argument "ours" is the
// origin of the image of this run, and the argument "theirs" is the origin of the other
// image. The order is Unknown if the images come from different Git repositories. If the
// versions differ, the versions decide. If the versions are equal or missing, the
// ancestry of the commits decides.
func Compare(ctx context.Context, ours, theirs Origin, history History) Finding {
	switch {
	case !theirs.known():
		return Finding{Unknown, "the image that the tag points at states neither its version nor its commit"}
	case !ours.sameSource(theirs):
		return Finding{Unknown, fmt.Sprintf("the image that the tag points at comes from %.200q, but this image comes from %.200q", theirs.Source, ours.Source)}
	}
	if f := versions(ours, theirs); f.Order != Unknown {
		return f
	}
	return commits(ctx, ours, theirs, history)
}

func versions(ours, theirs Origin) Finding {
	a, okA := full(ours.Version)
	b, okB := full(theirs.Version)
	if !okA || !okB {
		return Finding{}
	}
	switch semver.Compare(a, b) {
	case -1:
		return Finding{Older, fmt.Sprintf("the tag points at %s, and this image has the older version %s", theirs, a[1:])}
	case 1:
		return Finding{Newer, fmt.Sprintf("the tag points at %s, and this image has the newer version %s", theirs, a[1:])}
	}
	return Finding{}
}

// full returns a version of three numbers with the prefix "v". full rejects a shorter
// version, because a shorter version can also be the number of a pull request, a year, or
// a commit id that consists of digits.
func full(version string) (string, bool) {
	v := "v" + strings.TrimPrefix(version, "v")
	// Canonical adds the numbers that are missing in v1 and in v1.2.
	return v, semver.IsValid(v) && semver.Canonical(v)+semver.Build(v) == v
}

func commits(ctx context.Context, ours, theirs Origin, history History) Finding {
	switch {
	case ours.Revision == "" || theirs.Revision == "":
		return Finding{Unknown, fmt.Sprintf("the tag points at %s, and the run cannot compare this image with %s", theirs, ours)}
	case ours.Revision == theirs.Revision:
		return Finding{Same, "both images are built from " + theirs.String()}
	}
	a, err := history.Compare(ctx, theirs.Revision, ours.Revision)
	switch {
	case err != nil:
		return Finding{Unknown, fmt.Sprintf("GitHub did not compare %s with %s: %v", theirs, ours, err)}
	case a.Status == "ahead":
		return Finding{Newer, fmt.Sprintf("the tag points at %s, which is %s behind %s", theirs, count(a.Ahead), ours)}
	case a.Status == "behind":
		return Finding{Older, fmt.Sprintf("the tag points at %s, which is %s ahead of %s", theirs, count(a.Behind), ours)}
	case a.Status == "identical":
		return Finding{Same, "both images are built from " + theirs.String()}
	}
	return Finding{Unknown, fmt.Sprintf("the tag points at %s, and the history of this commit diverges from the history of %s", theirs, ours)}
}

func count(n int) string {
	if n == 1 {
		return "1 commit"
	}
	return fmt.Sprintf("%d commits", n)
}
