package proof

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxProblems is the maximum number of bundles whose problem a message contains. Every user
// with the right to push can add bundles.
const maxProblems = 5

// problem is the reason why a bundle does not meet the requirement.
type problem struct {
	bundle string
	err    error
}

// Error returns the name of the bundle and the reason.
func (p *problem) Error() string {
	if strings.HasPrefix(p.bundle, "sha256:") {
		return "the attestation " + p.bundle + ": " + p.err.Error()
	}
	return p.bundle + ": " + p.err.Error()
}

// Unwrap returns the reason.
func (p *problem) Unwrap() error { return p.err }

// refusal returns the error for an image without an attestation that meets the requirement.
// The argument "unread" is the reason why GitHub's API could not be read, or nil.
func (i Image) refusal(problems []error, unread error) error {
	switch {
	case len(problems) == 0 && unread != nil:
		return &diag.Error{
			Code: CodeMissing, Side: diag.API, Err: unread,
			Title: fmt.Sprintf("The registry contains no attestation of the image %s, and GitHub's API cannot be read", i),
			Hint:  "Run the command again with a token that may read the repository. If you have the attestation in a file, set the input bundle to this file.",
		}
	case len(problems) == 0:
		return i.missing()
	case unread != nil:
		problems = append(problems, unread)
	}
	out := &diag.Error{
		Code: CodePolicyNotMet, Side: diag.Sigstore, Err: errors.Join(shortened(problems)...),
		Title: fmt.Sprintf("No attestation of the image %s meets the policy", i),
		Hint:  "Do not use the image, unless the requirements of the policy are wrong.",
	}
	if onlyUnknown(problems) {
		out.Hint = `Do not use the image, unless you trust this authority. This release contains only the keys of sigstore.dev. For the keys of GitHub, write the output of "gh attestation trusted-root" to a file, and set the input trusted-root to this file.`
	}
	return out
}

// missing returns the error for an image without attestations.
func (i Image) missing() error {
	hint := "Check that the workflow attests this digest, and that the policy names the right repository. If you have the attestation in a file, set the input bundle to this file."
	if i.Single {
		hint = "If this image is one platform of an index, verify a tag or the digest of the index, because the registry lists an attestation only for the index. " + hint
	}
	return &diag.Error{
		Code: CodeMissing, Side: diag.Sigstore, Hint: hint,
		Title: fmt.Sprintf("The registry and GitHub's API contain no attestation of the image %s", i),
	}
}

// onlyUnknown reports whether each problem is a certificate authority that no trusted root
// contains.
func onlyUnknown(problems []error) bool {
	for _, err := range problems {
		if !errors.As(err, new(*attest.UnknownAuthorityError)) {
			return false
		}
	}
	return true
}

// shortened omits repeated reasons, because the registry and the API usually have the same
// bundles, and limits the number of reasons.
func shortened(problems []error) []error {
	var out []error
	seen := map[string]bool{}
	for _, err := range problems {
		reason := err.Error()
		if p := new(problem); errors.As(err, &p) {
			reason = p.err.Error()
		}
		if !seen[reason] {
			out = append(out, err)
		}
		seen[reason] = true
	}
	if more := len(out) - maxProblems; more > 0 {
		return append(out[:maxProblems], fmt.Errorf("the number of further bundles that do not meet the policy is %d", more))
	}
	return out
}
