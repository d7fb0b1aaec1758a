package protect

import (
	"context"
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Order is how old one image is beside another.
type Order int

// The orders. Unknown is no verdict: nothing tells, or the histories parted.
const (
	Unknown Order = iota
	Older
	Same
	Newer
)

// Finding is an order and what it was found by, in words.
type Finding struct {
	Order Order
	Words string
}

// Ancestry is how a commit lies to another: ahead, behind, identical or
// diverged, in the words of GitHub's compare API, and by how many commits.
type Ancestry struct {
	Status        string
	Ahead, Behind int
}

// History tells the ancestry of head as seen from base.
type History func(ctx context.Context, base, head string) (Ancestry, error)

// Compare says how old ours is beside theirs, both of the same repository.
// Different versions decide; where they do not, the ancestry of the commits
// does. History may be nil where there is nobody to ask.
func Compare(ctx context.Context, ours, theirs Stamp, history History) Finding {
	switch {
	case !theirs.known():
		return Finding{Unknown, "what it points at does not say which version or commit it is"}
	case !ours.sameSource(theirs):
		return Finding{Unknown, fmt.Sprintf("what it points at comes from %.200q, this from %.200q", theirs.Source, ours.Source)}
	}
	if f := versions(ours, theirs); f.Order != Unknown {
		return f
	}
	return commits(ctx, ours, theirs, history)
}

func versions(ours, theirs Stamp) Finding {
	a, errA := full(ours.Version)
	b, errB := full(theirs.Version)
	if errA != nil || errB != nil || a.Equal(b) {
		return Finding{}
	}
	if a.LessThan(b) {
		return Finding{Older, fmt.Sprintf("it is at %s, and %s is older", theirs.words(), a)}
	}
	return Finding{Newer, fmt.Sprintf("it is at %s, and %s is newer", theirs.words(), a)}
}

// full parses a version of three numbers. A shorter one could be anything: a
// pull request, a year, a commit id of digits.
func full(version string) (*semver.Version, error) {
	return semver.StrictNewVersion(strings.TrimPrefix(version, "v"))
}

func commits(ctx context.Context, ours, theirs Stamp, history History) Finding {
	switch {
	case ours.Revision == "" || theirs.Revision == "":
		return Finding{Unknown, fmt.Sprintf("it is at %s, which cannot be compared with %s", theirs.words(), ours.words())}
	case ours.Revision == theirs.Revision:
		return Finding{Same, "both are built from commit " + theirs.words()}
	case history == nil:
		return Finding{Unknown, "there is no repository here to compare commits in"}
	}
	a, err := history(ctx, theirs.Revision, ours.Revision)
	switch {
	case err != nil:
		return Finding{Unknown, fmt.Sprintf("GitHub did not compare %s with %s: %v", theirs.words(), ours.words(), err)}
	case a.Status == "ahead":
		return Finding{Newer, fmt.Sprintf("it is at %s, %s before %s", theirs.words(), count(a.Ahead), ours.words())}
	case a.Status == "behind":
		return Finding{Older, fmt.Sprintf("it is at %s, %s ahead of %s", theirs.words(), count(a.Behind), ours.words())}
	case a.Status == "identical":
		return Finding{Same, "both are built from " + theirs.words()}
	}
	return Finding{Unknown, fmt.Sprintf("it is at %s, whose history has parted from that of %s", theirs.words(), ours.words())}
}

func count(n int) string {
	if n == 1 {
		return "1 commit"
	}
	return fmt.Sprintf("%d commits", n)
}
