package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// chain contains a login step, a metadata step and a push step that one step of this
// action can replace. The field "meta" is nil if the job has no metadata step.
type chain struct {
	login, meta, push *flow.Step
	// keepLogin is the reason why the login step stays, and keepMeta is the reason why
	// the metadata step stays. If the new step replaces one of these steps, the field
	// about that step is "".
	keepLogin, keepMeta string
}

// These actions form a chain.
const (
	dockerLogin    = "docker/login-action"
	dockerMetadata = "docker/metadata-action"
	dockerBuild    = "docker/build-push-action"
)

// mergeSteps replaces the login, metadata and push steps of a job by one step
// for each push. A finding lists the differences between the old steps and the
// new step. If the new step cannot replace the old steps, mergeSteps reports
// the reason.
func (p *pass) mergeSteps() {
	if p.opts.ToAction == "" || p.doc.Action {
		return
	}
	for _, job := range p.doc.Jobs {
		login, chains := p.findChains(job)
		if len(chains) == 0 || chains[0].login == nil {
			if why := p.missingChain(job, login); why != "" {
				p.reportNote(NotMerged, locationOf(job.Key), "The steps of the job %q are not merged, because %s.", job.ID, why)
			}
			continue
		}
		p.mergeJob(job, chains)
	}
}

// mergeJob merges the chains of a job. All chains have the same login step.
func (p *pass) mergeJob(job *flow.Job, chains []chain) {
	why := make([]string, len(chains))
	keepLogin := ""
	for i := range chains {
		if why[i] = p.obstacle(job, &chains[i]); why[i] != "" && keepLogin == "" {
			keepLogin = "another step pushes with the login"
		}
		if chains[i].keepLogin != "" {
			keepLogin = chains[i].keepLogin
		}
	}
	if _, ok := p.removal(chains[0].login); !ok && keepLogin == "" {
		keepLogin = "the login is not written as an entry of a YAML block list"
	}
	var merged []chain
	for i, c := range chains {
		if c.keepLogin = keepLogin; why[i] == "" {
			why[i] = p.merge(job, c)
		}
		if why[i] != "" {
			p.reportNote(NotMerged, locationOf(c.push.Uses.Key), "The steps of the job %q are not merged, because %s.", job.ID, why[i])
			continue
		}
		merged = append(merged, c)
	}
	removesLogin := len(merged) == len(chains) && keepLogin == ""
	if removesLogin {
		p.removeLogin(chains[0].login)
	}
	p.moveAllComments(merged, removesLogin)
}

// moveAllComments moves the comments of the removed steps of a job above the steps that
// replace them. The comments of the login move above the first of these steps.
func (p *pass) moveAllComments(merged []chain, removesLogin bool) {
	for i, c := range merged {
		var removed []*flow.Step
		if i == 0 && removesLogin {
			removed = append(removed, c.login)
		}
		moved := slices.ContainsFunc(merged[:i], func(other chain) bool { return other.meta == c.meta })
		if c.meta != nil && c.keepMeta == "" && !moved {
			removed = append(removed, c.meta)
		}
		p.moveComments(removed, c.push)
	}
}

// merge writes the new step of one chain, and reports the edit. If the step cannot be
// written, the method "merge" returns the reason.
func (p *pass) merge(job *flow.Job, c chain) string {
	d := p.differences(c)
	if err := p.writeMergedStep(c, d); err != nil {
		return err.Error()
	}
	p.reportLock(locationOf(c.push.Uses.Key))
	p.reportEdit(MergedSteps, locationOf(c.push.Uses.Key), "%s The new step logs in with GITHUB_TOKEN, builds and pushes. %s", c.replacement(job.ID), strings.Join(d.sentences(), " "))
	return ""
}

// replacement returns a sentence about the actions that the new step replaces.
func (c chain) replacement(job string) string {
	var names []string
	if c.keepLogin == "" {
		names = append(names, dockerLogin)
	}
	if c.meta != nil && c.keepMeta == "" {
		names = append(names, dockerMetadata)
	}
	if len(names) == 0 {
		return fmt.Sprintf("The edit replaces %s of the job %q by one step.", dockerBuild, job)
	}
	return fmt.Sprintf("The edit merges %s of the job %q into one step.", list(append(names, dockerBuild)), job)
}

// findChains returns the step of docker/login-action that logs in to the registry in a job,
// and one chain for each push step. All chains have the same login step. If the job logs in
// in another form, the result "login" is nil, but the chains have this login.
func (p *pass) findChains(job *flow.Job) (login *flow.Step, out []chain) {
	var metas []*flow.Step
	for _, step := range job.Steps {
		switch actionName(step) {
		case dockerLogin:
			if p.logsInToTarget(step) {
				login = step
			}
		case dockerMetadata:
			metas = append(metas, step)
		case dockerBuild:
			out = append(out, chain{meta: usedMeta(metas, step), push: step})
		}
	}
	used, keep := login, ""
	if login == nil {
		used, keep = p.otherLogin(job)
	}
	for i := range out {
		out[i].login, out[i].keepLogin = used, keep
	}
	return login, slices.DeleteFunc(out, func(c chain) bool { return len(out) > 1 && p.neverPushes(c.push) })
}

