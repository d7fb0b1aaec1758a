package cmd

import (
	"cmp"
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
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// checkImage checks one destination and returns the error that the command "publish"
// would return.
func (r *checkRun) checkImage(ctx context.Context, repo name.Repository, c *report.CheckedImage) error {
	c.Image, c.Findings = repo.Name(), []report.Finding{}
	c.MayPush, c.MayPull, c.Exists, c.Visibility = "unknown", "unknown", "unknown", "unknown"
	t, err := r.prober.Probe(ctx, repo)
	if err != nil {
		err = r.explainer().Refusal(err, repo, t)
		c.Find(report.Problem, "registry", "no: the request failed (see the error)")
		return err
	}
	problem := r.checkPush(c, t)
	r.checkPull(ctx, c, t)
	c.Find(report.OK, "registry", "yes: %s answers", repo.RegistryStr())
	if !t.Home {
		c.Find(report.Info, "GitHub", "no: %s has no GitHub packages, so the command does not check a link and a visibility", repo.RegistryStr())
		return problem
	}
	r.reportPackage(c, t, problem)
	if c.Exists == "unknown" && t.PushRefusal != nil {
		c.Linked = "unknown"
		// If the token cannot see a package, the link and the visibility of the package
		// are unknown.
		return problem
	}
	r.reportLink(c, t)
	if wrong := r.compareVisibility(c, t); problem == nil {
		problem = wrong
	}
	return problem
}

// checkPush reports whether the token may push. If the token is read-only, checkPush also
// reports whether the command "publish" would fail or skip the push.
func (r *checkRun) checkPush(c *report.CheckedImage, t *resolve.Target) error {
	if t.PushRefusal == nil {
		c.MayPush = "yes"
		c.Find(report.OK, "push", "yes: the registry opened an upload, and the command sent no content")
		return nil
	}
	c.MayPush = "no"
	explainer := r.explainer()
	explainer.OnReadOnly = r.config.OnReadOnly
	err := explainer.Refusal(t.PushRefusal, t.Repo, t)
	if r.config.OnReadOnly != input.ReadOnlyFail && explainer.IsReadOnly(err) {
		c.Find(report.Info, "push", "no: the command publish would skip the push (on-readonly: %s)", r.config.OnReadOnly)
		r.mu.Lock()
		r.report.Skip(err)
		r.mu.Unlock()
		return nil
	}
	c.Find(report.Problem, "push", "no: %s refuses the push (see the error)", t.Repo.RegistryStr())
	return err
}

// checkPull reports whether the token and an anonymous client may pull.
func (r *checkRun) checkPull(ctx context.Context, c *report.CheckedImage, t *resolve.Target) {
	c.MayPull = allowed(ctx, r.registry.Tags, t.Repo)
	switch {
	case c.MayPull == "yes":
		c.Find(report.OK, "pull", "yes")
	case c.MayPull == "no" && t.MayPush:
		c.Find(report.Info, "pull", "there is no image to pull yet")
	case c.MayPull == "no":
		c.Find(report.Unknown, "pull", "not known: the registry shows no image to this token")
	default:
		c.Find(report.Warning, "pull", "not known: the registry did not answer")
	}
	if !t.Home {
		return
	}
	c.AnonymousPull = map[string]string{"yes": "allowed", "no": "refused", "unknown": "unknown"}[allowed(ctx, r.registry.Anonymous().Tags, t.Repo)]
	c.Find(report.Info, "anonymous", "%s", map[string]string{"allowed": "yes: a pull without credentials is allowed", "refused": "no: a pull without credentials is refused", "unknown": "not known: the registry did not answer"}[c.AnonymousPull])
	t.Public = t.Public || c.AnonymousPull == "allowed"
}

// allowed returns "yes", "no" or "unknown". If the package is absent, allowed returns
// "no".
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

// reportPackage reports whether the package exists. If the package does not exist,
// reportPackage reports the visibility that the first push would give it. If the registry
// refuses the push, the refusal also shows whether the package exists.
func (r *checkRun) reportPackage(c *report.CheckedImage, t *resolve.Target, problem error) {
	owner, pkg := t.Owner(r.config.GitHub)
	c.PackageURL, c.SettingsURL = r.packages.PageURL(owner, pkg), r.packages.SettingsURL(owner, pkg)
	switch {
	case t.PackageErr == nil:
		c.Exists, c.Visibility = "yes", t.Package.Visibility
		c.Find(report.OK, "package", "yes: %s", c.PackageURL)
	case t.Exists() || c.MayPull == "yes":
		c.Exists = "yes"
		c.Find(report.Info, "package", "yes, but GitHub's API does not return the package: %s", unread(t.PackageErr))
	case diag.Is(problem, refusal.CodeWritePackage):
		c.Find(report.Info, "package", "yes, but the package is hidden from this token. The link and the visibility of the package are not known")
	case github.IsAbsent(t.PackageErr) && t.PushRefusal != nil:
		c.Find(report.Unknown, "package", "not known: the package does not exist, or it is hidden from this token. The link and the visibility of the package are not known either")
	case github.IsAbsent(t.PackageErr):
		c.Exists, c.Inherits = "no", t.Inherits
		c.Find(report.Info, "package", "no package with this name is visible to this token. The first push creates the package%s", inheriting(t.Inherits))
	case t.PushRefusal != nil:
		c.Find(report.Unknown, "package", "not known: %s", unread(t.PackageErr))
	default:
		c.Find(report.Warning, "package", "not known: %s", unread(t.PackageErr))
	}
}

// unread states why GitHub's API did not return a package.
func unread(err error) string {
	if github.IsForbidden(err) {
		return "the token may not read the package"
	}
	return github.Cause(err).Error()
}

// visibleAs returns the visibility of the package, or the visibility that a new
// package would have.
func visibleAs(c *report.CheckedImage) string {
	if c.Exists == "no" {
		return c.Inherits
	}
	return strings.Replace(c.Visibility, "unknown", "", 1)
}

// inheriting returns the end of the sentence about a new package.
func inheriting(visibility string) string {
	if visibility == "" {
		return ""
	}
	return " with the visibility " + visibility
}

// reportLink reports the repository that the package is linked to. GitHub links only a
// package that a workflow creates (docs/ghcr.md, Linked repository).
func (r *checkRun) reportLink(c *report.CheckedImage, t *resolve.Target) {
	mine := r.config.GitHub.Repository
	label := "org.opencontainers.image.source=" + r.config.GitHub.ServerURL + "/"
	if mine == "" {
		label += "OWNER/REPOSITORY"
	}
	label += mine
	switch linked := t.Package.Repository; {
	case t.PackageErr != nil && c.Exists == "no" && (r.config.GitHub.Active || r.config.Token.Kind() == secret.Installation):
		c.Linked = "no"
		c.Find(report.OK, "link", "the first push with GITHUB_TOKEN links the package to %s", cmp.Or(mine, "the repository of the workflow"))
	case t.PackageErr != nil && c.Exists == "no":
		c.Linked = "no"
		c.Find(report.Info, "link", "none: GitHub does not link a package that is pushed from outside a workflow. To link the package, publish with link: label, which writes %s, or connect a repository after the push at %s", label, c.SettingsURL)
	case t.PackageErr != nil:
		c.Linked = "unknown"
	case linked == "":
		c.Linked = "no"
		c.Find(report.Warning, "link", "none: the package inherits no access. Connect a repository at %s", c.SettingsURL)
	case mine != "" && !strings.EqualFold(linked, mine):
		c.Linked, c.Repository = "yes", linked
		c.Find(report.Info, "link", "%s, not %s. Grant access under Manage Actions access at %s", linked, mine, c.SettingsURL)
	default:
		c.Linked, c.Repository = "yes", linked
		c.Find(report.OK, "link", "%s. The package inherits the access settings of this repository, unless an owner disabled the inheritance", linked)
	}
}

// compareVisibility compares the visibility of the package with the wanted visibility.
func (r *checkRun) compareVisibility(c *report.CheckedImage, t *resolve.Target) error {
	if err := resolve.CheckVisibility(r.config.Visibility, r.config.FailOnMismatch, t); err != nil {
		c.Find(report.Problem, "visibility", "%s, but the wanted visibility is %s (see the error)", cmp.Or(visibleAs(c), "not known"), r.config.Visibility)
		return err
	}
	want, is, verb := string(r.config.Visibility), c.Visibility, ""
	if c.Exists == "no" && c.Inherits != "" {
		is, verb = c.Inherits, "it would be "
	}
	cure := fmt.Sprintf(". An owner can change the visibility at %s → Danger Zone → Change visibility", c.SettingsURL)
	if r.config.FailOnMismatch {
		cure = "" // The error of the run already contains the hint about the visibility.
	}
	switch {
	case is == "unknown" && r.config.Visibility == input.Keep:
		c.Find(report.Unknown, "visibility", "not known")
		return nil
	case r.config.Visibility == input.Keep, is == want:
		c.Find(report.OK, "visibility", "%s%s", verb, is)
		return nil
	case is == "unknown":
		c.Find(report.Warning, "visibility", "not known, but the wanted visibility is %s", want)
	default:
		c.Find(report.Warning, "visibility", "%s%s, but the wanted visibility is %s%s", verb, is, want, cure)
	}
	if !r.config.FailOnMismatch {
		return nil
	}
	c.Findings[len(c.Findings)-1].Mark = report.Problem
	return &diag.Error{
		Code: publish.CodeVisibilityNeedsOwner, Side: diag.API, Input: "visibility",
		Title: fmt.Sprintf("%s is %s, but the wanted visibility is %s", c.Image, is, want), Hint: fmt.Sprintf("Ask an owner to change the visibility at %s → Danger Zone → Change visibility. GitHub's API cannot change the visibility.", c.SettingsURL),
	}
}
