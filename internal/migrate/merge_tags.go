package migrate

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// tagObstacle checks that the push step pushes to exactly one image of the
// registry.
func (p *pass) tagObstacle(c chain) string {
	if c.meta == nil {
		if why := p.otherRegistry(c.push, c.push.Input("tags")); why != "" {
			return why
		}
		if _, _, err := splitTags(c.push.Input("tags")); err != nil {
			return err.Error()
		}
		if c.push.Input("labels") != "" {
			return "the push step sets its own labels"
		}
		return ""
	}
	id := flow.Text(valueOf(c.meta, "id"))
	for _, input := range []string{"tags", "labels"} {
		if !isReference(c.push.Input(input), "steps."+id+".outputs."+input) {
			return fmt.Sprintf("the %s of the push step differ from the outputs of %s", input, dockerMetadata)
		}
	}
	image := strings.TrimSpace(c.meta.Input("images"))
	if why := p.otherRegistry(c.meta, image); why != "" {
		return why
	}
	switch {
	case strings.ContainsAny(image, "\n,"):
		return "the job pushes several images"
	case strings.Contains(image, "="):
		return "the input images of " + dockerMetadata + " has attributes"
	}
	return ""
}

func (p *pass) otherRegistry(step *flow.Step, refs string) string {
	for line := range strings.Lines(strings.ReplaceAll(refs, ",", "\n")) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "name=")
		if line == "" {
			continue
		}
		host := imageHost(p.eval(line, step.Job, step, nil))
		switch host {
		case p.opts.Registry:
		case "":
			return fmt.Sprintf("migrate cannot determine the registry of %s", line)
		default:
			return "the job also pushes to another registry (" + host + ")"
		}
	}
	return ""
}

// imageHost returns the registry of an image reference. A reference without a
// host belongs to docker.io.
func imageHost(v expr.Value) string {
	host := hostOf(v)
	if strings.Contains(v.Text, "/") && strings.ContainsAny(host, ".:") || host == "localhost" {
		return host
	}
	if v.Known || host != "" {
		return "docker.io"
	}
	return ""
}

// isReference reports whether a text is exactly "${{ path }}".
func isReference(text, path string) bool {
	v := expr.Eval(strings.TrimSpace(text), nil)
	return v.InExpr && len(v.Refs) == 1 && v.Refs[0].Name == path && strings.TrimSpace(text[v.Start:v.End]) == path
}

// splitTags splits full references, one per line, into their common image and
// their tags. It returns an error if the references name several images, or if
// a reference has no complete tag.
func splitTags(text string) (image string, tags []string, err error) {
	for line := range strings.Lines(strings.ReplaceAll(text, ",", "\n")) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		colon := strings.LastIndexByte(line, ':')
		if colon < strings.LastIndexByte(line, '/') || strings.Count(line[colon:], "}}") != strings.Count(line[colon:], "${{") {
			return "", nil, fmt.Errorf("the reference %q has no tag, or its tag contains an incomplete expression", line)
		}
		if image != "" && image != line[:colon] {
			return "", nil, fmt.Errorf("the push step pushes several images")
		}
		image, tags = line[:colon], append(tags, line[colon+1:])
	}
	if image == "" {
		return "", nil, fmt.Errorf("the push step has no tags")
	}
	return image, tags, nil
}
