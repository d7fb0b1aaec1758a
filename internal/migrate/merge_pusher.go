package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

// imageTools is the command of Docker that creates an index from images in a
// registry.
const imageTools = "docker buildx imagetools create"

// pusher returns a phrase about the action or the command that pushes in a job,
// for example "pushes with docker push". The method "pusher" returns "" if the job does
// not push, and imageTools if the job creates an index.
func (p *pass) pusher(job *flow.Job) string {
	found := ""
	for _, step := range job.Steps {
		name := p.stepPusher(step)
		if name == imageTools {
			return name
		}
		if found == "" {
			found = name
		}
	}
	return found
}

func (p *pass) stepPusher(step *flow.Step) string {
	if step.Uses != nil {
		var t traffic
		p.usesTraffic(&t, step)
		switch {
		case t.pushed:
			return "pushes with " + actionName(step)
		case t.suspect:
			return "may push with " + actionName(step)
		}
		return ""
	}
	if step.Run == nil {
		return ""
	}
	found := ""
	for _, c := range shell.Parse(step.Run.Value.Value, dialectOf(step)) {
		fields := c.Fields()
		use := useOf(fields)
		switch {
		case slices.Contains(fields, "imagetools") && slices.Contains(fields, "create"):
			return imageTools
		case found != "":
		case use == pushes:
			found = "pushes with " + commandName(fields)
		case use == mayDoAnything && suggestsPush(strings.Join(fields, " ")):
			found = "may push with " + fields[0]
		}
	}
	return found
}

// commandName returns the program and the subcommand of a push, for example
// "docker push".
func commandName(fields []string) string {
	for i, field := range fields {
		base := strings.TrimSuffix(field[strings.LastIndexAny(field, `/\`)+1:], ".exe")
		rules, ok := commandUses[base]
		if !ok {
			continue
		}
		for _, r := range rules {
			if r.use == pushes && hasAll(fields[i+1:], r.words) {
				return strings.TrimSpace(base + " " + strings.Join(r.words, " "))
			}
		}
	}
	return "a script"
}
