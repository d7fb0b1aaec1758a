package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
)

// CleanedPackage describes the cleanup of one package. In a dry run, it describes the plan.
type CleanedPackage struct {
	Image     string           `json:"image"`             // Image is the name of the repository.
	Images    int              `json:"images"`            // Images is the number of images in the package before the run.
	Deleted   []CleanedVersion `json:"deleted"`           // Deleted contains the deleted versions, each image before its parts.
	Detached  []CleanedVersion `json:"detached"`          // Detached contains the removed tags of images that stay.
	Kept      []CleanedVersion `json:"kept"`              // Kept contains the versions that stay.
	Left      []LeftVersion    `json:"left"`              // Left contains the versions and tags that a rule selects but that stay.
	Freed     int64            `json:"freed"`             // Freed is the size of the layers that only deleted versions contain, in bytes.
	Skipped   string           `json:"skipped,omitempty"` // Skipped is the reason why the run left the package unchanged.
	Notices   []string         `json:"notices,omitempty"` // Notices are facts about the end of the run, such as a used rate limit.
	now       time.Time        // now is the time of the plan.
	failed    bool             // failed is true if the package has an error.
	planned   bool             // planned is true in a dry run.
	undecided bool             // undecided is true if the run has no plan.
	stay      int              // stay is the number of versions that stay.
}

// CleanedVersion describes one version or one tag, and the reason of the decision about it.
type CleanedVersion struct {
	Digest  string   `json:"digest"`
	Tags    []string `json:"tags,omitempty"`
	Part    bool     `json:"part,omitempty"`    // Part is true if the version belongs to an image: a platform, an attestation or a signature.
	Parts   int      `json:"parts,omitempty"`   // Parts is the number of versions that go with this image.
	Updated string   `json:"updated,omitempty"` // Updated is the time of the last change, as RFC 3339.
	Size    int64    `json:"size"`              // Size is the size of the layers of the version and its children, in bytes.
	Reason  string   `json:"reason"`            // Reason is the rule that decides, or the version to which this version belongs.
	age     time.Duration
}

// LeftVersion describes a version or a tag that a rule selects but that stays.
type LeftVersion struct {
	Digest string     `json:"digest,omitempty"`
	Tags   []string   `json:"tags,omitempty"`
	Reason plan.Cause `json:"reason"` // Reason is "last-tagged", "downloads", "changed", "shared", "unreadable" or "budget".
}

// cleanedPackage returns the facts about one package.
func cleanedPackage(r *cleanup.Result, err error) CleanedPackage {
	out := CleanedPackage{
		Image: r.Repo, Freed: r.Freed, Notices: r.Notices, failed: err != nil, planned: r.DryRun, undecided: r.Plan == nil, now: r.Time,
		Deleted: []CleanedVersion{}, Detached: []CleanedVersion{}, Kept: []CleanedVersion{}, Left: []LeftVersion{},
	}
	if r.Unreadable != nil {
		out.Skipped = "a manifest cannot be read"
	}
	if r.Plan == nil {
		for _, l := range r.Left {
			out.Left = append(out.Left, LeftVersion{Digest: l.Digest, Reason: l.Cause})
		}
		return out
	}
	out.Images, out.stay = r.Plan.Images, len(r.Kept)
	if r.DryRun {
		out.Freed, out.stay = r.Plan.Freed, len(r.Plan.Keep)
	}
	out.addDeleted(r)
	out.addDetached(r)
	out.addStaying(r)
	return out
}

// version describes a version of the plan.
func (p *CleanedPackage) version(made *plan.Plan, node int, reason string) CleanedVersion {
	n := &made.Package.Nodes[node]
	out := CleanedVersion{Digest: n.Digest, Tags: n.Names, Part: !n.Image(), Size: made.Package.Size(node), Reason: reason}
	if !n.Updated.IsZero() {
		out.Updated, out.age = n.Updated.UTC().Format(time.RFC3339), max(0, p.now.Sub(n.Updated))
	}
	return out
}

