package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decideLogins selects the logins to migrate, and adds the smallest edit for
// each selected login.
func (p *pass) decideLogins() {
	for _, l := range p.logins {
		for _, c := range l.cases {
			for _, s := range c.password {
				if places := p.loginPlaces[s.node]; !slices.Contains(places, s.place) {
					p.loginPlaces[s.node] = append(places, s.place)
				}
			}
		}
	}
	p.loginInputs = p.inputsOnlyForLogins()
	p.logins = slices.DeleteFunc(p.logins, func(l *login) bool {
		return !p.isRelevant(l) || !p.ownerAllowed(l) || !p.startsNothing(l) || !p.permissionsKnown(l)
	})
	shared := p.dropMixedLogins()
	for _, l := range p.logins {
		p.decideLogin(l, shared)
	}
	p.dropAnchors()
}

// dropMixedLogins drops each login whose password cannot be edited without a change of
// another login, and reports a finding. A dropped login can share a definition with other
// logins, which then must be dropped too. Therefore, dropMixedLogins repeats the search
// until it drops no login.
func (p *pass) dropMixedLogins() definitionUses {
	for {
		shared, before := p.usesByDefinition(), len(p.logins)
		p.logins = slices.DeleteFunc(p.logins, func(l *login) bool {
			_, ok := p.passwordPlaces(l, shared)
			if !ok {
				p.reportRemaining(MixedRegistries, l.at, "Use a separate secret or a separate login step for each registry.",
					"%s logs in to %s and to other registries with the same password. The login is not changed.", l.what, p.opts.Registry)
			}
			return !ok
		})
		if len(p.logins) == before || p.budget < 0 {
			return shared
		}
	}
}

// dropAnchors removes a YAML anchor if the edits replace all aliases of the
// anchor.
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

// isRelevant reports whether a login uses a personal access token for the
// registry. If an input of the file supplies the registry or the password,
// isRelevant records this input for the callers of the file. If the registry or
// the password is known only at run time, isRelevant reports the login.
func (p *pass) isRelevant(l *login) bool {
	ours, pat := false, false
	for _, c := range l.cases {
		if c.host == "" && c.registryInput != "" {
			p.recordSink(l, c)
		} else if !p.isTargetHost(c.host) {
			p.reportUnknownRegistry(l, c)
		}
		if !p.isTargetHost(c.host) {
			continue
		}
		ours = true
		p.registryJobs[l.job] = true
		if l.code == PATLogin || l.code == PATInput {
			p.loginTools[l.job] = append(p.loginTools[l.job], l.what)
		}
		pat = pat || c.plain != "" || p.isPAT(c)
		p.recordSink(l, c)
	}
	if ours && !pat {
		p.reportUnknownPassword(l)
		p.tokenLogins[l.step] = p.tokenLogins[l.step] || p.isTokenLogin(l)
	}
	return ours && pat
}

// isTokenLogin reports whether the password of a login is GITHUB_TOKEN in each combination
// of the matrix that uses the registry.
func (p *pass) isTokenLogin(l *login) bool {
	return l.step != nil && !slices.ContainsFunc(l.cases, func(c loginCase) bool {
		other := len(c.secrets) == 0 || slices.ContainsFunc(c.secrets, func(name string) bool { return !isToken(name) })
		return p.isTargetHost(c.host) && other
	})
}

// hasPAT reports whether the password can be a personal access token. hasPAT returns true
// if the password depends on a reference that is neither GITHUB_TOKEN nor an input.
func (c loginCase) hasPAT() bool {
	return slices.ContainsFunc(c.secrets, func(name string) bool {
		return !isToken(name) && !strings.HasPrefix(name, "inputs.")
	})
}

// isPAT reports whether the password of a login can be a personal access token. isPAT
// returns false for a secret for which all callers pass GITHUB_TOKEN.
func (p *pass) isPAT(c loginCase) bool {
	return c.hasPAT() && slices.ContainsFunc(c.secrets, func(name string) bool {
		secret, ok := strings.CutPrefix(name, "secrets.")
		return !isToken(name) && !strings.HasPrefix(name, "inputs.") && !(ok && p.callersPassToken(secret))
	})
}

