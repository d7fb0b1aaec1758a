// Package github is a client of GitHub's REST API. Package github reads container
// packages, repositories, commits and the status of the token. Package github also deletes
// and restores packages and their versions.
//
// Package github does not read tags and manifests, because package registry
// reads tags and manifests. GitHub documents no request that changes the
// visibility of a package, links a package to a repository or gives access to
// a package (docs/ghcr.md, Visibility cannot be set). Package github sends a
// request that changes the visibility, and then reads the visibility to check
// whether GitHub has changed it.
package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// Owner is a user or an organization. The API has different paths for users
// and for organizations.
type Owner struct {
	Login string
	Kind  string // "User" or "Organization", or "" if the kind is not known
}

// Package is GitHub's record of a container package (docs/ghcr.md, Package record).
type Package struct {
	Owner      Owner
	Name       string // the name without the owner, which can contain slashes
	Visibility string // public, private, internal, or "" if GitHub reports another value
	Repository string // owner/name of the linked repository, or "" if the package is not linked to a repository
	URL        string // the URL of the page of the package
}

// Repository is GitHub's record of a repository. A new package inherits the
// visibility of its repository. The program copies the description and the
// license of the repository to labels of the image.
type Repository struct {
	FullName      string
	Visibility    string
	DefaultBranch string
	Description   string
	URL           string
	License       string // the SPDX id of the license, or "" if GitHub found no license
	OwnerKind     string
}

// Client sends requests to the REST API of GitHub.
type Client struct {
	// Sleep waits between two attempts. If Sleep is nil, the client uses the
	// real clock.
	Sleep retry.Sleeper
	// AnswerTimeout is the time limit for one response. If AnswerTimeout is
	// zero, the limit is 15 seconds.
	AnswerTimeout time.Duration

	// Storage sends the requests to the storage of attestations, which is another host. It
	// must add no credentials.
	Storage *http.Client

	gh          *github.Client
	server      string
	unavailable atomic.Bool // unavailable is true after all attempts of one request have failed.
	facts       facts
	self        atomic.Pointer[string] // the login of the token's user, or nil before the API returned it
}

// New returns a client for the API at the URL apiURL, which must not end with
// a slash. The argument "server" is the URL of GitHub's web pages. The HTTP
// client hc must add the credentials to each request.
func New(hc *http.Client, apiURL, server, userAgent string) (*Client, error) {
	base, err := url.Parse(apiURL + "/")
	if err != nil {
		return nil, fmt.Errorf("parsing the URL %q of GitHub's API: %w", apiURL, err)
	}
	limited := *hc // The size of a response is limited, because the library go-github reads the whole body of an error response.
	limited.Transport = bounded.Transport{Base: hc.Transport}
	gh := github.NewClient(&limited)
	gh.BaseURL, gh.UserAgent = base, userAgent
	return &Client{gh: gh, server: server, Storage: http.DefaultClient}, nil
}

// Get reads a package. If IsAbsent returns true for the error, the package
// does not exist or the token has no access to it. GitHub sends the status
// 404 for both reasons. The result contains the owner even if Get returns an
// error.
func (c *Client) Get(ctx context.Context, owner Owner, name string) (Package, error) {
	owner, err := c.withKind(ctx, owner)
	if err != nil {
		return Package{Owner: owner}, err
	}
	var p github.Package
	if err := c.call(ctx, http.MethodGet, c.path(owner, name), nil, &p); err != nil {
		return Package{Owner: owner}, fmt.Errorf("reading package %q of %s: %w", name, owner.Login, err)
	}
	return Package{
		Owner:      owner,
		Name:       name,
		Visibility: known(p.GetVisibility()),
		Repository: p.GetRepository().GetFullName(),
		URL:        c.page(owner, name, "package/", ""),
	}, nil
}

// RequestVisibility requests a change of the visibility of a package. At
// present, GitHub sends the status 404 (docs/ghcr.md, Visibility cannot be
// set). After RequestVisibility, the caller must call Get to check whether
// GitHub has changed the visibility.
func (c *Client) RequestVisibility(ctx context.Context, owner Owner, name, visibility string) error {
	owner, err := c.withKind(ctx, owner)
	if err != nil {
		return err
	}
	body := map[string]string{"visibility": visibility}
	if err := c.call(ctx, http.MethodPatch, c.path(owner, name), body, nil); err != nil {
		return fmt.Errorf("requesting visibility %q of %q: %w", visibility, name, err)
	}
	return nil
}

