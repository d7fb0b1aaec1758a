package attest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// CodeClaims means that the identity token of the job does not have the claims of a job of
// GitHub Actions.
const CodeClaims = "identity-claims"

// Issuer is the issuer of the identity tokens of GitHub.com. The slug of an enterprise may
// follow after a slash.
const Issuer = "https://token.actions.githubusercontent.com"

// The start and the end of an issuer of GHE.com.
const (
	issuerGHEStart = "https://token.actions."
	issuerGHEEnd   = ".ghe.com"
)

// Claims are the claims of the identity token of a job (docs.github.com, "OpenID Connect
// reference"). All claims are texts, and all claims except Visibility and Subject are
// necessary for the provenance.
type Claims struct {
	Issuer            string `json:"iss"`
	Subject           string `json:"sub"`
	Ref               string `json:"ref"`
	Commit            string `json:"sha"`
	Repository        string `json:"repository"`
	Event             string `json:"event_name"`
	JobWorkflow       string `json:"job_workflow_ref"` // the workflow file that contains the job
	Workflow          string `json:"workflow_ref"`     // the workflow file of the run
	RepositoryID      string `json:"repository_id"`
	OwnerID           string `json:"repository_owner_id"`
	RunnerEnvironment string `json:"runner_environment"`
	RunID             string `json:"run_id"`
	RunAttempt        string `json:"run_attempt"`
	Visibility        string `json:"repository_visibility"`

	// Server is the URL of GitHub, without a slash at the end.
	Server string `json:"-"`
}

// readClaims reads the claims of a token. readClaims does not verify the signature,
// because the certificate authority does, and because the run compares its certificate
// with the claims. The argument "server" is the URL of GitHub if the issuer does not
// determine the URL.
func readClaims(token secret.Secret, server string) (*Claims, error) {
	c := &Claims{}
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return nil, claimsError("The identity token of the job is not a JSON Web Token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, c) != nil {
		return nil, claimsError("The claims of the identity token cannot be read")
	}
	if missing := c.missing(); len(missing) > 0 {
		return nil, claimsError(fmt.Sprintf("The identity token of the job does not have the claims %s", strings.Join(missing, ", ")))
	}
	c.Server = serverOf(c.Issuer)
	if c.Server == "" {
		c.Server = strings.TrimSuffix(server, "/")
	}
	return c, nil
}

func claimsError(title string) error {
	return &diag.Error{
		Code: CodeClaims, Side: diag.Runner, Input: "attest", Title: title,
		Hint: "Run the step in a job of GitHub Actions, and do not set ACTIONS_ID_TOKEN_REQUEST_URL yourself. To publish without an attestation, set attest: false.",
	}
}

// missing returns the names of the necessary claims that are empty.
func (c *Claims) missing() []string {
	var out []string
	fields := reflect.ValueOf(*c)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Tag.Get("json")
		optional := name == "-" || name == "repository_visibility"
		if !optional && fields.Field(i).String() == "" {
			out = append(out, name)
		}
	}
	return out
}

// serverOf returns the URL of GitHub for an issuer of GitHub.com or GHE.com, or "". The
// slug of an enterprise may follow the issuer.
func serverOf(iss string) string {
	if iss == Issuer || strings.HasPrefix(iss, Issuer+"/") {
		return "https://github.com"
	}
	rest, ok := strings.CutPrefix(iss, issuerGHEStart)
	host, _, _ := strings.Cut(rest, "/")
	tenant, ghe := strings.CutSuffix(host, issuerGHEEnd)
	if !ok || !ghe || !isName(tenant) {
		return ""
	}
	return "https://" + tenant + issuerGHEEnd
}

// isName reports whether a text can be one label of a host name.
func isName(text string) bool {
	return text != "" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// repositoryURL returns the URL of the repository of the job.
func (c *Claims) repositoryURL() string { return c.Server + "/" + c.Repository }

// builder returns the URL of the workflow file that contains the job, and its Git reference.
func (c *Claims) builder() string { return c.Server + "/" + c.JobWorkflow }

// signer returns the name in the certificate of the job. The certificate authority writes the
// builder as a URL, and a URL contains only ASCII characters (RFC 5280, section 4.2.1.6), but
// the name of a file or of a branch can contain others.
func (c *Claims) signer() string {
	name, err := url.Parse(c.builder())
	if err != nil {
		return c.builder()
	}
	return name.String()
}

// run returns the URL of the attempt of the run.
func (c *Claims) run() string {
	return c.repositoryURL() + "/actions/runs/" + c.RunID + "/attempts/" + c.RunAttempt
}

// workflowPath returns the path of the workflow file of the run in the repository.
func (c *Claims) workflowPath() string {
	path, _, _ := strings.Cut(strings.TrimPrefix(c.Workflow, c.Repository+"/"), "@")
	return path
}
