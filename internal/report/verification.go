package report

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
)

// verification is the verification of one attestation by other programs.
type verification struct {
	image name.Digest
	all   *publish.Attestations
	one   publish.Attestation
}

// commands returns commands of gh and cosign that verify the attestation.
func (v verification) commands() []string {
	out := []string{strings.Join(v.gh(), " ")}
	if cosign := v.cosign(); cosign != nil {
		out = append(out, strings.Join(cosign, " "))
	}
	return out
}

// inRegistry reports whether the registry stores the attestation.
func (v verification) inRegistry() bool { return v.one.Manifest != (v1.Hash{}) }

// root returns the file with the keys of an own instance of Sigstore, or "" for an instance
// whose keys gh knows.
func (v verification) root() string {
	if name := v.all.Instance; name != attest.PublicGood && name != attest.GitHub && !strings.HasSuffix(name, ".ghe.com") {
		return name + "/trusted_root.json"
	}
	return ""
}

// gh returns the command of gh. By default, gh demands that the signing workflow is in the
// repository, and reads the attestation from GitHub's API.
func (v verification) gh() []string {
	claims := v.all.Claims
	out := []string{"gh attestation verify oci://" + v.image.String(), "--repo", claims.Repository}
	option := func(needed bool, words ...string) {
		if needed {
			for _, word := range words {
				out = append(out, shellWord(word))
			}
		}
	}
	workflow, _, _ := strings.Cut(strings.TrimPrefix(v.one.Result.Signer, claims.Server+"/"), "@")
	option(!strings.HasPrefix(strings.ToLower(workflow), strings.ToLower(claims.Repository)+"/"), "--signer-workflow", workflow)
	option(strings.HasPrefix(claims.Issuer, attest.Issuer+"/"), "--cert-oidc-issuer", claims.Issuer)
	option(v.one.Result.PredicateType != attest.Provenance, "--predicate-type", v.one.Result.PredicateType)
	option(v.one.ID == 0 && v.inRegistry(), "--bundle-from-oci")
	option(v.root() != "", "--custom-trusted-root", v.root())
	return out
}

// cosign returns the command of cosign, or nil. cosign reads only the registry, and knows
// only the instance public-good. The command of cosign verifies only provenance.
func (v verification) cosign() []string {
	knows := v.all.Instance == attest.PublicGood || v.root() != ""
	if !knows || !v.inRegistry() || v.one.Result.PredicateType != attest.Provenance {
		return nil
	}
	out := []string{
		"cosign verify", v.image.String(), "--certificate-oidc-issuer", shellWord(v.all.Claims.Issuer),
		"--certificate-identity", shellWord(v.one.Result.Signer),
	}
	if v.root() != "" {
		out = append(out, "--trusted-root", shellWord(v.root()))
	}
	// By default, cosign demands both logs, also if the instance has none.
	if v.one.Result.LogIndex < 0 {
		out = append(out, "--insecure-ignore-tlog", "--use-signed-timestamps")
	}
	if !v.one.Result.InCertLog {
		out = append(out, "--insecure-ignore-sct")
	}
	return out
}

// shellWord quotes a text for a shell, unless each character has no special meaning.
func shellWord(text string) string {
	special := func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@+,=", c)
	}
	if text != "" && !strings.ContainsFunc(text, special) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
