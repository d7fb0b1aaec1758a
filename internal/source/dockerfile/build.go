// Package dockerfile builds an image from a Dockerfile with an installed builder. The
// builder is docker buildx, the classic builder of the Docker engine, buildah or podman.
// Package dockerfile chooses the first of these builders that supports the request, and
// runs the builder. After the build, package dockerfile returns the name with which
// package source opens the built image.
//
// Package dockerfile contains no builder and does not publish the image. Package
// dockerfile reads the Dockerfile only to find labels.
package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// These constants are the codes of the errors of this package.
const (
	CodeNoBuilder = "build-no-builder"      // no installed builder supports the request, or no builder is installed
	CodeFailed    = "build-failed"          // the builder failed
	CodeContext   = "build-context-missing" // the build context does not exist
	// CodeNoDockerfile means that the Dockerfile of a local build does not exist.
	CodeNoDockerfile = "build-dockerfile-missing"
)

// Request describes a build in the terms of docker build.
type Request struct {
	Context   string // a folder, or the URL of a context that the builder downloads
	File      string // the path of the Dockerfile, or "" for the file "Dockerfile" in the context
	Target    string
	Args      []string // NAME=VALUE
	Secrets   []Secret
	Platforms []string
	Builder   string // the name of a buildx builder, or "" for the current builder
	CacheFrom []string
	CacheTo   []string
	Labels    []string // KEY=VALUE
	// Annotations are annotations with a level, for example manifest:KEY=VALUE. Only
	// docker buildx with the option --annotation writes them into the image. Other
	// builders ignore them, so the caller must check the built image.
	Annotations []string
	// NoAttestations asks the builder for an image without attestations. A builder that
	// does not support the request ignores it.
	NoAttestations bool
}

// Secret is a build secret, which a Dockerfile reads with RUN
// --mount=type=secret,id=ID.
type Secret struct {
	ID    string
	Value secret.Secret
}

// Machine contains the environment, the temporary folder and the log of a
// build.
type Machine struct {
	// Environ is the environment of the builder, in the format of os.Environ.
	Environ []string
	// Temp is a temporary folder that only this run uses. The builder writes
	// the built image or its ID to this folder.
	Temp string
	// Log receives the output of the builder while it runs.
	Log Log
	// Exec runs a program, and tests replace this function. If Exec is nil, the build
	// runs the programs that are installed on the machine.
	Exec func(context.Context, Command) ([]byte, error)
}

// Run builds the image and returns the name with which package source opens
// the built image. The name contains a transport prefix and the path or ID of
// the image, for example "oci-archive:PATH" or "docker-daemon:ID". If no
// builder supports the request or the build fails, Run returns a *diag.Error
// with a code of this package.
func Run(ctx context.Context, m *Machine, r *Request) (string, error) {
	if err := r.check(); err != nil {
		return "", err
	}
	t, err := choose(ctx, m, r)
	if err != nil {
		return "", err
	}
	m.Log.printLine(fmt.Sprintf("Building with %s.", t))
	return t.build(ctx, m, r)
}

// check returns an error if a local context or its Dockerfile does not exist.
// The builders also report a missing context, but their messages contain no
// advice.
func (r *Request) check() error {
	if r.remote() {
		return nil
	}
	info, err := os.Stat(r.Context)
	if err == nil && info.IsDir() {
		return r.checkFile()
	}
	title := fmt.Sprintf("The build context %q is not a folder", r.Context)
	if errors.Is(err, fs.ErrNotExist) {
		title, err = fmt.Sprintf("The build context %q does not exist", r.Context), nil
	}
	return &diag.Error{
		Code: CodeContext, Side: diag.Source, Input: "context", Err: err, Title: title,
		Hint: contextHint(r.Context, info) + "Set the input context to a path that is relative to the working directory of the step. In a workflow, run actions/checkout before this step.",
	}
}

