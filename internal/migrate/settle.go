package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// settle decides about every login: whether it is to be migrated, and where the
// smallest edit is.
func (p *pass) settle() {
	for _, l := range p.logins {
		for _, c := range l.cases {
			for _, s := range c.password {
				p.loginPlaces[s.node] = true
			}
		}
	}
	p.logins = slices.DeleteFunc(p.logins, func(l *login) bool { return !p.concerns(l) })
	shared := p.usesByDefinition()
	for _, l := range p.logins {
		p.settleOne(l, shared)
	}
	p.dropAnchors()
}

// dropAnchors takes away the anchors of which no alias is left.
func (p *pass) dropAnchors() {
	for node, aliases := range p.doc.Aliases {
		edited := func(alias *yaml.Node) bool {
			start, end, ok := p.span(place{node: alias})
			return ok && p.edits.Covers(start, end)
		}
		if node.Kind != yaml.ScalarNode || slices.ContainsFunc(aliases, func(a *yaml.Node) bool { return !edited(a) }) {
			continue
		}
		start, anchor := p.doc.Text.Start(node), "&"+node.Anchor+" "
		if strings.HasPrefix(string(p.doc.Text.Bytes()[start:]), anchor) {
			p.insert(start, start+len(anchor), "")
		}
	}
}

// concerns drops the logins that are none of our business, and deals with those
// that only a caller or a run can decide.
func (p *pass) concerns(l *login) bool {
	ours, pat := false, false
	for _, c := range l.cases {
		if c.host == "" && c.registryInput != "" {
			p.recordSink(l, c)
		} else if !p.isOurs(c.host) {
			p.maybeUnknown(l, c)
		}
		if !p.isOurs(c.host) {
			continue
		}
		ours = true
		p.ours[l.job] = true
		pat = pat || c.plain != "" || c.hasPAT()
		p.recordSink(l, c)
	}
	if ours && !pat {
		p.outOfSight(l)
	}
	return ours && pat
}

// hasPAT reports whether the password rests on anything but the job's token
// and what a caller hands in.
func (c loginCase) hasPAT() bool {
	return slices.ContainsFunc(c.secrets, func(name string) bool {
		return !isToken(name) && !strings.HasPrefix(name, "inputs.")
	})
}

// maybeUnknown speaks up about a registry only a run can know, if the password
// looks like one for ours.
func (p *pass) maybeUnknown(l *login, c loginCase) {
	if c.host != "" || !slices.ContainsFunc(c.secrets, looksLikeRegistryToken) {
		return
	}
	p.left(UnknownRegistry, l.at, "If it is "+p.opts.Registry+", write that as the registry and run migrate again.",
		"%s logs in with %s, but only a run knows the registry.", l.what, strings.Join(c.secrets, ", "))
}

// outOfSight speaks up about a password the file does not hold.
func (p *pass) outOfSight(l *login) {
	for _, c := range l.cases {
		if len(c.secrets) == 0 && c.plain == "" {
			p.left(UnknownSource, l.at, "If it is a personal access token, put ${{ "+p.token()+" }} in its place.",
				"%s logs in to %s with a password this file does not show.", l.what, c.host)
			return
		}
	}
	for _, c := range l.cases {
		for _, name := range c.secrets {
			if _, sunk := p.sinks[strings.TrimPrefix(name, "inputs.")]; strings.HasPrefix(name, "inputs.") && !sunk {
				p.left(UnknownSource, l.at, "Use ${{ "+p.token()+" }} instead of the input.",
					"%s logs in to %s with the input %s, which whoever starts the workflow types in.", l.what, c.host, name)
			}
		}
	}
}

