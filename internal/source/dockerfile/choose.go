package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// tool is a builder.
type tool interface {
	fmt.Stringer
	// there reports why the tool cannot be used here; nil if it can.
	there(context.Context, *Machine, *Request) error
	// lacks says what of the request is beyond the tool; "" for nothing.
	lacks(*Request) string
	// build builds, and returns the source that names the result.
	build(context.Context, *Machine, *Request) (string, error)
}

// choose takes the first tool that is there and can do it all.
func choose(ctx context.Context, m *Machine, r *Request) (tool, error) {
	var why []string
	var causes []error
	for _, t := range []tool{&buildx{}, classic{}, storage{"buildah"}, storage{"podman"}} {
		err := t.there(ctx, m, r)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("looking for a builder: %w", context.Cause(ctx))
		}
		missing := t.lacks(r)
		switch {
		case err == nil && missing == "":
			return t, nil
		case err == nil:
			why = append(why, fmt.Sprintf("%s cannot do %s", t, missing))
		case !errors.Is(err, exec.ErrNotFound):
			causes = append(causes, err)
		}
	}
	return nil, none(why, errors.Join(causes...))
}

// none says that nothing here builds, and what to install.
func none(why []string, err error) error {
	e := &diag.Error{
		Code: CodeNoBuilder, Side: diag.Runner, Input: "context", Err: err,
		Title: "There is no builder here",
		Hint:  "In a workflow put docker/setup-buildx-action before this step; GitHub's runners for Linux have Docker. Elsewhere install Docker with buildx, or buildah, or podman. Or build in a step of its own, and set source to what it leaves.",
	}
	if len(why) > 0 {
		e.Title = "No builder here can do what is asked for: " + strings.Join(why, "; ")
		e.Hint = "Put docker/setup-buildx-action before this step: with it docker buildx does all of it."
	}
	return e
}

// lack is something that a tool cannot do, if it is asked for.
type lack struct {
	asked bool
	what  string
}

// lacking names what is asked for and cannot be done; "" for nothing.
func lacking(all ...lack) string {
	var out []string
	for _, l := range all {
		if l.asked {
			out = append(out, l.what)
		}
	}
	return strings.Join(out, ", ")
}
