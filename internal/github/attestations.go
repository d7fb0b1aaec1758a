package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// AddAttestation stores a Sigstore bundle as an attestation of a repository, which has the
// form owner/name. AddAttestation returns the id and the URL of the attestation.
func (c *Client) AddAttestation(ctx context.Context, repository string, bundle []byte) (id int64, page string, err error) {
	var answer struct {
		ID int64 `json:"id"`
	}
	path := attestationsPath(repository)
	if err := c.call(ctx, http.MethodPost, path, map[string]json.RawMessage{"bundle": bundle}, &answer); err != nil {
		return 0, "", fmt.Errorf("storing the attestation in %q: %w", repository, err)
	}
	return answer.ID, fmt.Sprintf("%s/%s/attestations/%d", c.server, repository, answer.ID), nil
}

// Attestations returns the newest Sigstore bundles that a repository stores for a digest.
func (c *Client) Attestations(ctx context.Context, repository, digest string) ([][]byte, error) {
	var answer struct {
		Attestations []struct {
			Bundle json.RawMessage `json:"bundle"`
		} `json:"attestations"`
	}
	err := c.call(ctx, http.MethodGet, attestationsPath(repository)+"/"+url.PathEscape(digest)+"?per_page=100", nil, &answer)
	if IsAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the attestations of %s: %w", digest, err)
	}
	var out [][]byte
	for _, a := range answer.Attestations {
		out = append(out, a.Bundle)
	}
	return out, nil
}

func attestationsPath(repository string) string {
	owner, name, _ := strings.Cut(repository, "/")
	return "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + "/attestations"
}

// IsRefused reports whether err is a response of GitHub with a status from 400 to 499, which
// means that another attempt gets the same response. A rate limit is no refusal.
func IsRefused(err error) bool {
	var e *answerError
	if !errors.As(err, &e) {
		return false
	}
	status := e.answer.Response.StatusCode
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusTooManyRequests
}
