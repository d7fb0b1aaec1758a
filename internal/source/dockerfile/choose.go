package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

// tool is a builder.
type tool interface {
	fmt.Stringer
	// If the tool cannot be used on this machine, available returns the
	// reason as an error.
	available(context.Context, *Machine, *Request) error
	// unsupported returns a list of the features of the request that the tool
	// does not support. If the tool supports the whole request, the list is
	// the empty string.
	unsupported(*Request) string
	// build builds the image and returns the name with which package source
	// opens the built image.
	build(context.Context, *Machine, *Request) (string, error)
}

// choose returns the first tool that is available and supports the request.
func choose(ctx context.Context, m *Machine, r *Request) (tool, error) {
	var why []string
	var failed []failure
	for _, t := range []tool{&buildx{}, classic{}, storage{"buildah"}, storage{"podman"}} {
		err := t.available(ctx, m, r)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("looking for a builder: %w", context.Cause(ctx))
		}
		missing := t.unsupported(r)
		switch {
		case err == nil && missing == "":
			return t, nil
		case err == nil:
			why = append(why, fmt.Sprintf("%s does not support %s", t, missing))
		case !errors.Is(err, exec.ErrNotFound):
			failed = append(failed, failure{t, err})
			m.Log.printLine(fmt.Sprintf("%s cannot be used: %s", t, output(err)))
		}
	}
	return nil, noBuilder(why, failed)
}

// failure contains an installed tool that cannot be used on this machine, and the error
// that explains why.
type failure struct {
	tool tool
	err  error
}

// output returns the error of a failed program, and the complete output of the program
// for the log.
func output(err error) string {
	var program *program.Error
	if errors.As(err, &program) && program.Output != "" {
		return program.Err.Error() + "\n" + program.Output
	}
	return err.Error()
}

// reason returns the reason of a failure in one line.
func reason(err error) string {
	var known *program.Error
	if errors.As(err, &known) {
		if text := program.Reason(known.Output); text != "" {
			return strings.TrimRight(text, ".?!")
		}
	}
	return err.Error()
}

// reasons returns one sentence with the reasons of all failures. The sentence contains
// each reason only once, because several tools that use one Docker engine often fail for
// the same reason.
func reasons(failed []failure) string {
	var known, texts []string
	for _, f := range failed {
		if text := reason(f.err); !slices.Contains(known, text) {
			known = append(known, text)
			texts = append(texts, fmt.Sprintf("%s reports: %s", f.tool, text))
		}
	}
	return strings.Join(texts, "; ")
}

// noBuilder returns the error for a machine without a builder that supports the request.
// The hint of the error names builders that the user can install.
func noBuilder(why []string, failed []failure) error {
	e := &diag.Error{
		Code: CodeNoBuilder, Side: diag.Runner, Input: "context",
		Title: "No builder is installed",
		Hint:  "On a Linux runner of GitHub, run docker/setup-buildx-action in a step before this step. On other machines, install one of these builders: Docker with buildx, buildah, podman. As an alternative, build the image in a separate step, and set the input source to the built image.",
	}
	if len(failed) > 0 {
		e.Title, e.Err = "No installed builder can be used", errors.New(reasons(failed))
		e.Hint = "Read the output of each builder in the log above. " + e.Hint
		if slices.ContainsFunc(failed, func(f failure) bool { return f.tool == classic{} }) {
			e.Hint = "Start the Docker engine, or set DOCKER_HOST to its address. " + e.Hint
		}
	}
	if len(why) > 0 {
		e.Title = "No installed builder supports this request: " + strings.Join(why, "; ")
		e.Err = nil // The error does not repeat the output of the builders, because the log already contains this output.
		e.Hint = "Run docker/setup-buildx-action in a step before this step, because docker buildx then supports the request. As an alternative, remove the inputs that the installed builders do not support."
	}
	return e
}

// feature is a feature that a tool does not support. The field "asked" is true if the
// request needs the feature.
type feature struct {
	asked bool
	what  string
}

// listRequested returns the names of the features that the request needs, separated by
// commas. If the request needs none of the features, listRequested returns "".
func listRequested(all ...feature) string {
	var out []string
	for _, l := range all {
		if l.asked {
			out = append(out, l.what)
		}
	}
	return strings.Join(out, ", ")
}
