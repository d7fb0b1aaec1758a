package workflow

import "strings"

// maxArtifacts is the maximum number of artifacts that one call of Artifacts
// declares. The runner accepts at most 500 artifacts for each job
// (docs/runner.md, Artifact declarations).
const maxArtifacts = 100

// Artifacts writes the published references to the file whose path is in
// GITHUB_ARTIFACTS. The references have the form NAME:TAG@DIGEST. Artifacts
// ignores errors, because other steps do not depend on this file.
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
