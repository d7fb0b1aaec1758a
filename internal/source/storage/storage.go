// Package storage hands out images of containers-storage, where podman,
// buildah and CRI-O keep them, through podman or, without it, buildah: the
// storage has locks and drivers of its own that are theirs to know.
//
// An export is the stream of podman save in docker's form, with plain layers
// and the config as it is; what the manifest says beside them is told apart. So
// the image id stays, and layers that the registry has are known by what is in
// them. The storage keeps layers unpacked and could not give back the
// compressed ones: the digest is that of the registry where the image was
// pulled from there, and otherwise ours to make, the same every time. Here nothing is written to disk; podman writes each layer
// to its own folder for temporary files before it passes it on. An index made
// with podman manifest is no image here.
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

// The codes of what can be wrong with a storage.
const (
	CodeNoProgram = "storage-no-program" // neither podman nor buildah
	CodeRefused   = "storage-refused"    // they cannot read it
	codeNotFound  = "source-not-found"
)

// Storage is the containers-storage of this user.
type Storage struct{ environ func() []string }

// New returns the storage that programs with this environment would use.
func New(environ func() []string) *Storage { return &Storage{environ: environ} }

// tool is the first that is there.
func (s *Storage) tool(ctx context.Context) (tool, []string, error) {
	env := program.Environ(s.environ())
	for _, t := range tools {
		if _, err := program.Command(ctx, env, t.name); err == nil {
			return t, env, nil
		}
	}
	return tool{}, nil, &diag.Error{
		Code: CodeNoProgram, Side: diag.Runner,
		Title: "Neither podman nor buildah is here to read containers-storage with",
		Hint:  "Install one of them, or save the image to a file on the machine that has it: podman save -o image.tar NAME.",
	}
}

// Find describes the image that name means to podman: a name, an id, or the
// beginning of one. Errors are *diag.Error with the codes source-not-found,
// storage-no-program and storage-refused.
func (s *Storage) Find(ctx context.Context, name string) (*image.Stored, error) {
	t, env, err := s.tool(ctx)
	if err != nil {
		return nil, err
	}
	if name == "" || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "[") {
		return nil, s.unknown(t, name, errors.New("it is no name of an image"))
	}
	one, err := t.describe(ctx, env, name)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("asking %s for %q: %w", t.name, name, context.Cause(ctx))
	}
	var silent *silence
	if errors.As(err, &silent) {
		return nil, s.unknown(t, name, silent.Unwrap())
	}
	if err != nil {
		return nil, refused(t, err)
	}
	return &image.Stored{ID: one.id, Names: []string{name}, OCI: one.oci, Annotations: one.annotations}, nil
}

// describe asks for one image.
func (t tool) describe(ctx context.Context, env []string, name string) (*about, error) {
	out, err := program.Output(ctx, env, t.name, t.inspect(name)...)
	if err != nil {
		return nil, &silence{err}
	}
	one, err := t.read(out)
	if err == nil && !imageID.MatchString(one.id) {
		err = fmt.Errorf("its id is %.100q", one.id)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what %s says of %q: %w", t.name, name, err)
	}
	return one, nil
}

// silence is a tool that described nothing, mostly as there is no such image.
type silence struct{ error }

// Unwrap returns what the tool said instead.
func (s *silence) Unwrap() error { return s.error }

// unknown is for an image that the tool does not find, in its own words.
func (s *Storage) unknown(t tool, name string, err error) error {
	return &diag.Error{
		Code: codeNotFound, Side: diag.Source, Err: err,
		Title: fmt.Sprintf("%s finds no image %q", t.name, name),
		Hint:  fmt.Sprintf("%s images shows those there are. Each user has a storage of its own, and root another one: the image must be made by the user of this step.", t.name),
	}
}

func refused(t tool, err error) error {
	return &diag.Error{
		Code: CodeRefused, Side: diag.Source, Err: err,
		Title: fmt.Sprintf("%s did not hand the image out", t.name),
		Hint:  "Check that the disk has room for its largest layer (TMPDIR, or /var/tmp), and that nothing removes the image meanwhile.",
	}
}

// Export starts writing one image id.
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
	cmd.Stderr = &e.complaint
	if e.out, err = cmd.StdoutPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, refused(t, err)
	}
	return e, nil
}

// export is what a tool writes. Its end is no end of the image unless the tool
// says so.
type export struct {
	tool      tool
	cmd       *exec.Cmd
	cancel    context.CancelFunc
	out       io.ReadCloser
	complaint program.Kept
	ended     bool
	err       error
}

// Read returns what the tool writes, and at its end how the tool ended.
func (e *export) Read(p []byte) (int, error) {
	if e.ended {
		return 0, e.err
	}
	n, err := e.out.Read(p)
	if errors.Is(err, io.EOF) {
		e.ended, e.err = true, io.EOF
		if failed := e.cmd.Wait(); failed != nil {
			e.err = refused(e.tool, fmt.Errorf("%w: %s", failed, e.complaint.String()))
		}
		err = e.err
	}
	return n, err
}

// Close ends the tool, if it has not ended. How a tool ends that was told to
// is no news.
func (e *export) Close() error {
	e.cancel()
	if !e.ended {
		e.ended, e.err = true, io.ErrClosedPipe
		_ = e.cmd.Wait()
	}
	return nil
}
