package refusal

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// otherCauseStatuses lists the statuses that a registry sends for a cause other than the
// form of a manifest.
var otherCauseStatuses = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests,
}

// isAttestation reports whether a registry does not accept the form of an attestation.
func isAttestation(e *registry.Error) bool {
	return e.Attestation && !e.IsPage() && e.Status < http.StatusInternalServerError && !slices.Contains(otherCauseStatuses, e.Status)
}

func attestation(ev Evidence) (title, hint string) {
	title = fmt.Sprintf("%s refuses an attestation in the form of BuildKit 0.32 and later", ev.answer.Host)
	if ev.Promote {
		return title, "Promote does not change an image. Use the command publish with source: docker://REFERENCE and attestations: legacy, which writes the form of BuildKit before 0.32."
	}
	return title, "Set attestations: legacy, so that the run writes the form of BuildKit before 0.32, without subject and artifactType. To publish the image without its attestations, set attestations: strip."
}
