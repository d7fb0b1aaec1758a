package ghcrtest_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// storedBundle returns the body of a request that stores a bundle for a digest of 64
// equal digits.
func storedBundle(digit, predicateType string) string {
	statement := `{"subject":[{"name":"x","digest":{"sha256":"` + strings.Repeat(digit, 64) + `"}}],"predicateType":"` + predicateType + `"}`
	return `{"bundle":{"dsseEnvelope":{"payload":"` + base64.StdEncoding.EncodeToString([]byte(statement)) + `"}}}`
}

func TestAttestationsAreFoundByDigestAndType(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, job)
	c.api(http.MethodPost, "/repos/acme/web/attestations", storedBundle("a", "first")).has(t, 201, `{"id":`)
	c.api(http.MethodPost, "/repos/acme/web/attestations", storedBundle("a", "second")).has(t, 201, `{"id":`)
	digest := "/sha256:" + strings.Repeat("a", 64)
	cases := []struct {
		path  string
		count int
	}{
		{"/repos/acme/web/attestations" + digest, 2},
		{"/repos/acme/web/attestations" + digest + "?per_page=1", 1},
		{"/repos/acme/web/attestations" + digest + "?predicate_type=first", 1},
		{"/orgs/acme/attestations" + digest, 2},
		{"/repos/acme/other/attestations" + digest, 0},
		{"/orgs/alice/attestations" + digest, 0},
		{"/repos/acme/web/attestations/sha256:" + strings.Repeat("b", 64), 0},
	}
	for _, tc := range cases {
		got := c.api(http.MethodGet, tc.path, "")
		if n := strings.Count(got.body, `"initiator":"user"`); n != tc.count || (got.status == 404) != (tc.count == 0) {
			t.Errorf("%s: got %d with %d attestations, want %d", tc.path, got.status, n, tc.count)
		}
	}
}

func TestAttestationsAreRefused(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Repositories = append(config.Repositories, ghcrtest.Repository{Name: "alice/hidden", Visibility: ghcrtest.Private})
	s := start(t, config)
	good := storedBundle("a", "first")
	as(t, s, pat).api(http.MethodPost, "/repos/alice/hidden/attestations", good).has(t, 403, "Feature not available for user-owned private repositories")
	as(t, s, readJob).api(http.MethodPost, "/repos/acme/web/attestations", good).has(t, 403, "Resource not accessible by integration")
	as(t, s, job).api(http.MethodPost, "/repos/acme/web/attestations", `{"bundle":{}}`).has(t, 422, "does not contain a statement")
	as(t, s, job).api(http.MethodPost, "/repos/acme/secret/attestations", good).has(t, 404, "Not Found")
}
