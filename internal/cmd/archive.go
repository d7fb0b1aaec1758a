package cmd

import (
	"context"
	"errors"
	"path"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/archive"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// archive keeps the image for a job that may publish it: in the runner's
// temporary folder, or in the working directory where there is no runner.
func (r *publishing) archive(ctx context.Context, found *resolve.Found) error {
	target := found.Targets[0]
	file := path.Base(target.Repo.RepositoryStr()) + ".oci.tar"
	if temp := r.process.Getenv("RUNNER_TEMP"); temp != "" {
		file = filepath.Join(temp, file)
	}
	var ref name.Reference = target.Repo.Tag("latest")
	if len(target.Tags) > 0 {
		ref = target.Repo.Tag(target.Tags[0])
	}
	at, err := archive.Write(ctx, found.Root, file, ref)
	var told *diag.Error
	if err = r.explain(err, found); errors.As(err, &told) && told.Input != "destination" {
		return err
	}
	if err != nil {
		return &diag.Error{
			Code: "archive-unwritten", Side: diag.Runner, Err: err, Title: "The image could not be kept in " + file,
			Hint: "Check that the disk has room and that the step's user may write there. With on-readonly: skip nothing is kept.",
		}
	}
	r.report.Tree(found.Root)
	r.report.Archive = &report.Archive{Path: at, Digest: found.Root.Descriptor.Digest.String()}
	return nil
}