// otherLogin returns the only step of a job that logs in to the registry in another form
// than one registry of docker/login-action, and the reason why this step stays.
func (p *pass) otherLogin(job *flow.Job) (login *flow.Step, keep string) {
	for _, step := range job.Steps {
		if !p.tokenLogins[step] && !p.migratedSteps[step] {
			continue
		}
		if login != nil || !p.alwaysLogsIn(step) {
			return nil, ""
		}
		login = step
	}
	switch {
	case login == nil:
		return nil, ""
	case login.Run != nil:
		return login, "it is a script"
	}
	return login, "its step can log in to other registries"
}

// alwaysLogsIn reports whether a step logs Docker in to the registry each time it runs, and
// does nothing else. A script with conditions or with the user root possibly does not log
// in for later steps.
func (p *pass) alwaysLogsIn(step *flow.Step) bool {
	if step.Run == nil {
		return actionName(step) == dockerLogin && step.Input("registry-auth") != ""
	}
	script := step.Run.Value.Value
	return dockerLoginCommand().MatchString(script) && !conditional().MatchString(script) &&
		!slices.ContainsFunc(commandsOf(script, dialectOf(step)), func(c shell.Command) bool {
			_, known := tokenUse(c.Fields())
			return !known || useOf(c.Fields()) != harmless
		})
}

// dockerLoginCommand matches a login with the default configuration of Docker.
var dockerLoginCommand = lazy.Regexp(`\bdocker login\b`)

// conditional matches the parts of a script that run a command only under a condition, and
// the parts that select another configuration of Docker or another combination of a matrix.
var conditional = lazy.Regexp(`(?im)(^|[;\s])(if|case|for|while|until|function|trap)\b|&&|\|\||\(\)|\b(exit|sudo|DOCKER_CONFIG)\b|--config|\bmatrix\.`)

// usedMeta returns the metadata step whose outputs a push step uses as tags,
// labels or annotations. usedMeta returns nil if no such step exists.
func usedMeta(metas []*flow.Step, push *flow.Step) *flow.Step {
	for _, meta := range metas {
		id := flow.Text(valueOf(meta, "id"))
		if id != "" && strings.Contains(push.Input("tags")+push.Input("labels")+push.Input("annotations"), "steps."+id+".") {
			return meta
		}
	}
	return nil
}

// neverPushes reports whether a build step only builds an image and never
// pushes it.
func (p *pass) neverPushes(step *flow.Step) bool {
	push := step.Input("push")
	return (push == "" || push == "false") && step.Input("outputs") == ""
}

func (p *pass) logsInToTarget(step *flow.Step) bool {
	return hostOf(p.certain(step.Input("registry"), step.Job, step, nil)) == p.opts.Registry
}

// removeLogin removes the login step of a job after all push steps are merged.
func (p *pass) removeLogin(login *flow.Step) {
	edit, ok := p.removal(login)
	if !ok {
		return // The method mergeJob has already checked the form of the login step.
	}
	p.edits.Drop(edit.Start, edit.End)
	if p.edits.Add(edit) == nil {
		p.dropLoginFindings(login)
	}
}

// dropLoginFindings removes the findings about edits of the login step, because
// the merge removes this step. dropLoginFindings keeps findings about edits
// outside of the login step.
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

// missingChain returns the reason why a job that pushes to the registry has no
// steps that can be merged. missingChain returns "" for a job that does not
// push.
func (p *pass) missingChain(job *flow.Job, login *flow.Step) string {
	pusher := p.pusher(job)
	tools := p.loginTools[job]
	only := fmt.Sprintf("The command \"migrate\" merges only steps of %s, %s and %s", dockerLogin, dockerMetadata, dockerBuild)
	switch {
	case len(tools) == 0 || pusher == "":
		return ""
	case pusher == imageTools:
		return "the job creates an index of images that other jobs pushed (docker buildx imagetools create). To migrate the job by hand, use the command \"merge\" of this action, which creates an index"
	case login == nil && tools[0] == dockerLogin:
		return fmt.Sprintf("the step of %s can log in to other registries than %s", dockerLogin, p.opts.Registry)
	case login == nil && strings.Contains(tools[0], "/"):
		return fmt.Sprintf("the job logs in with %s. %s", tools[0], only)
	case login == nil:
		return fmt.Sprintf("a script logs in (%s). %s", tools[0], only)
	}
	return fmt.Sprintf("the job %s. %s", pusher, only)
}
