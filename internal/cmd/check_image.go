package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// image looks at one destination and returns what would make publish fail.
func (r *checking) image(ctx context.Context, repo name.Repository, c *report.CheckedImage) error {
	c.Image, c.Findings = repo.Name(), []report.Finding{}
	c.MayPush, c.MayPull, c.Exists, c.Visibility = "unknown", "unknown", "unknown", "unknown"
	t, err := r.prober.Probe(ctx, repo)
	if err != nil {
		err = r.explainer().Refusal(err, repo, t)
		c.Find(report.Problem, "registry", "%v", err)
		return err
	}
	c.Find(report.OK, "registry", "%s answers", repo.RegistryStr())
	problem := r.push(c, t)
	r.pull(ctx, c, t)
	if !t.Home {
		c.Find(report.Info, "GitHub", "%s is not GitHub's: package, link and visibility are not looked at", repo.RegistryStr())
		return problem
	}
	r.pkg(c, t)
	r.link(c, t)
	if wrong := r.visibility(c, t); problem == nil {
		problem = wrong
	}
	return problem
}

// push says whether the token may, and if not, whether publish would fail or
// pass over it.
func (r *checking) push(c *report.CheckedImage, t *resolve.Target) error {
	if t.PushRefusal == nil {
		c.MayPush = "yes"
		c.Find(report.OK, "push", "the token may: an upload was opened, and nothing sent")
		return nil
	}
	c.MayPush = "no"
	err := r.explainer().Refusal(t.PushRefusal, t.Repo, t)
	if r.config.OnReadOnly != input.ReadOnlyFail && r.explainer().IsReadOnly(err) {
		c.Find(report.Info, "push", "the token may not, and publish would skip (on-readonly: %s): %v", r.config.OnReadOnly, err)
		r.mu.Lock()
		r.report.Outcome, r.report.Reason = report.Skipped, "the token is read-only"
		r.mu.Unlock()
		return nil
	}
	c.Find(report.Problem, "push", "%v", err)
	return err
}

// pull says who may read: the token, and anybody.
func (r *checking) pull(ctx context.Context, c *report.CheckedImage, t *resolve.Target) {
	c.MayPull = allowed(ctx, r.registry.Tags, t.Repo)
	switch c.MayPull {
	case "yes":
		c.Find(report.OK, "pull", "the token may")
	case "no":
		c.Find(report.Info, "pull", "there is nothing that the token could pull, yet")
	default:
		c.Find(report.Warning, "pull", "the registry did not say whether the token may")
	}
	if !t.Home {
		return
	}
	c.AnonymousPull = map[string]string{"yes": "allowed", "no": "refused", "unknown": "unknown"}[allowed(ctx, r.registry.Anonymous().Tags, t.Repo)]
	c.Find(report.Info, "anonymous", "pulling without a login is %s", c.AnonymousPull)
	t.Public = t.Public || c.AnonymousPull == "allowed"
}

// allowed is yes, no (or absent) or unknown.
func allowed(ctx context.Context, tags func(context.Context, name.Repository) ([]string, error), repo name.Repository) string {
	_, err := tags(ctx, repo)
	switch {
	case err == nil:
		return "yes"
	case registry.IsAbsent(err):
		return "no"
	}
	return "unknown"
}

// pkg says whether the package is there, and what a push would create.
func (r *checking) pkg(c *report.CheckedImage, t *resolve.Target) {
	owner, pkg := t.Owner(r.config.GitHub)
	c.PackageURL, c.SettingsURL = r.packages.PageURL(owner, pkg), r.packages.SettingsURL(owner, pkg)
	switch {
	case t.PackageErr == nil:
		c.Exists, c.Visibility = "yes", t.Package.Visibility
		c.Find(report.OK, "package", "exists: %s", c.PackageURL)
	case t.Exists() || c.MayPull == "yes":
		c.Exists = "yes"
		c.Find(report.Info, "package", "exists, but GitHub's API does not tell of it: %v", t.PackageErr)
	case github.IsAbsent(t.PackageErr):
		c.Exists, c.Inherits = "no", t.Inherits
		c.Find(report.Info, "package", "does not exist, or is hidden from this token; the first push creates it%s", inheriting(t.Inherits))
	default:
		c.Find(report.Warning, "package", "GitHub's API did not say whether it exists: %v", t.PackageErr)
	}
}

func inheriting(visibility string) string {
	if visibility == "" {
		return ""
	}
	return ", " + visibility
}

// link says which repository the package belongs to. GitHub links what a
// workflow creates, and nothing else by itself (docs/ghcr.md, Linked repository).
func (r *checking) link(c *report.CheckedImage, t *resolve.Target) {
	mine := r.config.GitHub.Repository
	label := "org.opencontainers.image.source=" + r.config.GitHub.ServerURL + "/"
	if mine == "" {
		label += "OWNER/REPOSITORY"
	}
	label += mine
	switch linked := t.Package.Repository; {
	case t.PackageErr != nil && c.Exists == "no" && r.config.GitHub.Active:
		c.Linked = "no"
		c.Find(report.OK, "link", "the first push with GITHUB_TOKEN links it to %s", mine)
	case t.PackageErr != nil && c.Exists == "no":
		c.Linked = "no"
		c.Find(report.Info, "link", "GitHub links nothing by itself that is pushed from outside a workflow. Publish it with link: label (it writes %s), or connect it afterwards: %s", label, c.SettingsURL)
	case t.PackageErr != nil:
		c.Linked = "unknown"
	case linked == "":
		c.Linked = "no"
		c.Find(report.Warning, "link", "it is not linked to a repository, and inherits access from none. Connect one: %s", c.SettingsURL)
	case mine != "" && !strings.EqualFold(linked, mine):
		c.Linked, c.Repository = "yes", linked
		c.Find(report.Info, "link", "to %s, not to %s: access comes from Manage Actions access at %s", linked, mine, c.SettingsURL)
	default:
		c.Linked, c.Repository = "yes", linked
		c.Find(report.OK, "link", "to %s, from which it inherits access unless an owner switched that off", linked)
	}
}

// visibility compares what is with what is wanted.
func (r *checking) visibility(c *report.CheckedImage, t *resolve.Target) error {
	if err := resolve.CheckVisibility(r.config.Visibility, r.config.FailOnMismatch, t); err != nil {
		c.Find(report.Problem, "visibility", "%v", err)
		return err
	}
	want := string(r.config.Visibility)
	is := c.Visibility
	if c.Exists == "no" && c.Inherits != "" {
		is = c.Inherits
	}
	switch {
	case r.config.Visibility == input.Keep, is == want:
		c.Find(report.OK, "visibility", "%s", is)
		return nil
	case is == "unknown":
		c.Find(report.Warning, "visibility", "is not known, and %s is wanted", want)
	default:
		c.Find(report.Warning, "visibility", "is %s, and %s is wanted: an owner changes it at %s → Danger Zone → Change visibility", is, want, c.SettingsURL)
	}
	if !r.config.FailOnMismatch {
		return nil
	}
	c.Findings[len(c.Findings)-1].Mark = report.Problem
	return &diag.Error{
		Code: publish.CodeVisibilityNeedsOwner, Side: diag.API, Input: "visibility",
		Title: fmt.Sprintf("%s is %s, and %s is wanted", c.Image, is, want), Hint: "An owner changes it at " + c.SettingsURL + " → Danger Zone → Change visibility. GitHub has no call for it.",
	}
}
