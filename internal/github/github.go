// Package github is a client of GitHub's REST API. It reads GitHub's record of a
// container package, repositories, commits and the status of the token.
//
// The package does not read tags and manifests, because package registry reads
// them. GitHub documents no request that changes the visibility of a package, links
// a repository or grants access (docs/ghcr.md, Visibility cannot be set). This
// package sends the request for a visibility and then reads the visibility.
package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// Owner is a user or an organization. The paths of the API depend on the owner's
// kind.
type Owner struct {
	Login string
	Kind  string // User or Organization; "" if unknown
}

// Package is GitHub's record of a container package (docs/ghcr.md, Package record).
type Package struct {
	Owner      Owner
	Name       string // the name without the owner; it can contain slashes
	Visibility string // public, private or internal
	Repository string // owner/name of the linked repository; "" if none
	URL        string // page of the package
}

// Repository is GitHub's record of a repository. A new package inherits the
// visibility of the repository. Labels contain the repository's description and
// license.
type Repository struct {
	FullName      string
	Visibility    string
	DefaultBranch string
	Description   string
	URL           string
	License       string // SPDX id; "" if GitHub found none
	OwnerKind     string
}

// Client sends requests to one API host.
type Client struct {
	// Sleep waits between attempts. If nil, it uses the real clock.
	Sleep retry.Sleeper
	// AnswerTimeout is the time limit for one response. Zero is 15 seconds.
	AnswerTimeout time.Duration

	gh          *github.Client
	server      string
	unavailable atomic.Bool // true after a request failed in all its attempts
	ownerKinds  sync.Map    // the kinds of owners that the API returned, by login
}

// New returns a client for the API at apiURL. The argument apiURL has no slash at
// its end. The URLs of web pages begin with the argument server. The HTTP client
// adds the credentials.
func New(hc *http.Client, apiURL, server, userAgent string) (*Client, error) {
	base, err := url.Parse(apiURL + "/")
	if err != nil {
		return nil, fmt.Errorf("reading the API's URL %q: %w", apiURL, err)
	}
	limited := *hc // go-github reads the body of an error without a limit
	limited.Transport = bounded.Transport{Base: hc.Transport}
	gh := github.NewClient(&limited)
	gh.BaseURL, gh.UserAgent = base, userAgent
	return &Client{gh: gh, server: server}, nil
}

// Get reads a package. If IsAbsent(err), the package does not exist or is hidden
// from this token, because GitHub responds with 404 in both cases. The result
// contains the owner even if Get returns an error.
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
		Visibility: p.GetVisibility(),
		Repository: p.GetRepository().GetFullName(),
		URL:        c.page(owner, name, "package/", ""),
	}, nil
}

// RequestVisibility requests a change of a package's visibility. Today GitHub
// responds with 404 (docs/ghcr.md, Visibility cannot be set). Call Get afterwards to
// see whether the visibility changed.
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

// Repository reads a repository by its owner/name.
func (c *Client) Repository(ctx context.Context, fullName string) (Repository, error) {
	owner, repo, _ := strings.Cut(fullName, "/")
	var r github.Repository
	path := "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo)
	if err := c.call(ctx, http.MethodGet, path, nil, &r); err != nil {
		return Repository{}, fmt.Errorf("reading repository %q: %w", fullName, err)
	}
	visibility := r.GetVisibility()
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
	var commit github.RepositoryCommit
	path := "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo) + "/commits/" + url.PathEscape(sha)
	if err := c.call(ctx, http.MethodGet, path, nil, &commit); err != nil {
		return time.Time{}, fmt.Errorf("reading commit %q: %w", sha, err)
	}
	return commit.GetCommit().GetCommitter().GetDate().Time, nil
}

// PageURL returns the URL of a package's page. The owner's kind must be known. The
// package does not have to exist.
func (c *Client) PageURL(owner Owner, name string) string {
	return c.page(owner, name, "package/", "")
}

// SettingsURL returns the URL of the page with the visibility and access settings
// of a package.
func (c *Client) SettingsURL(owner Owner, name string) string {
	return c.page(owner, name, "", "/settings")
}

// OrganizationURL returns the URL of the page where an organization allows the
// creation of packages (docs/ghcr.md, Package creation setting). The result is
// empty for a user, because users do not have this setting.
func (c *Client) OrganizationURL(owner Owner) string {
	if owner.Kind == "User" {
		return ""
	}
	return c.server + "/organizations/" + url.PathEscape(owner.Login) + "/settings/packages"
}

// TokensURL returns the URL of the page that lists a user's classic tokens.
func (c *Client) TokensURL() string { return c.server + "/settings/tokens" }

// withKind returns the owner with its kind. It requests the kind from the API
// only if the kind is unknown, and only once per login.
func (c *Client) withKind(ctx context.Context, o Owner) (Owner, error) {
	if o.Kind != "" {
		return o, nil
	}
	if known, ok := c.ownerKinds.Load(o.Login); ok {
		o.Kind, _ = known.(string)
		return o, nil
	}
	var u github.User
	if err := c.call(ctx, http.MethodGet, "users/"+url.PathEscape(o.Login), nil, &u); err != nil {
		return o, fmt.Errorf("reading owner %q: %w", o.Login, err)
	}
	o.Kind = u.GetType()
	c.ownerKinds.Store(o.Login, o.Kind)
	return o, nil
}

// path returns the API path of a package. The client does not use the methods of
// go-github for packages of users. These methods do not escape the slash in a
// package's name.
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

// callWithHeader works like call and also returns the header of the response. The
// header is never nil.
func (c *Client) callWithHeader(ctx context.Context, method, path string, body, out any) (http.Header, error) {
	header := http.Header{}
	err := c.retry(ctx, func() error {
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
