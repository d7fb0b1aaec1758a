package workflow

import "strings"

// maxArtifacts is the maximum number of artifacts that one call declares. The
// runner accepts 500 for each job (docs/runner.md, Artifact declarations).
const maxArtifacts = 100

// Artifacts declares the published references in the file that GITHUB_ARTIFACTS
// names. The references have the form NAME:TAG@DIGEST. Artifacts ignores errors,
// because no other step depends on the declaration.
func (w *Workflow) Artifacts(references []string) {
	path := w.getenv("GITHUB_ARTIFACTS")
	if !w.active || path == "" || len(references) == 0 {
		return
	}
	var b strings.Builder
	for _, ref := range references[:min(len(references), maxArtifacts)] {
		if !strings.ContainsAny(ref, "\r\n") {
			b.WriteString("oci://" + ref + "\n")
		}
	}
	f, err := open(path)
	if err != nil {
		return
	}
	_, _ = f.WriteString(b.String())
	_ = f.Close()
}
