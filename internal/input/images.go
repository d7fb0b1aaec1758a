package input

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// images reads the repositories to publish to.
func (r *reader) images(c *Common) {
	lines := r.lines("image")
	if len(lines) == 0 {
		if c.GitHub.Repository == "" {
			r.fail("image", "image-missing", "Set image, for example ghcr.io/acme/web.", "There is no image, and no GITHUB_REPOSITORY to name one after")
			return
		}
		lines = []string{c.Registry + "/" + strings.ToLower(c.GitHub.Repository)}
	}
	seen := map[string]bool{}
	for _, line := range lines {
		repo, err := c.repository(line)
		if err != nil {
			r.errs = append(r.errs, err)
			continue
		}
		if !seen[repo.Name()] {
			seen[repo.Name()] = true
			c.Images = append(c.Images, repo)
			c.noticeOwner(repo)
		}
	}
}

// repository parses one image line. Upper case is lowered: registries take
// lower-case names only (docs/ghcr.md, Refused: upper case), and owners often
// have some.
func (c *Common) repository(line string) (name.Repository, error) {
	if _, rest, ok := strings.Cut(line, "://"); ok {
		return name.Repository{}, diag.Inputf("image", "image-with-scheme", "Write "+rest+".", "image %q is a URL, not a repository's name", line)
	}
	if at := strings.Index(line, "@"); at >= 0 {
		return name.Repository{}, diag.Inputf("image", "image-with-digest", "Write "+line[:at]+"; the digest follows from the source.", "image %q names a digest", line)
	}
	if tag := tagOf(line); tag != "" {
		return name.Repository{}, diag.Inputf("image", "image-with-tag", "Write image: "+strings.TrimSuffix(line, ":"+tag)+" and tags: "+tag+".", "image %q names a tag", line)
	}
	lower := strings.ToLower(line)
	repo, err := name.NewRepository(lower, name.WithDefaultRegistry(c.Registry))
	if err != nil {
		var bad *name.ErrBadName
		errors.As(err, &bad)
		return name.Repository{}, &diag.Error{
			Code: "image-invalid", Side: diag.Input, Input: "image", Title: "image " + quote(line) + " is no repository name", Err: err,
			Hint: "Write registry, owner and name, in a-z, 0-9 and single . _ - between them: ghcr.io/acme/web.",
		}
	}
	if c.AtHome(repo) && !strings.Contains(repo.RepositoryStr(), "/") {
		return name.Repository{}, diag.Inputf("image", "image-without-owner",
			"Write "+repo.RegistryStr()+"/OWNER/"+repo.RepositoryStr()+c.ownerExample(repo.RepositoryStr())+".", "image %q names no owner", line)
	}
	if lower != line {
		c.Notices = append(c.Notices, diag.Notice{
			Code: "image-lowered", Level: diag.Info, Title: "Image name in lower case",
			Text: "image " + quote(line) + " is published as " + repo.Name() + ": registries take lower-case names only.",
		})
	}
	return repo, nil
}

// tagOf finds the tag of a reference; a port is none, and without a slash
// nobody can tell one from a tag of digits.
func tagOf(s string) string {
	last := s[strings.LastIndexByte(s, '/')+1:]
	_, tag, _ := strings.Cut(last, ":")
	if !strings.Contains(s, "/") && strings.Trim(tag, "0123456789") == "" {
		return ""
	}
	return tag
}

func (c *Common) ownerExample(repo string) string {
	if c.GitHub.Owner == "" {
		return ""
	}
	return ", here " + c.Registry + "/" + strings.ToLower(c.GitHub.Owner) + "/" + repo
}

// AtHome reports whether a repository is on the registry of this GitHub.
func (c *Common) AtHome(repo name.Repository) bool { return repo.RegistryStr() == c.Home }

// noticeOwner warns where GITHUB_TOKEN is bound to be refused (docs/ghcr.md,
// Limits of GITHUB_TOKEN).
func (c *Common) noticeOwner(repo name.Repository) {
	owner, _, _ := strings.Cut(repo.RepositoryStr(), "/")
	if !c.AtHome(repo) || c.GitHub.Owner == "" || strings.EqualFold(owner, c.GitHub.Owner) {
		return
	}
	c.Notices = append(c.Notices, diag.Notice{
		Code: "owner-differs", Level: diag.Info, Title: "Another owner's image",
		Text: repo.Name() + " belongs to " + owner + ", the workflow to " + c.GitHub.Owner + ": GITHUB_TOKEN is refused there; a personal access token of that owner may not be.",
	})
}
