package input

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// CodeRequireInvalid means that a line of the input require is not a requirement.
const CodeRequireInvalid = "require-invalid"

// denySelfHosted is the only requirement that is true or false.
const denySelfHosted = "deny-self-hosted-runners"

// requirements are the names in the input require. Each name is an input of `verify`.
var requirements = []string{
	"repo", "owner", "signer-repo", "signer-workflow", "source-ref", "source-digest", "predicate-type",
	"cert-identity", "cert-identity-regex", "cert-oidc-issuer", denySelfHosted,
}

// policyOf returns the policy whose requirements have these values. The URL of the server is
// ignored if it cannot be in a certificate, because a certificate contains only https URLs.
func policyOf(server string, value func(name string) string) attest.Policy {
	if !strings.HasPrefix(server, "https://") {
		server = ""
	}
	return attest.Policy{
		Server: server, Repo: value("repo"), Owner: value("owner"),
		SignerRepo: value("signer-repo"), SignerWorkflow: value("signer-workflow"),
		Identity: value("cert-identity"), IdentityRegex: value("cert-identity-regex"), Issuer: value("cert-oidc-issuer"),
		SourceRef: value("source-ref"), SourceDigest: value("source-digest"),
		PredicateType: value("predicate-type"),
	}
}

// requirement returns a requirement with a policy. The inputs name the files.
func (r *reader) requirement(policy attest.Policy) attest.Requirement {
	return attest.Requirement{Policy: policy, Bundles: r.text("bundle"), Roots: r.text("trusted-root")}
}

// validate reports a policy that requires nothing or contradicts itself.
func (r *reader) validate(policy attest.Policy) {
	var invalid *diag.Error
	if err := policy.Validate(); errors.As(err, &invalid) && !r.unknown("repo", "owner") {
		r.errs = append(r.errs, invalid)
	}
}

// require reads the input require, and returns nil if the input is empty. Each line is the
// name of an input of `verify`, "=" and a value.
func (r *reader) require(server string) *attest.Requirement {
	lines := r.lines("require")
	if len(lines) == 0 {
		r.refuseFilesWithoutRequire()
		return nil
	}
	values, before := map[string]string{}, len(r.errs)
	for _, line := range lines {
		name, value, found := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if name == denySelfHosted && !found {
			found, value = true, "true"
		}
		switch {
		case !found || value == "":
			r.fail("require", CodeRequireInvalid, "Write one requirement per line as NAME=VALUE, for example repo=acme/web.", "The line %q of the input require is not a requirement", line)
		case !slices.Contains(requirements, name):
			r.fail("require", CodeRequireInvalid, "The names are: "+strings.Join(requirements, ", ")+".", "The input require contains the unknown requirement %q", name)
		case values[name] != "":
			r.fail("require", CodeRequireInvalid, "Remove one of the two lines, because each requirement has one value.", "The input require contains the requirement %q twice", name)
		default:
			values[name] = value
		}
	}
	need := r.requirement(policyOf(server, func(name string) string { return values[name] }))
	if text := values[denySelfHosted]; text != "" {
		var err error
		if need.Policy.DenySelfHosted, err = strconv.ParseBool(strings.ToLower(text)); err != nil {
			r.fail("require", CodeRequireInvalid, "Write "+denySelfHosted+"=true, or remove the line.", "The requirement %q in the input require is neither true nor false", text)
		}
	}
	if len(r.errs) == before {
		r.validateRequire(need.Policy)
	}
	return &need
}

// validateRequire reports an invalid policy of the input require.
func (r *reader) validateRequire(policy attest.Policy) {
	var invalid *diag.Error
	if err := policy.Validate(); errors.As(err, &invalid) {
		hint := strings.ReplaceAll(invalid.Hint, "the input ", "the requirement ")
		r.fail("require", invalid.Code, hint+" Each line of the input require has the form NAME=VALUE.", "%s", invalid.Title)
	}
}

// refuseFilesWithoutRequire refuses the inputs for a check that the run does not do. Otherwise,
// a user could believe that the run checks the attestations.
func (r *reader) refuseFilesWithoutRequire() {
	for _, name := range []string{"bundle", "trusted-root"} {
		if r.text(name) != "" {
			r.fail(name, CodeRequireInvalid, "Set the input require to the repository whose workflow must have made the attestation, for example repo=acme/web.", "The input %s is set, but the input require is empty, so the run would check no attestation", name)
		}
	}
}
