package workflow

import "strings"

// maxArtifacts is how many artifacts one step declares; the runner takes 500 a
// job (docs/runner.md, Artifact declarations).
const maxArtifacts = 100

// Artifacts tells the runner what was published, where it wants to know
// (GITHUB_ARTIFACTS): references of the form NAME:TAG@DIGEST. Nothing depends
// on it, so a file that cannot be written is passed over.
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
