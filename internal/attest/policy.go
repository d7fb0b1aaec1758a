package attest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// CodePolicy means that a policy requires nothing, or contradicts itself.
const CodePolicy = "policy-invalid"

// githubHosted is the value of the runner environment for the runners of GitHub.
const githubHosted = "github-hosted"

// Policy is the set of requirements for an attestation. An empty field requires nothing,
// except where its comment says otherwise. The names and meanings are the names and
// meanings of the flags of "gh attestation verify".
type Policy struct {
	// Server is the URL of GitHub. Default: https://github.com.
	Server string
	// Repo or Owner is required. Repo has the form OWNER/NAME. The attestation must come
	// from a workflow run of this repository, or of a repository of this owner. If no
	// signer is set, the workflow file that signed must also be in this repository.
	Repo, Owner string
	// SignerRepo and SignerWorkflow name the repository, or the workflow file
	// OWNER/NAME/PATH, that signed. At most one of SignerRepo, SignerWorkflow, Identity
	// and IdentityRegex is set.
	SignerRepo, SignerWorkflow string
	// Identity is the name in the certificate, and IdentityRegex is a pattern of the name.
	Identity, IdentityRegex string
	// Issuer is the issuer of the identity token. Default: the issuer of Server.
	Issuer                  string
	SourceRef, SourceDigest string // the Git reference and the commit
	// PredicateType is the type of the statement. Default: [Provenance].
	PredicateType string
	// DenySelfHosted requires a runner of GitHub.
	DenySelfHosted bool
}

// Validate returns an error if the policy requires nothing or contradicts itself.
func (p Policy) Validate() error {
	owner, _, _ := strings.Cut(p.Repo, "/")
	signers := 0
	for _, text := range []string{p.SignerRepo, p.SignerWorkflow, p.Identity, p.IdentityRegex} {
		if text != "" {
			signers++
		}
	}
	_, err := regexp.Compile(p.IdentityRegex)
	switch {
	case p.Repo == "" && p.Owner == "":
		return policyError("repo", "The policy requires neither a repository nor an owner", "Set the input repo to OWNER/NAME, or set the input owner to OWNER. Without a repository and an owner, the policy would accept the attestation of any workflow.")
	case p.Repo != "" && !fullName().MatchString(p.Repo):
		return policyError("repo", fmt.Sprintf("The repository %q does not have the form OWNER/NAME", p.Repo), "Set the input repo to "+p.repoExample()+".")
	case p.Owner != "" && !oneName().MatchString(p.Owner):
		return policyError("owner", fmt.Sprintf("The owner %q is not the name of a user or of an organization", p.Owner), "Set the input owner to a value such as acme.")
	case p.Repo != "" && p.Owner != "" && !strings.EqualFold(owner, p.Owner):
		return policyError("owner", fmt.Sprintf("The repository %q does not belong to the owner %q", p.Repo, p.Owner), "Remove one of the two requirements.")
	case signers > 1:
		return policyError("signer-workflow", "The policy names more than one signer", "Require only one of the signing repository, the workflow, the identity and the pattern of the identity.")
	case err != nil:
		return policyError("cert-identity-regex", "The pattern of the identity is not a regular expression: "+err.Error(), "Correct the pattern. The syntax is the syntax of RE2.")
	}
	return p.validateForms()
}