// addDeleted adds the versions that the run deleted, or that a dry run would delete.
func (p *CleanedPackage) addDeleted(r *cleanup.Result) {
	done := map[string]bool{}
	for _, e := range r.Deleted {
		done[e.Digest] = true
	}
	image := -1
	for _, s := range r.Plan.Delete {
		if !r.DryRun && !done[r.Plan.Package.Nodes[s.Node].Digest] {
			continue
		}
		v := p.version(r.Plan, s.Node, s.Why.String())
		v.Part = s.Why.Kind != plan.Selected
		switch {
		case !v.Part:
			image = len(p.Deleted)
		case image >= 0:
			p.Deleted[image].Parts++
		}
		p.Deleted = append(p.Deleted, v)
	}
}

// addDetached adds the tags that the run removed, or that a dry run would remove.
func (p *CleanedPackage) addDetached(r *cleanup.Result) {
	done := map[string]bool{}
	for _, e := range r.Detached {
		done[e.Tags[0]] = true
	}
	for _, d := range r.Plan.Detach {
		if r.DryRun || done[d.Tag] {
			v := p.version(r.Plan, d.Node, d.Why.String())
			v.Tags = []string{d.Tag}
			p.Detached = append(p.Detached, v)
		}
	}
}

// addStaying adds the versions that stay. Some of them are selected by a rule.
func (p *CleanedPackage) addStaying(r *cleanup.Result) {
	nodes := r.Plan.Package.Nodes
	stays, known := map[string]bool{}, map[string]bool{}
	for _, digest := range r.Kept {
		stays[digest] = true
	}
	for _, l := range r.Left {
		known[l.Digest] = l.Tag == ""
	}
	for _, v := range p.Deleted {
		known[v.Digest] = true
	}
	for _, s := range r.Plan.Keep {
		if stays[nodes[s.Node].Digest] {
			v := p.version(r.Plan, s.Node, s.Why.String())
			v.Tags = p.attached(v.Tags)
			p.Kept = append(p.Kept, v)
		}
	}
	for _, s := range r.Plan.Delete {
		if digest := nodes[s.Node].Digest; stays[digest] && !known[digest] {
			why := s.Why.String()
			if s.Why.Kind == plan.Selected {
				why = "the run ended before the deletion"
			}
			p.Kept = append(p.Kept, p.version(r.Plan, s.Node, why))
		}
	}
	p.addLeft(r)
}

// addLeft adds the versions and tags that a rule selects but that stay.
func (p *CleanedPackage) addLeft(r *cleanup.Result) {
	for _, l := range r.Left {
		left := LeftVersion{Digest: l.Digest, Reason: l.Cause}
		if i := r.Plan.Package.Find(l.Digest); l.Tag != "" {
			left.Tags = []string{l.Tag}
		} else if i >= 0 {
			left.Tags = r.Plan.Package.Nodes[i].Names
		}
		p.Left = append(p.Left, left)
	}
}

// attached returns the tags that the run does not remove.
func (p *CleanedPackage) attached(tags []string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool {
		return slices.ContainsFunc(p.Detached, func(v CleanedVersion) bool { return v.Tags[0] == tag })
	})
}

// images returns the number of images in a list of deleted versions.
func images(list []CleanedVersion) int {
	n := 0
	for _, v := range list {
		if !v.Part {
			n++
		}
	}
	return n
}

// RestoredPackage describes the versions and tags of one package that the run restored from
// an undo list.
type RestoredPackage struct {
	Image    string   `json:"image"`           // Image is the name of the repository.
	Versions []string `json:"versions"`        // Versions are the digests of the restored versions.
	Tags     []string `json:"tags"`            // Tags are the restored tags.
	Moved    []string `json:"moved,omitempty"` // Moved lists the tags that now point at another image. The run does not change these tags.
}

// Restore adds the restored versions of one package. The result can be nil after an error.
func (c *Cleanup) Restore(image string, r *cleanup.Restored) {
	c.Outcome = Restored
	if r != nil {
		c.Restored = append(c.Restored, RestoredPackage{image, append([]string{}, r.Versions...), append([]string{}, r.Tags...), r.Moved})
	}
}

func (p RestoredPackage) changed() bool { return len(p.Versions)+len(p.Tags) > 0 }

func (p RestoredPackage) text() string {
	return fmt.Sprintf("%s: %s and %s restored", p.Image, Count(len(p.Versions), "version"), Count(len(p.Tags), "tag"))
}
