package cmd

import (
	"errors"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// CodeBundlesUnwritten reports that the file with the attestations could not be written.
const CodeBundlesUnwritten = "bundles-unwritten"

// writeBundles writes the attestations of the images into a file in the folder RUNNER_TEMP,
// one bundle per line, and adds the path to the report. The images are published, so a
// failure is only a warning.
func (s *session) writeBundles(r *report.Report, outcomes []*publish.Outcome) {
	folder := s.process.Getenv("RUNNER_TEMP")
	if folder == "" || r.Attestation == nil || len(r.Attestation.List) == 0 {
		return
	}
	out, err := os.CreateTemp(folder, "attestations-*.jsonl")
	if err == nil {
		for _, o := range outcomes {
			if o.Attestations == nil {
				continue
			}
			for _, a := range o.Attestations.List {
				_, writeErr := out.Write(append(a.Raw[:len(a.Raw):len(a.Raw)], '\n'))
				err = errors.Join(err, writeErr)
			}
		}
		err = errors.Join(err, out.Close())
	}
	if err != nil {
		r.Notice(diag.Notice{
			Code: CodeBundlesUnwritten, Level: diag.Warning, Title: "The attestations could not be written to a file",
			Text: err.Error() + ". The output bundle-path is empty. The registry or GitHub stores the attestations. Check that the runner can write to the folder RUNNER_TEMP.",
		})
		return
	}
	r.Attestation.BundlePath = out.Name()
}
