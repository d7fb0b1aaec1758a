// Package github is GitHub Packages over the REST API: what GitHub knows of
// a container package, and the one request that could change its visibility.
//
// It is not the registry (see package registry): tags and manifests are read
// there. GitHub documents no call that changes visibility, links a repository
// or grants access (docs/ghcr.md, Visibility cannot be set); what this package
// offers is reading, and the honest attempt.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v60/github"
)

// Owner is a user or an organization. Its kind decides the API's paths.
type Owner struct {
	Login string
	Kind  string // User or Organization; "" if nobody said
}

// Package is GitHub's record of a container package (docs/ghcr.md, Package record).
type Package struct {
	Owner      Owner
	Name       string // without the owner; may hold slashes
	Visibility string // public, private or internal
	Repository string // owner/name of the linked repository; "" if none
	URL        string // the package's page
}

// Repository is what a new package inherits from, and where labels come from.
type Repository struct {
	FullName      string
	Visibility    string
	DefaultBranch string
	Description   string
	URL           string
	License       string // SPDX id; "" if GitHub found none
	OwnerKind     string
}

// Client reads from one API host.
type Client struct {
	// Sleep waits between attempts; tests replace it. Nil waits for real.
	Sleep func(context.Context, time.Duration) error
	// Answer is the most that one answer is waited for; zero is 15 seconds.
	Answer time.Duration

	gh     *github.Client
	server string
	down   atomic.Bool // some request failed to the end
	kinds  sync.Map    // of owners that were asked for, by login
}

// New returns a client for apiURL (without a slash at its end) that links to
// pages of server. The HTTP client carries the credentials.
func New(hc *http.Client, apiURL, server, userAgent string) (*Client, error) {
	base, err := url.Parse(apiURL + "/")
	if err != nil {
		return nil, fmt.Errorf("reading the API's address: %w", err)
	}
	gh := github.NewClient(hc)
	gh.BaseURL, gh.UserAgent = base, userAgent
	return &Client{gh: gh, server: server}, nil
}

// Get reads a package. An error for which IsAbsent holds means that it does
// not exist or that this token may not see it: GitHub answers 404 to both.
// The owner is told with an error, too, as far as it is known.
func (c *Client) Get(ctx context.Context, owner Owner, name string) (Package, error) {
	owner, err := c.kind(ctx, owner)
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

// AskVisibility sends the request that GitHub could one day honour. Today it
// answers 404 (docs/ghcr.md, Visibility cannot be set); that the visibility
// changed is believed only when Get says so.
func (c *Client) AskVisibility(ctx context.Context, owner Owner, name, visibility string) error {
	owner, err := c.kind(ctx, owner)
	if err != nil {
		return err
	}
	body := map[string]string{"visibility": visibility}
	if err := c.call(ctx, http.MethodPatch, c.path(owner, name), body, nil); err != nil {
		return fmt.Errorf("asking for visibility %s of %q: %w", visibility, name, err)
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

// CommitDate is when a commit was committed.
func (c *Client) CommitDate(ctx context.Context, fullName, sha string) (time.Time, error) {
	owner, repo, _ := strings.Cut(fullName, "/")
	var commit github.RepositoryCommit
	path := "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo) + "/commits/" + url.PathEscape(sha)
	if err := c.call(ctx, http.MethodGet, path, nil, &commit); err != nil {
		return time.Time{}, fmt.Errorf("reading commit %s: %w", sha, err)
	}
	return commit.GetCommit().GetCommitter().GetDate().Time, nil
}

// PageURL is the package's page, where the owner's kind is known; the package
// need not exist yet.
func (c *Client) PageURL(owner Owner, name string) string {
	return c.page(owner, name, "package/", "")
}

// SettingsURL is the page with the visibility and access settings.
func (c *Client) SettingsURL(owner Owner, name string) string {
	return c.page(owner, name, "", "/settings")
}

// OrganizationURL is the page where an organization says which packages may
// be created (docs/ghcr.md, Package creation setting); empty for a user, who has none.
func (c *Client) OrganizationURL(owner Owner) string {
	if owner.Kind == "User" {
		return ""
	}
	return c.server + "/organizations/" + url.PathEscape(owner.Login) + "/settings/packages"
}

// TokensURL is the page where a user's classic tokens are.
func (c *Client) TokensURL() string { return c.server + "/settings/tokens" }

// IsAbsent reports whether err is GitHub's 404: absent, or hidden.
func IsAbsent(err error) bool {
	var e *github.ErrorResponse
	return errors.As(err, &e) && e.Response != nil && e.Response.StatusCode == http.StatusNotFound
}

// kind asks for the owner's kind unless somebody said it.
func (c *Client) kind(ctx context.Context, o Owner) (Owner, error) {
	if o.Kind != "" {
		return o, nil
	}
	if known, ok := c.kinds.Load(o.Login); ok {
		o.Kind, _ = known.(string)
		return o, nil
	}
	var u github.User
	if err := c.call(ctx, http.MethodGet, "users/"+url.PathEscape(o.Login), nil, &u); err != nil {
		return o, fmt.Errorf("reading owner %q: %w", o.Login, err)
	}
	o.Kind = u.GetType()
	c.kinds.Store(o.Login, o.Kind)
	return o, nil
}

// path is built here and not by go-github: its methods for user-owned
// packages do not escape the slash in a package's name.
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
	_, err := c.ask(ctx, method, path, body, out)
	return err
}

// ask is call for those who want the answer's header, too. It is there with a
// refusal as well, and never nil.
func (c *Client) ask(ctx context.Context, method, path string, body, out any) (http.Header, error) {
	header := http.Header{}
	err := c.again(ctx, func() error {
		req, err := c.gh.NewRequest(method, path, body)
		if err != nil {
			return err
		}
		return c.within(ctx, func(ctx context.Context) error {
			resp, err := c.gh.Do(ctx, req, out)
			if resp != nil && resp.Response != nil {
				header = resp.Header
			}
			return err
		})
	})
	return header, words(err)
}

// refusal is GitHub's answer in words for people.
type refusal struct{ answer *github.ErrorResponse }

// Error gives the status, GitHub's words and the request id.
func (r *refusal) Error() string {
	resp := r.answer.Response
	text := fmt.Sprintf("GitHub's API answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if words := strings.TrimSpace(r.answer.Message); words != "" && words != http.StatusText(resp.StatusCode) {
		text += fmt.Sprintf(": %.300q", words)
	}
	if id := resp.Header.Get("X-GitHub-Request-Id"); id != "" {
		text += fmt.Sprintf(" (request id %s)", id)
	}
	return text
}

// Unwrap returns go-github's error.
func (r *refusal) Unwrap() error { return r.answer }
