package migrate

import (
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// attestation describes the attestation that a build step attaches by default.
type attestation int

const (
	provenanceOfAction attestation = iota // docker/build-push-action requests its own provenance.
	provenanceOfBuildx                    // docker buildx adds its default attestation.
	noAttestation
	unknownAttestation // The version of the action is unknown.
)

// attestationOf returns the attestation of a build step. The version of
// docker/build-push-action decides. Before version 3.3, the action ignores the input
// "provenance" and passes no option to docker buildx. Versions 3.3.1 and later of version 3
// switch the provenance off. The other versions switch it on (docker/build-push-action,
// pull request 781).
func (p *pass) attestationOf(step *flow.Step) attestation {
	off := step.Input("provenance") == "false"
	version, known := p.actionVersion(step)
	switch {
	case !known && off:
		return noAttestation
	case !known:
		return unknownAttestation
	case version.before(3, 3):
		return provenanceOfBuildx
	case off || version.major == 3 && version.text != "3.3.0":
		return noAttestation
	}
	return provenanceOfAction
}

// attachesNothing reports whether a build step attaches no attestation.
func (p *pass) attachesNothing(step *flow.Step) bool { return p.attestationOf(step) == noAttestation }

// version is the version of an action. If the reference names no minor version, the field
// "minor" is the largest number, because the reference then means the newest version.
type version struct {
	major, minor int
	text         string
}

func (v version) before(major, minor int) bool {
	return v.major < major || v.major == major && v.minor < minor
}

const newest = 1 << 30

var (
	versionNumber = lazy.Regexp(`^v?([0-9]+)(?:\.([0-9]+))?(?:\.[0-9]+)?$`)
	commitHash    = lazy.Regexp(`^[0-9a-f]{40}$`)
)

// actionVersion returns the version of the action that a step uses. For a commit,
// actionVersion reads the comment in the line of the action. The result "known" is false
// if neither states a version.
func (p *pass) actionVersion(step *flow.Step) (v version, known bool) {
	_, ref, _ := strings.Cut(flow.Text(step.Uses.Value), "@")
	if ref == "main" || ref == "master" {
		return version{newest, newest, ref}, true
	}
	if commitHash().MatchString(ref) {
		_, comment, _ := strings.Cut(p.lineText(step.Uses.Value.Line), " #")
		comment = strings.TrimPrefix(strings.TrimSpace(comment), "tag=")
		ref, _, _ = strings.Cut(comment[strings.LastIndexByte(comment, '@')+1:], " ")
	}
	m := versionNumber().FindStringSubmatch(ref)
	if m == nil {
		return version{}, false
	}
	v = version{minor: newest, text: strings.TrimPrefix(ref, "v")}
	v.major, _ = strconv.Atoi(m[1])
	if m[2] != "" {
		v.minor, _ = strconv.Atoi(m[2])
	}
	return v, true
}
