// Package storage exports images of containers-storage, the image store of podman,
// buildah and CRI-O. Package storage runs podman, or buildah if podman is missing,
// because only these programs can use the locks and drivers of the storage.
//
// An export is the output of podman save in the docker-archive format. An
// export contains uncompressed layers and the unchanged config, so the image
// ID and the diff IDs do not change. Package storage reads the annotations of
// the manifest with a separate command. The storage does not keep the
// compressed bytes of a layer. If podman pulled the image from the target
// registry, the published image keeps its digest. Otherwise, the program
// compresses the layers again, and the new digest is the same for every
// export.
//
// Package storage writes no files, but podman writes each layer to a
// temporary folder before it prints the layer. Package storage does not
// support an index that the command podman manifest created.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

// These constants are the codes of the errors of this package.
const (
	CodeNoProgram = "storage-no-program"    // neither podman nor buildah is installed
	CodeRefused   = "storage-refused"       // podman or buildah cannot read the image
	codeNotFound  = diag.CodeSourceNotFound // package source uses this code for a source that does not exist
)

// Storage is the image store containers-storage of the current user.
type Storage struct{ environ func() []string }

// New returns the storage that podman uses in the environment that the
// function environ returns.
func New(environ func() []string) *Storage { return &Storage{environ: environ} }

// tool returns the first installed tool in the list "tools", and the environment for this
// tool.
func (s *Storage) tool(ctx context.Context) (tool, []string, error) {
	env := program.Environ(s.environ())
	for _, t := range tools {
		if _, err := program.Command(ctx, env, t.name); err == nil {
			return t, env, nil
		}
	}
	return tool{}, nil, &diag.Error{
		Code: CodeNoProgram, Side: diag.Runner,
		Title: "Neither podman nor buildah is installed, so containers-storage cannot be read",
		Hint:  "Install podman or buildah. As an alternative, run podman save -o image.tar NAME on the machine that has the image, and set the input source to image.tar.",
	}
}

// Find returns the image that podman or buildah finds. The argument "name" is
// the name of an image, an ID, or the start of an ID. An error of Find is a
// *diag.Error with the code source-not-found, storage-no-program or
// storage-refused.
func (s *Storage) Find(ctx context.Context, name string) (*image.Stored, error) {
	t, env, err := s.tool(ctx)
	if err != nil {
		return nil, err
	}
	if name == "" || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "[") {
		return nil, s.unknown(t, name, errors.New("the argument is not the name of an image"))
	}
	one, err := t.describe(ctx, env, name)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("finding %[2]q with %[1]s: %[3]w", t.name, name, context.Cause(ctx))
	}
	var notFound *notFoundError
	if errors.As(err, &notFound) {
		return nil, s.unknown(t, name, notFound.Unwrap())
	}
	if err != nil {
		return nil, refused(t, err)
	}
	return &image.Stored{ID: one.id, Names: []string{name}, OCI: one.oci, Annotations: one.annotations}, nil
}

// describe reads the description of one image with the tool.
func (t tool) describe(ctx context.Context, env []string, name string) (*imageInfo, error) {
	out, err := program.Output(ctx, env, t.name, t.inspect(name)...)
	if err != nil {
		return nil, &notFoundError{err}
	}
	one, err := t.read(out)
	if err == nil && !imageID().MatchString(one.id) {
		err = fmt.Errorf("the image ID is %.100q", one.id)
	}
	if err != nil {
		return nil, fmt.Errorf("parsing the output of %s for %q: %w", t.name, name, err)
	}
	return one, nil
}

// notFoundError means that the inspect command of the tool failed, usually
// because the image does not exist.
type notFoundError struct{ error }

// Unwrap returns the error of the tool.
func (s *notFoundError) Unwrap() error { return s.error }

// unknown returns the error for an image that the tool does not find. The
// error contains the reason that the tool printed.
func (s *Storage) unknown(t tool, name string, err error) error {
	return &diag.Error{
		Code: codeNotFound, Side: diag.Source, Err: answerOf(t, err),
		Title: fmt.Sprintf("%s does not find the image %q", t.name, name),
		Hint:  fmt.Sprintf("To list the images, run %s images. Build the image as the user of this step, because each user has a separate storage.", t.name),
	}
}

func refused(t tool, err error) error {
	hint := "Check that the folder for temporary files (TMPDIR, or /var/tmp) has space for the largest layer, and that other programs do not remove the image during the export."
	if strings.Contains(err.Error(), "authfile") {
		hint = "Set the environment variable REGISTRY_AUTH_FILE to the path of an existing file, or remove this variable."
	}
	return &diag.Error{
		Code: CodeRefused, Side: diag.Source, Err: answerOf(t, err),
		Title: t.name + " did not export the image", Hint: hint,
	}
}

// answerOf returns an error that contains the reason that a program printed.
// If the program printed nothing, answerOf returns err unchanged.
func answerOf(t tool, err error) error {
	var failed *program.Error
	if !errors.As(err, &failed) {
		return err
	}
	if reason := program.Reason(failed.Output); reason != "" {
		return fmt.Errorf("%s reports: %s", t.name, reason)
	}
	return err
}

// Export starts the export of the image with the given ID. The caller must
// close the reader. An error of Export is a *diag.Error with the code
// storage-no-program or storage-refused.
func (s *Storage) Export(ctx context.Context, id string) (io.ReadCloser, error) {
	t, env, err := s.tool(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd, err := program.Command(ctx, env, t.name, t.write(id)...)
	if err != nil {
		cancel()
		return nil, refused(t, err)
	}
	e := &export{tool: t, cmd: cmd, cancel: cancel}
	cmd.Stderr = &e.stderr
	if e.out, err = cmd.StdoutPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, refused(t, err)
	}
	return e, nil
}

// export is a reader of the output of the tool. The export is complete only
// if the tool exits without an error.
type export struct {
	tool   tool
	cmd    *exec.Cmd
	cancel context.CancelFunc
	out    io.ReadCloser
	stderr program.LimitedOutput
	ended  bool
	err    error
}

// Read returns the output of the tool. At the end of the output, Read returns
// the exit error of the tool. If the tool exits without an error, Read
// returns io.EOF.
func (e *export) Read(p []byte) (int, error) {
	if e.ended {
		return 0, e.err
	}
	n, err := e.out.Read(p)
	if errors.Is(err, io.EOF) {
		e.ended, e.err = true, io.EOF
		if failed := e.cmd.Wait(); failed != nil {
			e.err = refused(e.tool, &program.Error{Output: e.stderr.String(), Err: failed})
		}
		err = e.err
	}
	return n, err
}

// If the tool still runs, Close stops the tool and ignores its exit error.
func (e *export) Close() error {
	e.cancel()
	if !e.ended {
		e.ended, e.err = true, io.ErrClosedPipe
		_ = e.cmd.Wait()
	}
	return nil
}
