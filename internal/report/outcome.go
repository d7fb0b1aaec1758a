package report

import (
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
)

// Fill takes everything from the outcome of a run. Wanted is the visibility that the
// user wants. Fail adds the error of the run afterwards.
func (r *Report) Fill(o *publish.Outcome, wanted input.Visibility) {
	r.Outcome, r.Why = Outcome(o.Status), o.Reason
	r.Notice(o.Notices()...)
	if !r.ByDigest {
		r.Version, r.TagNames, r.Rules = o.Names.Version, o.Names.Names(), o.Names.Explain()
	}
	if o.Found != nil && o.Found.Root != nil {
		r.Tree(o.Found.Root)
	}
	if o.DryRun {
		if o.Plan != nil {
			r.Plan(o.Plan)
		}
		return
	}
	if o.Archive != "" {
		r.Archive = &Archive{Path: o.Archive, Digest: o.Found.Root.Descriptor.Digest.String()}
	}
	for _, a := range o.Attached {
		r.Along = append(r.Along, a.String())
	}
	if o.Result == nil {
		return
	}
	r.Result(o.Result)
	for i, page := range o.Pages {
		if page.Package != "" {
			image := &r.Images[i]
			image.PackageURL, image.SettingsURL, image.Wanted = page.Package, page.Settings, string(wanted)
		}
	}
}