// These patterns match the values that a certificate or a statement can contain. A value
// in another form never matches, so the run refuses it before it sends a request.
var (
	fullRef    = lazy.Regexp(`^refs/(?:heads|tags|pull)/.+$`)
	fullCommit = lazy.Regexp(`^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$`)
	signerFile = lazy.Regexp(`^[^/]+/[^/]+/.+$`)
	oneName    = lazy.Regexp(`^[A-Za-z0-9._-]+$`)
	fullName   = lazy.Regexp(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`)
)

// validateForms checks the form of the requirements.
func (p Policy) validateForms() error {
	name := strings.TrimPrefix(p.SourceRef, "refs/")
	switch {
	case p.SourceRef != "" && !fullRef().MatchString(p.SourceRef):
		name = name[strings.LastIndexByte(name, '/')+1:]
		return policyError("source-ref", fmt.Sprintf("The Git reference %q is not complete", p.SourceRef), "Set the input source-ref to refs/tags/"+name+" for a tag, or to refs/heads/"+name+" for a branch.")
	case p.SourceDigest != "" && !fullCommit().MatchString(p.SourceDigest):
		return policyError("source-digest", fmt.Sprintf("The commit %q is not complete", p.SourceDigest), "Set the input source-digest to all 40 digits of the commit. git rev-parse prints them.")
	case strings.HasPrefix(p.SignerWorkflow, "https://"):
		return policyError("signer-workflow", fmt.Sprintf("The workflow %q is a URL", p.SignerWorkflow), "Set the input signer-workflow to "+strings.TrimPrefix(p.SignerWorkflow, "https://")+".")
	case p.SignerWorkflow != "" && !signerFile().MatchString(p.SignerWorkflow):
		return policyError("signer-workflow", fmt.Sprintf("The workflow %q has no repository", p.SignerWorkflow), "Set the input signer-workflow to OWNER/NAME/PATH, such as acme/web/.github/workflows/release.yml.")
	case p.SignerRepo != "" && !fullName().MatchString(p.SignerRepo):
		return policyError("signer-repo", fmt.Sprintf("The repository %q does not have the form OWNER/NAME", p.SignerRepo), "Set the input signer-repo to a value such as acme/workflows.")
	case p.Issuer != "" && !strings.Contains(p.Issuer, "://"):
		return policyError("cert-oidc-issuer", fmt.Sprintf("The issuer %q is not a URL", p.Issuer), "Set the input cert-oidc-issuer to https://"+p.Issuer+".")
	case p.PredicateType != "" && !strings.ContainsAny(p.PredicateType, "/:"):
		return policyError("predicate-type", fmt.Sprintf("The type of the statement is %q, which is not a URI", p.PredicateType), "Set the input predicate-type to a URI, such as "+Provenance+".")
	}
	return nil
}

// repoExample returns OWNER/NAME for the URL of a repository, or else an example.
func (p Policy) repoExample() string {
	if rest, ok := strings.CutPrefix(p.Repo, p.server()); ok {
		parts := strings.Split(strings.TrimSuffix(rest, ".git"), "/")
		if len(parts) >= 2 && parts[0] != "" && parts[1] != "" {
			return parts[0] + "/" + parts[1]
		}
	}
	return "a value such as acme/web"
}

func policyError(input, title, hint string) error {
	return &diag.Error{Code: CodePolicy, Side: diag.Input, Input: input, Title: title, Hint: hint}
}

// server returns the URL of GitHub with a slash at the end.
func (p Policy) server() string {
	if p.Server == "" {
		return "https://github.com/"
	}
	return strings.TrimSuffix(p.Server, "/") + "/"
}

// predicateType returns the required type of the statement.
func (p Policy) predicateType() string {
	if p.PredicateType == "" {
		return Provenance
	}
	return p.PredicateType
}

// issuer returns the required issuer.
func (p Policy) issuer() string {
	if p.Issuer != "" {
		return p.Issuer
	}
	if host, ok := strings.CutSuffix(strings.TrimPrefix(strings.TrimSuffix(p.server(), "/"), "https://"), issuerGHEEnd); ok {
		return issuerGHEStart + host + issuerGHEEnd
	}
	return Issuer
}

// check returns an error that names each requirement that a certificate does not meet. As in
// gh, the case of letters does not matter, except in the type of the statement, in the kind
// of the runner, and in the name of a signer.
func (p Policy) check(r *Result) error {
	owner := p.Owner
	if owner == "" {
		owner, _, _ = strings.Cut(p.Repo, "/")
	}
	var problems []string
	require := func(what, want, got string, same func(string, string) bool) {
		if want != "" && !same(want, got) {
			problems = append(problems, fmt.Sprintf("the %s is %q, but the policy requires %q", what, got, want))
		}
	}
	require("owner of the repository", p.server()+owner, r.Owner, strings.EqualFold)
	if p.Repo != "" {
		require("repository", p.server()+p.Repo, r.Repository, strings.EqualFold)
	}
	require("issuer of the identity", p.issuer(), r.Issuer, strings.EqualFold)
	if p.Issuer == "" && strings.HasPrefix(r.Issuer, p.issuer()+"/") {
		problems = append(problems, "the enterprise of the signer has an issuer of its own, which the input cert-oidc-issuer must name")
	}
	require("Git reference", p.SourceRef, r.Ref, strings.EqualFold)
	require("commit", p.SourceDigest, r.Commit, strings.EqualFold)
	require("type of the statement", p.predicateType(), r.PredicateType, equal)
	if p.DenySelfHosted {
		require("runner", githubHosted, r.Runner, equal)
	}
	if problem := p.checkSigner(owner, r.Signer); problem != "" {
		problems = append(problems, problem)
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "; "))
}

func equal(a, b string) bool { return a == b }

// checkSigner compares the name in the certificate, which is the URL of a workflow file and
// its reference. checkSigner returns the problem, or "".
func (p Policy) checkSigner(owner, signer string) string {
	var matches bool
	var want string
	switch {
	case p.Identity != "":
		want, matches = p.Identity, signer == p.Identity
	case p.IdentityRegex != "":
		pattern, err := regexp.Compile(p.IdentityRegex)
		want, matches = p.IdentityRegex, err == nil && pattern.MatchString(signer)
	case p.SignerWorkflow != "":
		want = p.workflowURL()
		rest, ok := strings.CutPrefix(signer, want)
		// A path must end here. Otherwise, the policy would accept other files whose
		// names begin with the same text.
		matches = ok && (rest == "" || rest[0] == '@')
	default:
		prefix := p.server() + owner + "/"
		if repo := p.SignerRepo; repo != "" || p.Repo != "" {
			if repo == "" {
				repo = p.Repo
			}
			prefix = p.server() + repo + "/"
		}
		want = prefix
		matches = len(signer) >= len(prefix) && strings.EqualFold(signer[:len(prefix)], prefix)
	}
	if matches {
		return ""
	}
	return fmt.Sprintf("the signer is %q, but the policy requires %q", signer, want)
}

// workflowURL returns the URL of the workflow file that signed. The value can begin with a
// host.
func (p Policy) workflowURL() string {
	host, _, _ := strings.Cut(p.SignerWorkflow, "/")
	if strings.Contains(host, ".") {
		return "https://" + p.SignerWorkflow
	}
	return p.server() + p.SignerWorkflow
}
