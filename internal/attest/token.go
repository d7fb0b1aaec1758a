package attest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// CodeNoToken means that the job cannot get an identity token.
const CodeNoToken = "identity-token-missing"

// audience is the audience of the identity token that Sigstore accepts.
const audience = "sigstore"

// Job is the part of the environment of a job with which the job gets its identity token.
type Job struct {
	URL    string // ACTIONS_ID_TOKEN_REQUEST_URL
	Token  secret.Secret
	Server string // GITHUB_SERVER_URL
}

// JobOf returns the job of an environment. GitHub sets the variables of the identity token
// only for a job with the permission id-token: write.
func JobOf(getenv func(string) string) Job {
	return Job{
		URL: getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), Token: secret.New(getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")),
		Server: getenv("GITHUB_SERVER_URL"),
	}
}

// Allowed reports whether the job can request an identity token.
func (j Job) Allowed() bool { return j.URL != "" && !j.Token.Empty() }

// MissingToken returns the error for a job that cannot get an identity token.
func MissingToken() error {
	return &diag.Error{
		Code: CodeNoToken, Side: diag.Runner, Input: "attest",
		Title: "The job cannot get an identity token, which an attestation needs",
		Hint: "Add these permissions to the job:\n    permissions:\n      contents: read\n      packages: write\n      id-token: write\n      attestations: write\n" +
			"GitHub gives no identity token to a run for a pull request from a fork. To publish without an attestation, set attest: false.",
	}
}

// identityToken requests the identity token of the job.
func (c *caller) identityToken(ctx context.Context, j Job) (secret.Secret, error) {
	if !j.Allowed() {
		return secret.Secret{}, MissingToken()
	}
	address, err := url.Parse(j.URL)
	if err != nil {
		return secret.Secret{}, MissingToken()
	}
	query := address.Query()
	query.Set("audience", audience)
	address.RawQuery = query.Encode()
	r := request{
		service: "issuer of identity tokens", method: http.MethodGet, url: address.String(),
		header: map[string]string{"Authorization": "Bearer " + j.Token.Reveal(), "Accept": "application/json"},
	}
	resp, err := c.do(ctx, r, http.StatusOK)
	if err != nil {
		return secret.Secret{}, err
	}
	var answer struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(resp.body, &answer) != nil || answer.Value == "" {
		return secret.Secret{}, claimsError("The issuer of identity tokens answered without a token")
	}
	return secret.New(answer.Value), nil
}