// Repository reads the repository with the given name, which has the form
// owner/name.
func (c *Client) Repository(ctx context.Context, fullName string) (Repository, error) {
	owner, repo, _ := strings.Cut(fullName, "/")
	path := "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo)
	r, err := readOnce[github.Repository](ctx, c, path)
	if err != nil {
		return Repository{}, fmt.Errorf("reading repository %q: %w", fullName, err)
	}
	visibility := known(r.GetVisibility())
	if visibility == "" && r.Private != nil {
		visibility = map[bool]string{true: "private", false: "public"}[*r.Private]
	}
	return Repository{
		FullName: r.GetFullName(), Visibility: visibility, DefaultBranch: r.GetDefaultBranch(),
		Description: r.GetDescription(), URL: r.GetHTMLURL(), License: r.GetLicense().GetSPDXID(),
		OwnerKind: r.GetOwner().GetType(),
	}, nil
}

// CommitDate returns the committer date of a commit.
func (c *Client) CommitDate(ctx context.Context, fullName, sha string) (time.Time, error) {
	owner, repo, _ := strings.Cut(fullName, "/")
	path := "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo) + "/commits/" + url.PathEscape(sha)
	commit, err := readOnce[github.RepositoryCommit](ctx, c, path)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading commit %q: %w", sha, err)
	}
	return commit.GetCommit().GetCommitter().GetDate().Time, nil
}

// PageURL returns the URL of the page of a package, even if the package does
// not exist. The kind of the owner must be known.
func (c *Client) PageURL(owner Owner, name string) string {
	return c.page(owner, name, "package/", "")
}

// SettingsURL returns the URL of the page on which an owner changes the
// visibility and the access of a package.
func (c *Client) SettingsURL(owner Owner, name string) string {
	return c.page(owner, name, "", "/settings")
}

// OrganizationURL returns the URL of the page on which an organization allows
// the creation of packages (docs/ghcr.md, Package creation setting). For a
// user, OrganizationURL returns "", because users do not have this setting.
func (c *Client) OrganizationURL(owner Owner) string {
	if owner.Kind == "User" {
		return ""
	}
	return c.server + "/organizations/" + url.PathEscape(owner.Login) + "/settings/packages"
}

// TokensURL returns the URL of the page that lists the classic tokens of a
// user.
func (c *Client) TokensURL() string { return c.server + "/settings/tokens" }

// withKind returns the owner with its kind. If the kind is not known,
// withKind requests the kind from the API, but only once for each login.
func (c *Client) withKind(ctx context.Context, o Owner) (Owner, error) {
	if o.Kind != "" {
		return o, nil
	}
	u, err := readOnce[github.User](ctx, c, "users/"+url.PathEscape(o.Login))
	if err != nil {
		return o, fmt.Errorf("reading owner %q: %w", o.Login, err)
	}
	o.Kind = u.GetType()
	return o, nil
}

// path returns the API path of a package. The client does not use the methods
// of the library go-github for packages of users, because these methods do
// not escape a slash in the name of a package.
func (c *Client) path(o Owner, name string) string {
	scope := "users/"
	if o.Kind == "Organization" {
		scope = "orgs/"
	}
	return scope + url.PathEscape(o.Login) + "/packages/container/" + url.PathEscape(name)
}

func (c *Client) page(o Owner, name, prefix, suffix string) string {
	scope := "users/"
	if o.Kind == "Organization" {
		scope = "orgs/"
	}
	return c.server + "/" + scope + url.PathEscape(o.Login) + "/packages/container/" + prefix + url.PathEscape(name) + suffix
}

func (c *Client) call(ctx context.Context, method, path string, body, out any) error {
	_, err := c.callWithHeader(ctx, method, path, body, out)
	return err
}

// callWithHeader sends a request, decodes the response, and returns the
// header of the response. The returned header is never nil.
func (c *Client) callWithHeader(ctx context.Context, method, path string, body, out any) (http.Header, error) {
	header := http.Header{}
	err := c.retry(ctx, waitAfter, func() error {
		req, err := c.gh.NewRequest(method, path, body)
		if err != nil {
			return err
		}
		return c.withTimeout(ctx, func(ctx context.Context) error {
			resp, err := c.gh.Do(ctx, req, out)
			if resp != nil && resp.Response != nil {
				header = resp.Header
			}
			return err
		})
	})
	return header, explain(err)
}
