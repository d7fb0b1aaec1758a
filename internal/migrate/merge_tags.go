package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

// tagObstacle returns a reason if the new step cannot push the same tags to the
// same images.
func (p *pass) tagObstacle(c *chain) string {
	if c.meta == nil {
		return p.plainObstacle(*c)
	}
	for _, image := range imagesOf(c.meta) {
		if strings.Contains(image, "=") {
			return fmt.Sprintf("the input images of %s contains attributes", dockerMetadata)
		}
	}
	images := imagesOf(c.meta)
	if why := p.imageObstacle(c.meta, images); why != "" {
		return why
	}
	id := flow.Text(valueOf(c.meta, "id"))
	if labels := c.push.Input("labels"); labels != "" && !strings.Contains(labels, "steps."+id+".outputs.labels") {
		return "the push step sets its own labels"
	}
	if c.keepMeta == "" {
		c.keepMeta = p.metaUse(*c)
	}
	if c.keepMeta == "" {
		c.keepMeta = p.ruleObstacle(*c)
	}
	if c.keepMeta == "" {
		return ""
	}
	return keptObstacle(*c, id, images)
}

// keptObstacle returns a reason if the new step cannot use the outputs of a
// metadata step that stays. The new step gets full references from these
// outputs, and the references must name the images of the new step.
func keptObstacle(c chain, id string, images []string) string {
	if sep := c.meta.Input("sep-tags"); sep != "" && sep != "," || c.meta.Input("sep-labels") != "" {
		return fmt.Sprintf("%s uses other separators than the default separators in its outputs", dockerMetadata)
	}
	for _, image := range images {
		if strings.HasPrefix(image, "docker.io/") {
			return fmt.Sprintf("the step of %[1]s must stay, because %[2]s, and the references of %[1]s to Docker Hub have another form", dockerMetadata, c.keepMeta)
		}
	}
	for line := range strings.Lines(c.push.Input("tags")) {
		line = strings.TrimSpace(line)
		image, _, _ := strings.Cut(line, ":")
		if line != "" && !isReference(line, "steps."+id+".outputs.tags") && !slices.Contains(images, image) {
			return fmt.Sprintf("the tags of the push step differ from the outputs of %s", dockerMetadata)
		}
	}
	return ""
}

// metaUse returns the reason why the metadata step must stay. metaUse returns
// "" if no other step needs the metadata step.
func (p *pass) metaUse(c chain) string {
	id := flow.Text(valueOf(c.meta, "id"))
	if why := unknownKey(c.meta, stepKeys, metaKeys); why != "" {
		return why
	}
	if version, known := p.actionVersion(c.meta); known && version.major < 3 {
		return fmt.Sprintf("version %d of %s has other rules", version.major, dockerMetadata)
	}
	if len(valuesThatUse(c.meta, otherNodes(c)...)) > 0 {
		return "another step or input uses an output of the metadata step"
	}
	if why := p.variableUse(c); why != "" {
		return why
	}
	for _, input := range []string{"tags", "labels"} {
		if text := c.push.Input(input); text != "" && !isReference(text, "steps."+id+".outputs."+input) {
			return fmt.Sprintf("the %s of the push step contain more than the outputs of the metadata step", input)
		}
	}
	if c.push.Input("tags") == "" {
		return "the push step does not use the tags of the metadata step"
	}
	return ""
}

// otherNodes returns the nodes of a job outside of the metadata step and outside of the
// inputs of the push step that the new step computes itself.
func otherNodes(c chain) []*yaml.Node {
	nodes := elsewhere(c.push.Job, c.meta, c.push)
	for _, pair := range flow.Pairs(c.push.Node) {
		if pair.Key.Value != "with" {
			nodes = append(nodes, pair.Value)
		}
	}
	for _, pair := range flow.Pairs(c.push.With) {
		if !slices.Contains([]string{"tags", "labels", "annotations"}, pair.Key.Value) {
			nodes = append(nodes, pair.Value)
		}
	}
	return nodes
}

// variableUse returns a reason if another step possibly reads the variables that
// docker/metadata-action exports, for example DOCKER_METADATA_OUTPUT_VERSION. A program of
// the repository can read them without a trace in the workflow.
func (p *pass) variableUse(c chain) string {
	for _, n := range elsewhere(c.push.Job, c.meta) {
		if envNames(n, "DOCKER_METADATA_OUTPUT") {
			return "another step or input uses a variable of the metadata step"
		}
	}
	steps := c.push.Job.Steps
	for _, step := range steps[slices.Index(steps, c.meta)+1:] {
		if step != c.push && step.Run != nil && slices.ContainsFunc(shell.Parse(step.Run.Value.Value, dialectOf(step)), func(c shell.Command) bool { return useOf(c.Fields()) == mayDoAnything }) {
			return stepName(step) + " may use the variables of the metadata step"
		}
	}
	return ""
}

