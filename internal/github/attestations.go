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

// errNoID is the error for a response that does not name the stored attestation.
var errNoID = errors.New("the API answered without the id of the attestation")

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
	if answer.ID <= 0 {
		return 0, "", fmt.Errorf("storing the attestation in %q: %w", repository, errNoID)
	}
	return answer.ID, fmt.Sprintf("%s/%s/attestations/%d", c.server, repository, answer.ID), nil
}

// Attestations returns the newest Sigstore bundles for a digest that a repository stores, or
// that all repositories of an owner store. A repository has the form owner/name.
func (c *Client) Attestations(ctx context.Context, of, digest string) ([][]byte, error) {
	var answer struct {
		Attestations []storedAttestation `json:"attestations"`
	}
	err := c.call(ctx, http.MethodGet, attestationsPath(of)+"/"+url.PathEscape(digest)+"?per_page=100", nil, &answer)
	if IsAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the attestations of %s: %w", digest, err)
	}
	var out [][]byte
	for _, a := range answer.Attestations {
		bundle, err := c.bundle(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("reading an attestation of %s: %w", digest, err)
		}
		out = append(out, bundle)
	}
	return out, nil
}

// storedAttestation is an attestation in a response. If the API omits the bundle, the bundle
// is at the URL in the compression format Snappy.
type storedAttestation struct {
	Bundle    json.RawMessage `json:"bundle"`
	BundleURL string          `json:"bundle_url"`
}

func attestationsPath(of string) string {
	owner, name, repository := strings.Cut(of, "/")
	if !repository {
		return "orgs/" + url.PathEscape(owner) + "/attestations"
	}
	return "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + "/attestations"
}