// reportUnknownRegistry reports a login whose registry is known only at run
// time. reportUnknownRegistry reports the login only if the name of the secret
// or the script suggests the registry to migrate.
func (p *pass) reportUnknownRegistry(l *login, c loginCase) {
	loops := l.step != nil && l.step.Run != nil && strings.Contains(l.step.Run.Value.Value, p.opts.Registry)
	if c.host != "" || len(c.secrets) == 0 || !loops && !slices.ContainsFunc(c.secrets, looksLikeRegistryToken) {
		return
	}
	p.reportRemaining(UnknownRegistry, l.at, fmt.Sprintf("If the registry is %s, write this host as the registry of the login and run migrate again.", p.opts.Registry),
		"%s logs in with %s, but the registry is known only at run time.", l.what, strings.Join(c.secrets, ", "))
}

// reportUnknownPassword reports a login if the file does not contain the source
// of its password.
func (p *pass) reportUnknownPassword(l *login) {
	for _, c := range l.cases {
		if len(c.secrets) == 0 && c.plain == "" {
			p.reportRemaining(UnknownSource, l.at, fmt.Sprintf("If the password is a personal access token, replace the password with ${{ %s }}.", p.token()),
				"%s logs in to %s with a password that the file does not contain.", l.what, c.host)
			return
		}
	}
	for _, c := range l.cases {
		for _, name := range c.secrets {
			if _, sunk := p.sinks[strings.TrimPrefix(name, "inputs.")]; strings.HasPrefix(name, "inputs.") && !sunk {
				giver := "The user who starts the workflow enters this value."
				if p.doc.Callable {
					giver = "Other steps also use this input, so the callers must keep the value."
				}
				p.reportRemaining(UnknownSource, l.at, fmt.Sprintf("Write ${{ %s }} as the password instead of the input.", p.token()),
					"%s logs in to %s with the value of the input %s. %s", l.what, c.host, name, giver)
			}
		}
	}
}

func (p *pass) decideLogin(l *login, shared definitionUses) {
	places, _ := p.passwordPlaces(l, shared)
	for _, at := range places {
		if !p.replace(at, p.token()) {
			p.reportRemaining(UnknownSource, l.at, fmt.Sprintf("Replace the password with ${{ %s }} by hand.", p.token()),
				"The password of %s is not changed, because its position in the file is unknown.", l.what)
			return
		}
	}
	p.replaceUsernames(l, shared)
	p.migratedSteps[l.step] = true
	p.recordMigration(l, p.renameVariables(l, places))
	p.reportComments(l)
	p.reportConditions(l)
	p.reportOtherOwners(l)
}

// recordMigration records the finding, the replaced secrets, and the permission that the
// job needs after the edit. The argument "variable" is a sentence about a renamed
// variable, or "".
func (p *pass) recordMigration(l *login, variable string) {
	var secrets []string
	for _, c := range l.cases {
		if !p.isTargetHost(c.host) {
			continue
		}
		for _, name := range c.secrets {
			if isToken(name) {
				continue
			}
			if !slices.Contains(secrets, name) {
				secrets = append(secrets, name)
			}
			p.recordReplacedSecret(l, name)
		}
		if c.plain != "" {
			p.reportRemaining(PlainToken, l.at, "Revoke the token at https://github.com/settings/tokens, because the token stays in the Git history.",
				"%s had a token in plain text as its password.", l.what)
		}
	}
	with := strings.Join(secrets, " or ")
	if with == "" {
		with = "a token in plain text"
	}
	p.reportEdit(l.code, l.at, "%s uses %s. The edit replaces this credential with ${{ %s }}, because GITHUB_TOKEN needs no stored secret and expires at the end of the job.%s", l.what, with, p.token(), variable)
	p.addNeed(l.job, p.levelOf(l), l.what)
	if len(l.deletes) > 0 {
		p.images = append(p.images, l.deletes...)
		p.finderImages[l.job] = true
	}
}

// recordReplacedSecret records that a login no longer uses a secret.
func (p *pass) recordReplacedSecret(l *login, name string) {
	secret, ok := strings.CutPrefix(name, "secrets.")
	if !ok {
		return
	}
	p.replaced[secret] = l.at
}

// passwordPlaces returns the texts that an edit must replace to change the
// password of a login. The password can be defined through several variables.
// passwordPlaces chooses the definition that is farthest from the login and
// that only logins to the registry use. passwordPlaces returns false if no
// definition can be edited.
func (p *pass) passwordPlaces(l *login, shared definitionUses) ([]place, bool) {
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

// pick tries the definitions of a value one after the other, and returns the places of
// the first definition that can be edited. The method "pick" starts at the text that uses
// the value. If the argument "deepest" is true, the method starts at the last definition.
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
		if !p.isTargetHost(c.host) {
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
