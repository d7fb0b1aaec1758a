package migrate

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// chain is the usual sequence of steps that one step of this action replaces.
// meta may be nil.
type chain struct {
	login, meta, push *flow.Step
}

// The actions of a chain.
const (
	dockerLogin    = "docker/login-action"
	dockerMetadata = "docker/metadata-action"
	dockerBuild    = "docker/build-push-action"
)

// mergeSteps replaces the login, metadata and push steps of a job by one step.
// The finding and a comment name the differences. If the new step cannot do the
// work of the old steps, mergeSteps reports the reason.
func (p *pass) mergeSteps() {
	if p.opts.ToAction == "" || p.doc.Action {
		return
	}
	for _, job := range p.doc.Jobs {
		c, ok := p.findChain(job)
		if !ok {
			if why := p.missingChain(job, c); why != "" {
				p.reportNote(NotMerged, locationOf(job.Key), "The steps of the job %q are not merged, because %s.", job.ID, why)
			}
			continue
		}
		if why := p.obstacle(job, c); why != "" {
			p.reportNote(NotMerged, locationOf(c.push.Uses.Key), "The steps of the job %q are not merged, because %s.", job.ID, why)
			continue
		}
		d := p.differences(c)
		if err := p.writeMergedStep(c, d); err != nil {
			p.reportNote(NotMerged, locationOf(c.push.Uses.Key), "The steps of the job %q are not merged, because %v.", job.ID, err)
			continue
		}
		p.dropLoginFindings(c.login)
		p.reportEdit(MergedSteps, locationOf(c.push.Uses.Key), "", "The edit merges %s of the job %q into one step, which logs in with GITHUB_TOKEN, builds and pushes. %s", c.actions(), job.ID, strings.Join(d.sentences(), " "))
	}
}

// actions returns the names of the merged actions.
func (c chain) actions() string {
	names := []string{dockerLogin}
	if c.meta != nil {
		names = append(names, dockerMetadata)
	}
	return list(append(names, dockerBuild))
}

// findChain finds the last push step of a job, and the login and metadata steps
// before it.
func (p *pass) findChain(job *flow.Job) (chain, bool) {
	var c chain
	for _, step := range job.Steps {
		switch actionName(step) {
		case dockerLogin:
			if p.logsInToTarget(step) {
				c.login = step
			}
		case dockerMetadata:
			c.meta = step
		case dockerBuild:
			c.push = step
		}
	}
	return c, c.login != nil && c.push != nil
}

func (p *pass) logsInToTarget(step *flow.Step) bool {
	return hostOf(p.eval(step.Input("registry"), step.Job, step, nil)) == p.opts.Registry
}

// dropLoginFindings removes the findings about edits of the login step, because
// the merge removes the step. A finding about an edit outside the step stays.
func (p *pass) dropLoginFindings(login *flow.Step) {
	var kept []Finding
	for _, f := range p.findings {
		inStep := false
		for _, input := range loginKeys {
			pair := flow.Get(login.With, input)
			inStep = inStep || pair != nil && f.Line == pair.Value.Line && !strings.Contains(pair.Value.Value, "env.")
		}
		if !inStep || f.State != WouldChange || f.Code != PATLogin && f.Code != Username {
			kept = append(kept, f)
		}
	}
	p.findings = kept
}

// missingChain describes why a job that pushes to the registry has no chain of
// steps that can be merged. It returns "" for a job that does not push.
func (p *pass) missingChain(job *flow.Job, c chain) string {
	pusher := p.pusher(job)
	tools := p.loginTools[job]
	only := ". migrate merges only steps of " + dockerLogin + ", " + dockerMetadata + " and " + dockerBuild
	switch {
	case len(tools) == 0 || pusher == "":
		return ""
	case pusher == imageTools:
		return "the job creates an index of images that other jobs pushed (docker buildx imagetools create). The command \"merge\" of this action creates such an index"
	case c.login == nil && tools[0] == dockerLogin:
		return "the step of " + dockerLogin + " can log in to other registries than " + p.opts.Registry
	case c.login == nil && strings.Contains(tools[0], "/"):
		return "the job logs in with " + tools[0] + only
	case c.login == nil:
		return "a script logs in (" + tools[0] + ")" + only
	}
	return "the job " + pusher + only
}
