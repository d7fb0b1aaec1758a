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
	// available returns the reason why the tool cannot be used on this machine,
	// or nil.
	available(context.Context, *Machine, *Request) error
	// unsupported returns the parts of the request that the tool does not
	// support, or an empty text.
	unsupported(*Request) string
	// build builds the image and returns the name of the result for package
	// source.
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

// failure is a tool that is installed but failed.
type failure struct {
	tool tool
	err  error
}

// output returns the complete output of a program that failed, for the log.
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

// reasons returns the reasons of all failures in one sentence. Tools of one engine
// often fail for the same reason.
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

// noBuilder returns the error for a machine without a suitable builder. The
// hint names programs to install.
func noBuilder(why []string, failed []failure) error {
	e := &diag.Error{
		Code: CodeNoBuilder, Side: diag.Runner, Input: "context",
		Title: "No builder is installed",
		Hint:  "In a workflow on GitHub's runners for Linux, put docker/setup-buildx-action before this step. On other machines, install one of these builders: Docker with buildx, buildah, podman. Or build in a separate step, and set source to the result of that step.",
	}
	if len(failed) > 0 {
		e.Title, e.Err = "No installed builder can be used", errors.New(reasons(failed))
		e.Hint = "The log above contains the output of each builder. " + e.Hint
		if slices.ContainsFunc(failed, func(f failure) bool { return f.tool == classic{} }) {
			e.Hint = "Start the Docker engine, or set DOCKER_HOST to its address. " + e.Hint
		}
	}
	if len(why) > 0 {
		e.Title = "No installed builder supports this request: " + strings.Join(why, "; ")
		e.Err = nil // the log contains the output of each builder
		e.Hint = "Put docker/setup-buildx-action before this step. With this action, docker buildx supports the request. Or remove the inputs that the installed builders do not support."
	}
	return e
}

// feature is a part of a request that a tool does not support.
type feature struct {
	asked bool
	what  string
}

// listRequested joins the descriptions of the features that the request uses.
// If the request uses none of the features, the result is empty.
func listRequested(all ...feature) string {
	var out []string
	for _, l := range all {
		if l.asked {
			out = append(out, l.what)
		}
	}
	return strings.Join(out, ", ")
}