func (p *pass) settleOne(l *login, shared map[*yaml.Node]int) {
	if !p.reachable(l) {
		return
	}
	places, ok := p.passwordPlaces(l, shared)
	if !ok {
		p.left(MixedRegistries, l.at, "Give each registry a secret of its own, or a step of its own.",
			"%s logs in to %s and to other registries with the same text, so it stays.", l.what, p.opts.Registry)
		return
	}
	for _, at := range places {
		if !p.replace(at, p.token()) {
			p.left(UnknownSource, l.at, "Put ${{ "+p.token()+" }} in its place by hand.",
				"%s: the password's text cannot be matched to the file byte by byte.", l.what)
			return
		}
	}
	p.replaceUsernames(l)
	p.settled[l.step] = true
	p.told(l)
}

// told records the finding, the secrets that went and what the job needs now.
func (p *pass) told(l *login) {
	var secrets []string
	for _, c := range l.cases {
		if !p.isOurs(c.host) {
			continue
		}
		for _, name := range c.secrets {
			if !isToken(name) && !slices.Contains(secrets, name) {
				secrets = append(secrets, name)
			}
			if secret, ok := strings.CutPrefix(name, "secrets."); ok && !isToken(name) {
				p.replaced[secret] = l.at
				if key := p.doc.Secrets[secret]; key != nil {
					p.note(UnusedSecret, on(key), "%s no longer uses the secret %s; callers need not hand it over, so required: true can go.", l.what, secret)
				}
			}
		}
		if c.plain != "" {
			p.left(PlainToken, l.at, "Revoke it at https://github.com/settings/tokens; whoever has the history has the token.",
				"%s had a password in plain text.", l.what)
		}
	}
	with := strings.Join(secrets, " or ")
	if with == "" {
		with = "a token in plain text"
	}
	p.fixed(l.code, l.at, "", "%s used %s; ${{ %s }} does the same.", l.what, with, p.token())
	p.need(l.job, p.levelOf(l), l.what)
}

// passwordPlaces picks, for the cases that are ours, the place deepest on the
// password's way that nothing else depends on. It fails where every place also
// serves another registry.
func (p *pass) passwordPlaces(l *login, shared map[*yaml.Node]int) ([]place, bool) {
	return p.pick(l, func(c loginCase) route { return c.password }, func(s stop) bool {
		if s.name && !strings.HasPrefix(p.token(), "secrets.") {
			return false
		}
		if aliases := len(p.doc.Aliases[s.node]); aliases > 0 && shared[s.node] <= aliases {
			return false
		}
		return s.via.Context != "env" || p.onlyFor(s.via.Name, s.node, l, shared)
	}, true)
}

// pick tries the depths of the routes, deepest first if so asked.
func (p *pass) pick(l *login, get func(loginCase) route, free func(stop) bool, deepest bool) ([]place, bool) {
	depth := 0
	for _, c := range l.cases {
		depth = max(depth, len(get(c)))
	}
	for i := range depth {
		if deepest {
			i = depth - 1 - i
		}
		if places, ok := p.pickAt(l, get, free, i); ok {
			return places, true
		}
	}
	return nil, false
}

func (p *pass) pickAt(l *login, get func(loginCase) route, free func(stop) bool, depth int) ([]place, bool) {
	var ours []place
	taken := map[place]bool{}
	for _, c := range l.cases {
		r := get(c)
		if !p.isOurs(c.host) {
			for _, s := range r {
				taken[s.place] = true
			}
			continue
		}
		if len(r) == 0 {
			continue
		}
		s := r[min(depth, len(r)-1)]
		if !free(s) {
			return nil, false
		}
		if !slices.Contains(ours, s.place) {
			ours = append(ours, s.place)
		}
	}
	return ours, !slices.ContainsFunc(ours, func(at place) bool { return taken[at] })
}

// replaceUsernames puts the actor where another name stands. A name that also
// serves another registry stays: with GITHUB_TOKEN any name will do
// (docs/ghcr.md, Token endpoint).
func (p *pass) replaceUsernames(l *login) {
	places, ok := p.pick(l, func(c loginCase) route { return c.username }, func(s stop) bool {
		return !s.name && s.via.Context != "env"
	}, false)
	if !ok {
		return
	}
	for _, at := range places {
		p.replace(at, "github.actor")
	}
}
