package cmd

import (
	"fmt"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// resultMode is the mode of a result file. Other users of the machine may read the file,
// because the file contains no secrets.
const resultMode fs.FileMode = 0o644

// writeResultFiles writes the files that the user wants after a successful run.
func (s *session) writeResultFiles(r *report.Report) error {
	files, digest := s.config.Results, r.PublishedDigest()
	if digest == "" {
		return nil
	}
	if files.Metadata != "" {
		text, err := r.Metadata()
		if err == nil {
			err = locked.Replace(files.Metadata, []byte(s.process.hidden.text(string(text))), resultMode)
		}
		if err != nil {
			return unwrittenResult("metadata-file", files.Metadata, err)
		}
	}
	if files.Digest != "" {
		if err := locked.Replace(files.Digest, []byte(digest), resultMode); err != nil {
			return unwrittenResult("digest-file", files.Digest, err)
		}
	}
	return nil
}

func unwrittenResult(in, path string, err error) error {
	return &diag.Error{
		Code: input.CodeResultFile, Side: diag.Runner, Input: in, Err: err,
		Title: fmt.Sprintf("The image is published, but the file %q in the input %s could not be written", path, in),
		Hint:  "Check that the disk has free space and that no other step removed the folder. Run the step again. The new run uploads nothing and writes the file.",
	}
}

// sayUnwritten prints the result files that a run without a failure did not write, because
// the run published no image.
func (s *session) sayUnwritten(r *report.Report) {
	if r.Outcome != report.Planned && r.Outcome != report.Skipped {
		return
	}
	for _, path := range []string{s.config.Results.Metadata, s.config.Results.Digest} {
		if path != "" {
			s.say("The run did not write the file %s, because the run published no image.", path)
		}
	}
}