// checkFile returns an error if the Dockerfile does not exist. Some builders
// look for the Dockerfile in the working directory, and other builders look
// for it in the context.
func (r *Request) checkFile() error {
	names := []string{r.File, filepath.Join(r.Context, r.File)}
	if r.File == "" {
		names = []string{filepath.Join(r.Context, "Dockerfile"), filepath.Join(r.Context, "Containerfile")}
	}
	if i := slices.IndexFunc(names, isFolder); i >= 0 && r.File != "" {
		return &diag.Error{
			Code: CodeNoDockerfile, Side: diag.Source, Input: "file", Title: fmt.Sprintf("The Dockerfile %q is a folder", r.File), Hint: folderHint(names[i]),
		}
	}
	if strings.Contains(r.File, "://") || slices.ContainsFunc(names, exists) {
		return nil
	}
	e := &diag.Error{
		Code: CodeNoDockerfile, Side: diag.Source, Input: "file",
		Title: fmt.Sprintf("The Dockerfile %q does not exist", r.File),
		Hint:  missing.Hint(r.File) + " Set the input file to the path of the Dockerfile, relative to the working directory of the step.",
	}
	if r.File == "" {
		e.Title = fmt.Sprintf("The build context %q contains no Dockerfile", r.Context)
		e.Hint = missing.Folder(names[0]) + " Set the input context to the folder of the Dockerfile, or set the input file to the path of the Dockerfile. In a workflow, run actions/checkout before this step."
	}
	return e
}

// isFolder reports whether the path is a folder and not a file.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// folderHint returns the hint for a folder in the input "file".
func folderHint(folder string) string {
	folder = filepath.ToSlash(folder)
	for _, name := range []string{"Dockerfile", "Containerfile"} {
		if file := path.Join(folder, name); exists(file) {
			return fmt.Sprintf("Write file: %s, because the input file is the path of the Dockerfile and not of its folder.", file)
		}
	}
	return fmt.Sprintf("Set the input file to the path of the Dockerfile, because the folder %s contains no Dockerfile.", folder)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// contextHint returns a hint for a context that does not exist or that is a
// Dockerfile.
func contextHint(context string, info fs.FileInfo) string {
	if info == nil {
		return missing.Hint(context) + " "
	}
	if detect.IsArchive(context) {
		return fmt.Sprintf("To publish the image in the file, write source: %s instead of context. To build an image, write the folder of the Dockerfile. ", context)
	}
	if !detect.File(context).IsDockerfile() {
		return ""
	}
	context = filepath.ToSlash(context)
	return fmt.Sprintf("%s is a Dockerfile. Set the input context to %s, which is the folder of the Dockerfile, and set the input file to %s. ", context, path.Dir(context), context)
}

// remote reports whether the context is a URL from which the builder
// downloads the context.
func (r *Request) remote() bool {
	return strings.Contains(r.Context, "://") || strings.HasPrefix(r.Context, "git@")
}

// commonArgs returns the arguments that all builders accept in the same form.
func (r *Request) commonArgs() []string {
	var args []string
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				args = append(args, flag, v)
			}
		}
	}
	add("--file", pathArgument(r.File))
	add("--target", r.Target)
	add("--build-arg", r.Args...)
	add("--label", r.Labels...)
	add("--cache-from", r.CacheFrom...)
	add("--cache-to", r.CacheTo...)
	if len(r.Platforms) > 0 {
		add("--platform", strings.Join(r.Platforms, ","))
	}
	return args
}

// context returns the context as the last argument of the build command.
func (r *Request) context() string {
	if r.remote() {
		return r.Context
	}
	return pathArgument(r.Context)
}

// pathArgument changes a path that starts with "-", so that the builder does
// not read it as an option.
func pathArgument(path string) string {
	if strings.HasPrefix(path, "-") {
		return "." + string(filepath.Separator) + path
	}
	return path
}

// secretVariable is the prefix of the environment variables that contain the
// build secrets.
const secretVariable = "GHCR_PUBLISH_SECRET_" //nolint:gosec // a name

// secrets returns the arguments for the secrets, and the variables that
// contain the values. The arguments contain only the names of the variables,
// because every process on the machine can read the arguments of a program.
// Only processes of the same user can read the variables.
func (r *Request) secrets() (args, env []string) {
	for i, s := range r.Secrets {
		variable := fmt.Sprintf("%s%d", secretVariable, i)
		value := s.Value.Reveal()
		if strings.Contains(value, "\n") {
			value += "\n" // A secret with several lines is a file, for example a private key, and a file must end with a line break.
		}
		args = append(args, "--secret", "id="+s.ID+",env="+variable)
		env = append(env, variable+"="+value)
	}
	return args, env
}
