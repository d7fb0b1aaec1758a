package ghcrtest

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"time"
)

// These are the types of GitHub's responses. The types have only the fields that
// clients of packages read (docs/ghcr.md, Package record).
type (
	accountJSON struct {
		Login   string    `json:"login"`
		ID      int64     `json:"id"`
		Type    OwnerType `json:"type"`
		URL     string    `json:"url"`
		HTMLURL string    `json:"html_url"`
	}

	packageJSON struct {
		ID           int64           `json:"id"`
		Name         string          `json:"name"`
		PackageType  string          `json:"package_type"`
		Owner        accountJSON     `json:"owner"`
		VersionCount int             `json:"version_count"`
		Visibility   Visibility      `json:"visibility"`
		URL          string          `json:"url"`
		HTMLURL      string          `json:"html_url"`
		CreatedAt    time.Time       `json:"created_at"`
		UpdatedAt    time.Time       `json:"updated_at"`
		Repository   *repositoryJSON `json:"repository,omitempty"`
	}

	versionJSON struct {
		ID             int64        `json:"id"`
		Name           string       `json:"name"`
		URL            string       `json:"url"`
		PackageHTMLURL string       `json:"package_html_url"`
		HTMLURL        string       `json:"html_url"`
		CreatedAt      time.Time    `json:"created_at"`
		UpdatedAt      time.Time    `json:"updated_at"`
		Metadata       metadataJSON `json:"metadata"`
	}

	metadataJSON struct {
		PackageType string        `json:"package_type"`
		Container   containerJSON `json:"container"`
	}

	containerJSON struct {
		Tags []string `json:"tags"`
	}
)

// stableID derives a number from a name. A name has the same number in every run.
func stableID(name string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key(name))) // never fails (hash.Hash)
	return int64(h.Sum32())
}

func (c *apiCall) account(o *Owner) accountJSON {
	return accountJSON{
		Login: o.Login, ID: stableID(o.Login), Type: o.Type,
		URL: base(c.r) + apiPrefix + "users/" + o.Login, HTMLURL: base(c.r) + "/" + o.Login,
	}
}

// packageJSONLocked returns the JSON of a package.
func (s *Server) packageJSONLocked(c *apiCall, p *pkg) packageJSON {
	owner := s.state.ownerLocked(ownerOf(p.Name))
	out := packageJSON{
		ID: p.id, Name: p.shortName(), PackageType: "container", Owner: c.account(owner),
		Visibility: p.Visibility, URL: c.packageURL(owner, p), HTMLURL: c.packagePage(owner, p),
		CreatedAt: p.created.UTC().Truncate(time.Second), UpdatedAt: p.updated.UTC().Truncate(time.Second),
	}
	for _, v := range p.versions {
		if !v.deleted {
			out.VersionCount++
		}
	}
	if repo := s.state.repos[key(p.Repository)]; repo != nil {
		linked := s.repositoryJSONLocked(c, repo)
		out.Repository = &linked
	}
	return out
}

// versionJSONLocked returns the JSON of a version.
func (s *Server) versionJSONLocked(c *apiCall, p *pkg, v listed) versionJSON {
	owner := s.state.ownerLocked(ownerOf(p.Name))
	page := c.packagePage(owner, p)
	return versionJSON{
		ID: v.id, Name: v.name,
		URL:            fmt.Sprintf("%s/versions/%d", c.packageURL(owner, p), v.id),
		PackageHTMLURL: page, HTMLURL: fmt.Sprintf("%s/%d", page, v.id),
		CreatedAt: v.created.UTC().Truncate(time.Second), UpdatedAt: v.updated.UTC().Truncate(time.Second),
		Metadata: metadataJSON{"container", containerJSON{v.tags}},
	}
}

// shortName returns a package's name without its owner.
func (p *pkg) shortName() string {
	_, name, _ := strings.Cut(p.Name, "/")
	return name
}

// family returns the first segment of the URLs of an owner's packages.
func (o *Owner) family() string {
	if o.Type == Organization {
		return "orgs"
	}
	return "users"
}

func (c *apiCall) packageURL(o *Owner, p *pkg) string {
	return fmt.Sprintf("%s%s%s/%s/packages/container/%s", base(c.r), apiPrefix, o.family(), o.Login, url.PathEscape(p.shortName()))
}

func (c *apiCall) packagePage(o *Owner, p *pkg) string {
	return fmt.Sprintf("%s/%s/%s/packages/container/package/%s", base(c.r), o.family(), o.Login, url.PathEscape(p.shortName()))
}
