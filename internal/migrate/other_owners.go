package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// fromLine matches an image in a line with FROM or --from of a Dockerfile.
var fromLine = lazy.Regexp(`(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)|--from=(\S+)`)

// reportOtherOwners reports images of other owners that the job of a migrated
// login pulls. GITHUB_TOKEN can pull these images only if they are public.
func (p *pass) reportOtherOwners(l *login) {
	own := p.tree.repo.Known().Owner
	if own == flow.UnknownOwner || p.pullsReported[l.job] {
		return
	}
	p.pullsReported[l.job] = true
	var names []string
	images := slices.Concat(p.traffic(l.job).pulls, p.baseImages(l.job))
	for _, image := range images {
		name := p.opts.Registry + "/" + image.Owner + "/" + strings.ReplaceAll(image.Name, "?", "…")
		if !strings.EqualFold(image.Owner, own) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	unknown := p.unknownOwners(l.job)
	names = append(names, unknown...)
	if len(names) == 0 {
		return
	}
	pushes, when := "", "If an image is private"
	if len(unknown) > 0 {
		pushes = " GITHUB_TOKEN can push only to packages of the owner of the repository."
		when += ", or if the job pushes an image of another owner"
	}
	p.reportNote(CrossOwner, l.at, "The job %q also uses %s.%s GITHUB_TOKEN can pull images of other owners only if they are public. %s, keep a login with a token of its owner.",
		l.job.ID, list(names), pushes, when)
}

// unknownOwners returns the images of a job whose owner is an expression with
// an unknown value.
func (p *pass) unknownOwners(job *flow.Job) []string {
	owner := regexp.MustCompile(regexp.QuoteMeta(p.opts.Registry) + `/(\$\{\{[^}]*\}\})`)
	var out []string
	for _, step := range job.Steps {
		flow.Scalars(step.Node, func(n *yaml.Node) {
			for _, m := range owner.FindAllStringSubmatch(n.Value, -1) {
				if !slices.Contains(out, m[0]+"/…") && !p.eval(m[1], job, step, nil).Known {
					out = append(out, m[0]+"/…")
				}
			}
		})
	}
	return out
}

// baseImages returns the images of the registry that the Dockerfiles of a job
// name.
func (p *pass) baseImages(job *flow.Job) []Image {
	var out []Image
	for _, name := range p.dockerfilesOf(job) {
		src, err := p.tree.read(name)
		if err != nil {
			continue
		}
		for _, m := range fromLine().FindAllStringSubmatch(string(src), -1) {
			out = append(out, imagesIn(m[1]+m[2], p.opts.Registry)...)
		}
	}
	return out
}

// dockerfilesOf returns the paths of the Dockerfiles that a job builds.
func (p *pass) dockerfilesOf(job *flow.Job) []string {
	var out []string
	for _, step := range job.Steps {
		switch {
		case actionName(step) == dockerBuild:
			out = append(out, p.dockerfiles(step)...)
		case step.Run != nil && strings.Contains(step.Run.Value.Value, "build"):
			for _, c := range shell.Parse(step.Run.Value.Value, dialectOf(step)) {
				out = append(out, buildFile(c.Fields())...)
			}
		}
	}
	return out
}

// buildFile returns the path of the Dockerfile that a build command uses.
// buildFile returns nil if the path contains variables.
func buildFile(fields []string) []string {
	if !slices.Contains(fields, "build") && !slices.Contains(fields, "bud") {
		return nil
	}
	for i, field := range fields {
		if file, ok := strings.CutPrefix(field, "--file="); ok {
			return []string{file}
		}
		if (field == "-f" || field == "--file") && i+1 < len(fields) {
			return []string{fields[i+1]}
		}
	}
	context := strings.TrimSuffix(fields[len(fields)-1], "/")
	if strings.ContainsAny(context, "$:") || strings.HasPrefix(context, "-") {
		return nil
	}
	return []string{strings.TrimPrefix(context+"/Dockerfile", "./")}
}
