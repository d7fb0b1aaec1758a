package input

import (
	"net/url"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// originRepository returns the repository of the Git remote "origin", and adds a
// notice. originRepository returns "" if the command does not use the Git remote as a
// default, or if the remote is not on this GitHub server.
func (r *reader) originRepository(c *Common) string {
	if r.origin == nil {
		return ""
	}
	server, err := url.Parse(c.GitHub.ServerURL)
	if err != nil {
		return ""
	}
	repository := repositoryOn(server.Hostname(), r.origin())
	if repository != "" {
		c.Notices = append(c.Notices, diag.Notice{
			Code: CodeImageFromOrigin, Level: diag.Info, Title: "Image of the Git remote",
			Text: "The image has the name " + repository + ", because the Git remote origin of this checkout names this repository.",
		})
	}
	return repository
}

// repositoryOn returns OWNER/NAME of a Git URL, if the URL names the host. Git accepts
// the forms https://HOST/OWNER/NAME.git, ssh://git@HOST:PORT/OWNER/NAME and
// git@HOST:OWNER/NAME.
func repositoryOn(host, remote string) string {
	parts := strings.FieldsFunc(strings.TrimSuffix(strings.TrimRight(remote, "/"), ".git"), func(r rune) bool { return strings.ContainsRune("/:@", r) })
	for i, part := range parts[:max(0, len(parts)-2)] {
		if strings.EqualFold(part, host) && i >= len(parts)-4 {
			return parts[len(parts)-2] + "/" + parts[len(parts)-1]
		}
	}
	return ""
}
