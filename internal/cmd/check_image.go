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

// image checks one destination and returns the error that publish would return.
func (r *checkRun) image(ctx context.Context, repo name.Repository, c *report.CheckedImage) error {
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
		c.Find(report.Info, "GitHub", "%s is not a registry of GitHub: package, link and visibility are not checked", repo.RegistryStr())
		return problem
	}
	r.pkg(c, t)
	r.link(c, t)
	if wrong := r.visibility(c, t); problem == nil {
		problem = wrong
	}
	return problem
}

// push reports whether the token may push. For a read-only token, it reports whether
// publish would fail or skip the push.
func (r *checkRun) push(c *report.CheckedImage, t *resolve.Target) error {
	if t.PushRefusal == nil {
		c.MayPush = "yes"
		c.Find(report.OK, "push", "the token may push: the registry opened an upload, and nothing was sent")
		return nil
	}
	c.MayPush = "no"
	err := r.explainer().Refusal(t.PushRefusal, t.Repo, t)
	if r.config.OnReadOnly != input.ReadOnlyFail && r.explainer().IsReadOnly(err) {
		c.Find(report.Info, "push", "the token may not push, and publish would skip the push (on-readonly: %s): %v", r.config.OnReadOnly, err)
		r.mu.Lock()
		r.report.Outcome, r.report.Reason = report.Skipped, "the token is read-only"
		r.mu.Unlock()
		return nil
	}
	c.Find(report.Problem, "push", "%v", err)
	return err
}

// pull reports whether the token and an anonymous client may pull.
func (r *checkRun) pull(ctx context.Context, c *report.CheckedImage, t *resolve.Target) {
	c.MayPull = allowed(ctx, r.registry.Tags, t.Repo)
	switch c.MayPull {
	case "yes":
		c.Find(report.OK, "pull", "the token may pull")
	case "no":
		c.Find(report.Info, "pull", "the token can pull no image yet")
	default:
		c.Find(report.Warning, "pull", "the registry did not answer whether the token may pull")
	}
	if !t.Home {
		return
	}
	c.AnonymousPull = map[string]string{"yes": "allowed", "no": "refused", "unknown": "unknown"}[allowed(ctx, r.registry.Anonymous().Tags, t.Repo)]
	c.Find(report.Info, "anonymous", "a pull without credentials is %s", c.AnonymousPull)
	t.Public = t.Public || c.AnonymousPull == "allowed"
}

// allowed returns yes, no (also for an absent package) or unknown.
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

// pkg reports whether the package exists, and the package that a push would create.
func (r *checkRun) pkg(c *report.CheckedImage, t *resolve.Target) {
	owner, pkg := t.Owner(r.config.GitHub)
	c.PackageURL, c.SettingsURL = r.packages.PageURL(owner, pkg), r.packages.SettingsURL(owner, pkg)
	switch {
	case t.PackageErr == nil:
		c.Exists, c.Visibility = "yes", t.Package.Visibility
		c.Find(report.OK, "package", "the package exists: %s", c.PackageURL)
	case t.Exists() || c.MayPull == "yes":
		c.Exists = "yes"
		c.Find(report.Info, "package", "the package exists, but GitHub's API does not return it: %v", t.PackageErr)
	case github.IsAbsent(t.PackageErr):
		c.Exists, c.Inherits = "no", t.Inherits
		c.Find(report.Info, "package", "the package does not exist, or is hidden from this token%s", firstPush(c, t.Inherits))
	default:
		c.Find(report.Warning, "package", "GitHub's API did not answer whether the package exists: %v", t.PackageErr)
	}
}

// firstPush returns the sentence about the package that a push creates. It returns ""
// if the registry refuses the push.
func firstPush(c *report.CheckedImage, visibility string) string {
	switch {
	case c.MayPush == "no":
		return ""
	case visibility == "":
		return ". The first push creates it"
	}
	return ". The first push creates it with the visibility " + visibility
}

// link reports the repository that the package is linked to. GitHub links only a
// package that a workflow creates (docs/ghcr.md, Linked repository).
func (r *checkRun) link(c *report.CheckedImage, t *resolve.Target) {
	mine := r.config.GitHub.Repository
	label := "org.opencontainers.image.source=" + r.config.GitHub.ServerURL + "/"
	if mine == "" {
		label += "OWNER/REPOSITORY"
	}
	label += mine
	switch linked := t.Package.Repository; {
	case t.PackageErr != nil && c.Exists == "no" && c.MayPush == "no":
		c.Linked = "no" // nothing can be linked without a push
	case t.PackageErr != nil && c.Exists == "no" && r.config.GitHub.Active:
		c.Linked = "no"
		c.Find(report.OK, "link", "the first push with GITHUB_TOKEN links the package to %s", mine)
	case t.PackageErr != nil && c.Exists == "no":
		c.Linked = "no"
		c.Find(report.Info, "link", "GitHub does not link a package that is pushed from outside a workflow. Publish it with link: label, which writes %s, or connect it afterwards at %s", label, c.SettingsURL)
	case t.PackageErr != nil:
		c.Linked = "unknown"
	case linked == "":
		c.Linked = "no"
		c.Find(report.Warning, "link", "the package is not linked to a repository, so it inherits no access. Connect a repository at %s", c.SettingsURL)
	case mine != "" && !strings.EqualFold(linked, mine):
		c.Linked, c.Repository = "yes", linked
		c.Find(report.Info, "link", "the package is linked to %s, not to %s. Grant access under Manage Actions access at %s", linked, mine, c.SettingsURL)
	default:
		c.Linked, c.Repository = "yes", linked
		c.Find(report.OK, "link", "the package is linked to %s and inherits its access, unless an owner has disabled that", linked)
	}
}

// visibility compares the visibility of the package with the wanted one.
func (r *checkRun) visibility(c *report.CheckedImage, t *resolve.Target) error {
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
	case r.config.Visibility == input.Keep && is == "unknown":
		return nil
	case r.config.Visibility == input.Keep, is == want:
		c.Find(report.OK, "visibility", "the visibility is %s", is)
		return nil
	case is == "unknown":
		c.Find(report.Warning, "visibility", "the visibility is unknown, and the wanted visibility is %s", want)
	default:
		c.Find(report.Warning, "visibility", "the visibility is %s, but the wanted visibility is %s. An owner can change it at %s → Danger Zone → Change visibility", is, want, c.SettingsURL)
	}
	if !r.config.FailOnMismatch {
		return nil
	}
	c.Findings[len(c.Findings)-1].Mark = report.Problem
	return &diag.Error{
		Code: publish.CodeVisibilityNeedsOwner, Side: diag.API, Input: "visibility",
		Title: fmt.Sprintf("%s is %s, but the wanted visibility is %s", c.Image, is, want), Hint: "Ask an owner to change it at " + c.SettingsURL + " → Danger Zone → Change visibility. GitHub's API cannot change it.",
	}
}
