package input

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// images reads the input "image".
func (r *reader) images(c *Common) {
	if r.hasSources() {
		return // The lines of the input "sources" contain the names of the images.
	}
	lines := r.lines("image")
	if len(lines) == 0 {
		repository := c.GitHub.Repository
		if repository == "" {
			repository = r.originRepository(c)
		}
		if repository == "" {
			r.fail("image", CodeImageMissing, "Set the input image, for example ghcr.io/acme/web.", "The input image is empty, and GITHUB_REPOSITORY is not set")
			return
		}
		lines = []string{c.Registry + "/" + strings.ToLower(repository)}
		if fault := c.CheckName(lines[0]); fault != nil {
			r.failRepository(repository, fault)
			return
		}
	}
	if r.hasOtherForm("image") {
		return
	}
	if names := splitNames(lines); len(names) > len(lines) {
		r.fail("image", CodeList, r.oneEntryPerLine("image", names), "The input image contains several names in one line")
		return
	}
	seen := map[string]bool{}
	for _, line := range r.globsOf(c, lines) {
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

// failRepository reports that the name of the workflow's repository cannot be the name
// of an image.
func (r *reader) failRepository(repository string, fault *NameFault) {
	r.fail("image", CodeImageInvalid, fault.Cure+" Set the input image to this name.", "The repository %s cannot have an image with its name, because the name %s", repository, fault.Is)
}

// splitNames splits lines at commas, because no name contains a comma.
func splitNames(lines []string) []string {
	var names []string
	for name := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// repository parses a line of the input "image". repository changes the name to lower
// case. The names of many owners contain upper case, and registries refuse such names
// (docs/ghcr.md, Refused: upper case).
func (c *Common) repository(line string) (name.Repository, error) {
	if err := c.checkImage(line); err != nil {
		return name.Repository{}, err
	}
	lower := strings.ToLower(line)
	repo, err := name.NewRepository(lower, name.WithDefaultRegistry(c.Registry))
	if err != nil {
		return name.Repository{}, diag.Inputf("image", CodeImageInvalid,
			"Write registry, owner and name, such as ghcr.io/acme/web. A name has at most 255 characters.", "The input image %q is not a repository name", line)
	}
	if c.AtHome(repo) && !strings.Contains(repo.RepositoryStr(), "/") {
		return name.Repository{}, diag.Inputf("image", CodeImageWithoutOwner,
			"Write "+repo.RegistryStr()+"/OWNER/"+repo.RepositoryStr()+c.ownerExample(repo.RepositoryStr())+".", "The input image %q contains no owner", line)
	}
	if lower != line {
		c.Notices = append(c.Notices, diag.Notice{
			Code: CodeImageLowercased, Level: diag.Info, Title: "Image name in lower case",
			Text: "The image " + quote(line) + " is published as " + repo.Name() + ", because registries accept only lower-case names.",
		})
	}
	return repo, nil
}

// checkImage refuses a line of the input "image" that is probably not the name of a
// repository: text that is not evaluated, an address, a digest, a tag, or a wrong
// character.
func (c *Common) checkImage(line string) error {
	if hint := missing.Unexpanded(line); hint != "" {
		return diag.Inputf("image", CodeImageInvalid, hint+" To publish to the repository of the workflow, remove the input image.", "The input image %q is not a repository name", line)
	}
	if path, ok := c.checkoutPath(line); ok {
		return diag.Inputf("image", CodeImageWithScheme, "Write the name of the image: "+c.Registry+"/"+path+".", "The input image %q is the address of a Git repository", line)
	}
	if _, rest, ok := strings.Cut(line, "://"); ok {
		return diag.Inputf("image", CodeImageWithScheme, "Write "+rest+".", "The input image %q is a URL, not a repository name", line)
	}
	if at := strings.Index(line, "@"); at > 0 {
		return diag.Inputf("image", CodeImageWithDigest, "Write "+line[:at]+" without the digest, because the source determines the digest.", "The input image %q contains a digest", line)
	}
	if info, err := os.Stat(line); detect.IsArchive(line) || err == nil && info.Mode().IsRegular() {
		return diag.Inputf("image", CodeImageInvalid, c.fileHint(line), "The input image is the file %q, and not a repository name", line)
	}
	if tag := tagOf(line); tag != "" {
		hint := "Write image: " + c.complete(strings.TrimSuffix(line, ":"+tag))
		switch {
		case c.Command == Promote:
			hint = "To promote this image, write source: " + line + ". The input image names a destination in another repository"
		case slices.Contains(naming, c.Command):
			hint += " and tags: " + tag
		case c.Command == Cleanup:
			hint += " and delete: " + tag
		}
		return diag.Inputf("image", CodeImageWithTag, hint+".", "The input image %q contains a tag", line)
	}
	if strings.ContainsFunc(line, unicode.IsSpace) {
		return diag.Inputf("image", CodeImageInvalid, "Remove the blank. For several images, write one name per line, such as ghcr.io/acme/web.", "The input image %q contains a blank", line)
	}
	if c.Command == Cleanup && strings.ContainsAny(line, "*?") {
		return diag.Inputf("image", CodeImageInvalid, "The input image names the repository, for example "+c.Registry+"/"+cmp.Or(strings.ToLower(c.GitHub.Repository), "OWNER/NAME")+". Write the pattern in the input delete.", "The input image %q is a pattern", line)
	}
	if fault := c.CheckName(line); fault != nil {
		return diag.Inputf("image", CodeImageInvalid, fault.Cure, "The input image %q %s", line, fault.Is)
	}
	return nil
}

// fileHint returns the hint for a file in the input "image".
func (c *Common) fileHint(file string) string {
	hint := "Write the repository to which the command publishes, for example " + c.Registry + "/" + cmp.Or(strings.ToLower(c.GitHub.Repository), "OWNER/NAME") + "."
	if c.Command == Publish {
		hint += " Write the file in the input source: " + file + "."
	}
	return hint
}

// complete removes a slash at the end of a name, and adds the registry and the owner to
// a name without an owner.
func (c *Common) complete(name string) string {
	name = strings.TrimRight(name, "/")
	if strings.Contains(name, "/") {
		return name
	}
	return c.Registry + "/" + cmp.Or(strings.ToLower(c.GitHub.Owner), "OWNER") + "/" + strings.ToLower(name)
}

// checkoutPath returns OWNER/NAME for the address of a Git repository on this GitHub
// server or on github.com. The address can have the form of a URL, or the form that ssh uses.
func (c *Common) checkoutPath(line string) (string, bool) {
	_, server, _ := strings.Cut(c.GitHub.ServerURL, "://")
	for _, host := range []string{server, "github.com"} {
		for _, prefix := range []string{"https://" + host + "/", "http://" + host + "/", "ssh://git@" + host + "/", "git@" + host + ":"} {
			if path, ok := strings.CutPrefix(line, prefix); ok {
				path = strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".git")
				return strings.ToLower(path), path != ""
			}
		}
	}
	return "", false
}

// tagOf returns the tag of a reference. If the text has no slash, digits after a colon
// are a port and not a tag.
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
	return ", for example " + c.Registry + "/" + strings.ToLower(c.GitHub.Owner) + "/" + repo
}

// AtHome reports whether a repository is on the registry of this GitHub server.
func (c *Common) AtHome(repo name.Repository) bool { return repo.RegistryStr() == c.Home }

// noticeOwner adds a notice if the registry will refuse GITHUB_TOKEN for the
// repository (docs/ghcr.md, Limits of GITHUB_TOKEN).
func (c *Common) noticeOwner(repo name.Repository) {
	owner, _, _ := strings.Cut(repo.RepositoryStr(), "/")
	if !c.AtHome(repo) || c.GitHub.Owner == "" || strings.EqualFold(owner, c.GitHub.Owner) {
		return
	}
	c.Notices = append(c.Notices, diag.Notice{
		Code: CodeOwnerDiffers, Level: diag.Info, Title: "Image of another owner",
		Text: repo.Name() + " belongs to " + owner + ", and the workflow belongs to " + c.GitHub.Owner + ". The registry refuses GITHUB_TOKEN for this image, but can accept a personal access token of " + owner + ".",
	})
}
