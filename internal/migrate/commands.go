package migrate

import (
	"slices"
	"strings"
)

// use is the effect of a command on a registry.
type use int

const (
	harmless use = iota
	names        // The command gives an image a name, and another command can push the image under this name.
	pushes
	pulls
	mayDoAnything // The command runs a program whose effect the workflow does not show.
)

// commandRule states the effect of a command whose arguments contain all words of the
// rule.
type commandRule struct {
	words []string
	use   use
}

// commandUses lists the arguments of each command that push, pull or name an
// image. The first matching rule determines the effect of the command.
var commandUses = map[string][]commandRule{
	"docker": {
		{[]string{"push"}, pushes}, {[]string{"--push"}, pushes}, {[]string{"imagetools", "create"}, pushes},
		{[]string{"build", "type=registry"}, pushes}, {[]string{"push=true"}, pushes},
		{[]string{"tag"}, names}, {[]string{"build"}, names}, {[]string{"compose", "build"}, names},
		{[]string{"pull"}, pulls}, {[]string{"run"}, pulls}, {[]string{"up"}, pulls}, {[]string{"inspect"}, pulls},
	},
	"docker-compose": {{[]string{"push"}, pushes}, {[]string{"pull"}, pulls}, {[]string{"up"}, pulls}, {[]string{"run"}, pulls}},
	"podman":         {{[]string{"push"}, pushes}, {[]string{"tag"}, names}, {[]string{"build"}, names}, {[]string{"pull"}, pulls}, {[]string{"run"}, pulls}},
	"buildah":        {{[]string{"push"}, pushes}, {[]string{"tag"}, names}, {[]string{"bud"}, names}, {[]string{"build"}, names}, {[]string{"pull"}, pulls}, {[]string{"from"}, pulls}},
	"nerdctl":        {{[]string{"push"}, pushes}, {[]string{"tag"}, names}, {[]string{"build"}, names}, {[]string{"pull"}, pulls}, {[]string{"run"}, pulls}},
	"skopeo":         {{[]string{"copy"}, pushes}, {[]string{"sync"}, pushes}, {[]string{"delete"}, pushes}, {[]string{"inspect"}, pulls}, {[]string{"list-tags"}, pulls}},
	"helm":           {{[]string{"push"}, pushes}, {[]string{"pull"}, pulls}, {[]string{"install"}, pulls}, {[]string{"upgrade"}, pulls}, {[]string{"template"}, pulls}, {[]string{"dependency"}, pulls}, {[]string{"show"}, pulls}},
	"oras":           {{[]string{"push"}, pushes}, {[]string{"cp"}, pushes}, {[]string{"copy"}, pushes}, {[]string{"attach"}, pushes}, {[]string{"tag"}, pushes}, {[]string{"pull"}, pulls}, {[]string{"discover"}, pulls}, {[]string{"manifest", "fetch"}, pulls}},
	"crane":          {{[]string{"push"}, pushes}, {[]string{"copy"}, pushes}, {[]string{"cp"}, pushes}, {[]string{"tag"}, pushes}, {[]string{"append"}, pushes}, {[]string{"mutate"}, pushes}, {[]string{"index"}, pushes}, {[]string{"delete"}, pushes}, {[]string{"pull"}, pulls}, {[]string{"digest"}, pulls}, {[]string{"manifest"}, pulls}, {[]string{"ls"}, pulls}, {[]string{"export"}, pulls}},
	"regctl":         {{[]string{"copy"}, pushes}, {[]string{"import"}, pushes}, {[]string{"mod"}, pushes}, {[]string{"put"}, pushes}, {[]string{"create"}, pushes}, {[]string{"delete"}, pushes}, {[]string{"get"}, pulls}, {[]string{"digest"}, pulls}, {[]string{"export"}, pulls}, {[]string{"ls"}, pulls}},
	"cosign":         {{[]string{"sign"}, pushes}, {[]string{"attest"}, pushes}, {[]string{"attach"}, pushes}, {[]string{"copy"}, pushes}, {[]string{"upload"}, pushes}, {[]string{"verify"}, pulls}, {[]string{"download"}, pulls}},
	"ko":             {{[]string{"build"}, pushes}, {[]string{"publish"}, pushes}, {[]string{"resolve"}, pushes}, {[]string{"apply"}, pushes}},
	"pack":           {{[]string{"--publish"}, pushes}, {[]string{"build"}, names}},
	"flux":           {{[]string{"push"}, pushes}, {[]string{"tag"}, pushes}, {[]string{"pull"}, pulls}},
	"notation":       {{[]string{"sign"}, pushes}, {[]string{"verify"}, pulls}},
	"trivy":          {{[]string{"image"}, pulls}},
	"grype":          {{nil, pulls}},
	"syft":           {{nil, pulls}},
	"goreleaser":     {{nil, pushes}},
}

// opaqueCommands lists commands that start other programs. The workflow does
// not show the effect of these programs.
var opaqueCommands = []string{
	"make", "gmake", "task", "just", "mage", "npm", "yarn", "pnpm", "bun", "npx", "gradle", "gradlew", "mvn", "mvnw",
	"sbt", "bazel", "bazelisk", "earthly", "dagger", "nix", "python", "python3", "node", "ruby", "bash", "sh", "pwsh", "source", ".",
	"ansible-playbook", "werf", "skaffold", "jib", "cargo", "dotnet", "go", "melange", "apko", "act", "invoke", "poetry", "uv", "rake",
}

// useOf returns the effect of one command. useOf skips words such as sudo or
// time before the name of the program.
func useOf(fields []string) use {
	for i, field := range fields {
		base := strings.TrimSuffix(field[strings.LastIndexByte(field, '/')+1:], ".exe")
		if rules, ok := commandUses[base]; ok && len(fields) > i+1 {
			return useByRules(rules, fields[i+1:])
		}
		if i == 0 && isHarmless(field) {
			return harmless
		}
		if i <= 2 && (slices.Contains(opaqueCommands, base) || strings.HasSuffix(base, ".sh") || strings.HasPrefix(field, "./")) {
			return mayDoAnything
		}
	}
	return harmless
}

// useByRules returns the effect of a command according to the first matching
// rule.
func useByRules(rules []commandRule, fields []string) use {
	for _, r := range rules {
		if hasAll(fields, r.words) {
			return r.use
		}
	}
	return harmless
}

func isHarmless(word string) bool {
	return slices.Contains([]string{"echo", "printf", "cat", "cd", "mkdir", "cp", "mv", "rm", "ls", "git", "sed", "export", "test", "["}, word)
}

// suggestsPush reports whether the text of a step contains a word that suggests
// a push of images. suggestsPush is used if the effect of the step is unknown.
func suggestsPush(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"push", "publish", "release", "deploy", "image", "docker", "upload", "ship"}, func(word string) bool {
		return strings.Contains(text, word)
	})
}

// hasAll reports whether the fields contain each wanted word. A wanted word
// with "=" can also be a part of a field, for example a part of the value of a
// flag.
func hasAll(fields, wanted []string) bool {
	for _, w := range wanted {
		found := slices.ContainsFunc(fields, func(f string) bool {
			return f == w || strings.Contains(w, "=") && strings.Contains(f, w)
		})
		if !found {
			return false
		}
	}
	return true
}
