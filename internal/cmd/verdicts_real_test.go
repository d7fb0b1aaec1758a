//go:build integration

package cmd_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore/forge"
)

var updateVerdicts = flag.Bool("update-verdicts", false, "write the table of verdicts")

// differences contains the reason for each bundle about which the programs disagree.
var differences = map[string]string{
	"a workflow whose name begins with the required name": "gh compares only the beginning of the name",
	"log entry without a promise, and a timestamp":        "without --use-signed-timestamps, cosign reads the time only from the log",
	"another type of the predicate":                       "cosign verify accepts each type; cosign verify-attestation compares the type",
	"a statement of an unknown version":                   "gh and cosign do not read the version of the statement",
	"a bundle of version 0.2":                             "ghcr-publish verifies only version 0.3, which actions/attest and cosign write",
}

// TestProgramsHaveTheSameVerdicts shows good and forged bundles in the registry to the command
// "verify", to gh and to cosign, with the same policy. The file verdicts.tsv contains the
// verdicts. Each difference needs a reason.
func TestProgramsHaveTheSameVerdicts(t *testing.T) {
	t.Parallel()
	s := newStage(t, ghcrtest.Config{Open: &ghcrtest.Open{}})
	image := []byte(`{"schemaVersion":2,"mediaType":"` + string(types.OCIManifestSchema1) + `","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + emptyDigest + `","size":2},"layers":[]}`)
	digest, _, err := v1.SHA256(bytes.NewReader(image))
	s.check(err)
	table := "bundle\tghcr-publish verify\tgh attestation verify\tcosign verify\treason for the difference\n"
	for i, c := range forge.Cases(t, digest.String()) {
		repository := fmt.Sprintf("acme/case-%d", i)
		s.server.AddPackage(ghcrtest.Package{Name: repository, Visibility: ghcrtest.Public})
		s.server.AddManifest(repository, "", string(types.OCIManifestSchema1), image)
		manifest := s.storeBundle(repository, digest, c.Bundle)
		hash, size, err := v1.SHA256(bytes.NewReader(manifest))
		s.check(err)
		s.listReferrers(repository, digest, []v1.Descriptor{{MediaType: types.OCIManifestSchema1, Digest: hash, Size: size, ArtifactType: attest.MediaType}})
		table += s.verdicts(s.image(repository)+"@"+digest.String(), c)
	}
	file := filepath.Join("testdata", "verdicts.tsv")
	if *updateVerdicts {
		s.check(os.WriteFile(file, []byte(table), 0o600))
	}
	want, err := os.ReadFile(file)
	s.check(err)
	if table != string(want) {
		t.Errorf("the verdicts differ from %s; run this test with -update-verdicts, and review the difference:\n%s", file, table)
	}
}

// emptyDigest is the digest of the JSON text {}.
const emptyDigest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

// verdicts returns the row of one bundle.
func (s *stage) verdicts(image string, c forge.Case) string {
	s.t.Helper()
	j := newJudges(s.t)
	root := filepath.Join(j.home, sigstore.RootFile)
	s.check(os.WriteFile(root, c.Root, 0o600))
	policy := " --repo " + forge.Repository + " --signer-workflow " + forge.Workflow + " --source-ref " + forge.Ref
	cosign := "cosign verify " + image + " --trusted-root " + root + " --certificate-oidc-issuer " + sigstore.Issuer +
		" --certificate-identity https://github.com/" + forge.Workflow + "@" + forge.Ref +
		" --certificate-github-workflow-repository " + forge.Repository + " --certificate-github-workflow-ref " + forge.Ref
	if !c.Logs {
		cosign += unlogged
	}
	self, err := os.Executable()
	s.check(err)
	verdicts := []string{
		j.verdict(self+" verify "+image+policy+" --trusted-root "+root, append(s.server.Env(""), "GHCR_PUBLISH_TEST_MAIN=true")...),
		j.verdict("gh attestation verify oci://"+image+policy+" --bundle-from-oci --custom-trusted-root "+root, anyToken),
		j.verdict(cosign),
	}
	reason := differences[c.Name]
	if same := len(slices.Compact(slices.Clone(verdicts))) == 1; same != (reason == "") {
		s.t.Errorf("%s: the verdicts are %q, but the reason for the difference is %q", c.Name, verdicts, reason)
	}
	if good := verdicts[0] == "valid"; good != c.Good {
		s.t.Errorf("%s: the verdict of this program is %q", c.Name, verdicts[0])
	}
	return strings.Join(slices.Concat([]string{c.Name}, verdicts, []string{reason}), "\t") + "\n"
}

// verdict runs a command that verifies an image.
func (j *judges) verdict(command string, variables ...string) string {
	j.t.Helper()
	out, err := j.command(command, variables...)
	j.t.Logf("%s: %v\n%s", command, err, out)
	if err != nil {
		return "refused"
	}
	return "valid"
}