// plainObstacle returns a reason if the new step cannot use the tags of a push
// step without a metadata step.
func (p *pass) plainObstacle(c chain) string {
	images, _, err := splitTags(c.push.Input("tags"))
	switch {
	case err != nil:
		return err.Error()
	case c.push.Input("labels") != "":
		return "the push step sets its own labels"
	}
	return p.imageObstacle(c.push, images)
}

// imageObstacle returns a reason if the registry of an image is unknown, or if
// no image is in the registry of the login.
func (p *pass) imageObstacle(step *flow.Step, images []string) string {
	ours := false
	for _, image := range images {
		host := imageHost(p.eval(image, step.Job, step, nil))
		if host == "" {
			return fmt.Sprintf("migrate cannot determine the registry of %s", image)
		}
		ours = ours || host == p.opts.Registry
		if host == p.opts.Registry {
			if owner := p.foreignOwner(step, image); owner != "" {
				return fmt.Sprintf("%s belongs to %s, and GITHUB_TOKEN can push only packages of the owner of the repository", image, owner)
			}
		}
	}
	if !ours {
		return fmt.Sprintf("the step does not push to %s", p.opts.Registry)
	}
	return ""
}

// foreignOwner returns the owner of an image, or "" if the owner is unknown or is the owner
// of the repository.
func (p *pass) foreignOwner(step *flow.Step, image string) string {
	own := p.tree.repo.Known().Owner
	owner := ownerOf(p.eval(image, step.Job, step, nil).Text)
	if own == flow.UnknownOwner || owner == "" || !isLiteral(owner) || strings.EqualFold(owner, own) {
		return ""
	}
	return owner
}

// imagesOf returns the images of a metadata step. imagesOf adds the host
// docker.io to images of Docker Hub, because Docker Hub is not the default registry of
// this action.
func imagesOf(meta *flow.Step) []string {
	var out []string
	for line := range strings.Lines(strings.ReplaceAll(meta.Input("images"), ",", "\n")) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "name=")
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, withHost(line))
		}
	}
	return out
}

// withHost adds the host docker.io to the name of an image without a host.
func withHost(image string) string {
	first, _, ok := strings.Cut(image, "/")
	if strings.Contains(first, "${{") || ok && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return image
	}
	return "docker.io/" + image
}

// imageHost returns the registry of an image reference. The registry is
// docker.io if the reference has no host.
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

// splitTags splits the references of a push step into the values of the inputs "image"
// and "tags" of the new step. The new step applies all tags to all images. splitTags
// returns an error if a reference has no complete tag, or if the images have different
// tags.
func splitTags(text string) (images, refs []string, err error) {
	tags := map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(text, ",", "\n")) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		image, tag, ok := cutTag(line)
		if !ok {
			return nil, nil, fmt.Errorf("the reference %q has no tag, or its tag contains an incomplete expression", line)
		}
		if tags[image] == nil {
			images = append(images, image)
		}
		tags[image] = append(tags[image], tag)
	}
	if len(images) == 0 {
		return nil, nil, fmt.Errorf("the push step has no tags")
	}
	for _, image := range images {
		if !slices.Equal(sorted(tags[image]), sorted(tags[images[0]])) {
			return nil, nil, fmt.Errorf("the push step pushes several images with different tags")
		}
	}
	i := slices.IndexFunc(images, func(image string) bool { return !strings.HasPrefix(image, "docker.io/") })
	if i < 0 {
		return nil, nil, fmt.Errorf("the push step pushes only to Docker Hub")
	}
	for _, tag := range tags[images[i]] { // The new step refuses an invalid tag only if the tag is part of a full reference.
		refs = append(refs, images[i]+":"+tag)
	}
	return images, refs, nil
}

// cutTag splits a reference into the image with its host, and the tag.
func cutTag(reference string) (image, tag string, ok bool) {
	colon := strings.LastIndexByte(reference, ':')
	if colon < 0 || colon < strings.LastIndexByte(reference, '/') {
		return "", "", false
	}
	tag = reference[colon+1:]
	return withHost(reference[:colon]), tag, strings.Count(tag, "}}") == strings.Count(tag, "${{")
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
