package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
)

// Packages lists the names of the container packages of an owner, without the owner. The
// reason CannotList means that the token is GITHUB_TOKEN, which cannot list packages
// (docs/ghcr.md, Package API and GITHUB_TOKEN).
func (c *Client) Packages(ctx context.Context, owner Owner) ([]string, error) {
	path, err := c.packagesPath(ctx, owner)
	if err != nil {
		return nil, err
	}
	type record struct {
		Name string `json:"name"`
	}
	records, err := allPages(ctx, func(ctx context.Context, number int) ([]record, http.Header, error) {
		var out []record
		header, err := c.callWithReason(ctx, http.MethodGet, fmt.Sprintf("%s?package_type=container&per_page=%d&page=%d", path, PageSize, number), &out)
		return out, header, err
	})
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusBadRequest {
		err = &RefusedError{Reason: CannotList, cause: err}
	}
	if err != nil {
		return nil, fmt.Errorf("listing the packages of %q: %w", owner.Login, err)
	}
	var out []string
	for _, one := range records {
		if !strings.HasPrefix(one.Name, tombstonePrefix) {
			out = append(out, one.Name)
		}
	}
	return out, nil
}

// packagesPath returns the API path of an owner's packages. The packages of the user to whom
// the token belongs have the path /user/packages.
func (c *Client) packagesPath(ctx context.Context, owner Owner) (string, error) {
	owner, err := c.withKind(ctx, owner)
	if err != nil {
		return "", err
	}
	if owner.Kind == "Organization" {
		return "orgs/" + url.PathEscape(owner.Login) + "/packages", nil
	}
	login, err := c.login(ctx)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(login, owner.Login) {
		return "user/packages", nil
	}
	return "users/" + url.PathEscape(owner.Login) + "/packages", nil
}

// login returns the login of the user to whom the token belongs. Installation tokens, such as
// GITHUB_TOKEN, belong to no user: the response is 403, and login returns "". login sends
// its request only once.
func (c *Client) login(ctx context.Context) (string, error) {
	if known := c.self.Load(); known != nil {
		return *known, nil
	}
	var u github.User
	err := c.call(ctx, http.MethodGet, "user", nil, &u)
	if err != nil && !IsForbidden(err) {
		return "", fmt.Errorf("reading the user of the token: %w", err)
	}
	login := u.GetLogin()
	c.self.Store(&login)
	return login, nil
}
