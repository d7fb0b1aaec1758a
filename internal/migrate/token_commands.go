package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// harmlessTools contains commands that neither call GitHub's API nor start a
// program of the repository. A step needs no permissions for these commands,
// even if its environment contains the token.
var harmlessTools = lazyWords(`
	[ [[ : awk base64 basename break cat chgrp chmod chown clear cmp column comm continue cp cut date declare df diff
	dirname du echo egrep exit export expr false fgrep file fold free grep gunzip gzip head hostname id jq kill let ln local
	ls lscpu md5sum mkdir mktemp mv nproc paste popd printenv printf ps pushd pwd read readlink readonly realpath return rev rm
	rmdir sed seq set sha256sum sha512sum shift shopt sleep sort split stat sync tac tail tar tee test touch tr true type
	typeset ulimit umask uname uniq unset unzip wait wc which whoami xz yes yq zip zstd cd apt apt-get apk brew dnf yum
	clear-host get-childitem get-content get-date get-item get-location join-path move-item new-item out-file out-null
	remove-item resolve-path select-object select-string set-content set-location split-path start-sleep test-path
	write-error write-host write-output write-verbose copy copy-item del dir expand-archive md rd
	docker podman buildah nerdctl skopeo helm oras crane regctl cosign ko pack notation trivy grype syft kubectl hadolint
	shellcheck systemctl git fi done esac else`)

// shellWords contains words that can precede a command and that do not change
// the use of the token.
var shellWords = lazyWords(`if then else elif do while until ! { } sudo time command exec nohup nice env xvfb-run timeout builtin in`)

// words returns the words of a text as a set.
func words(text string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		out[word] = true
	}
	return out
}

var (
	variableAssignment = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*\+?=`)
	number             = lazy.Regexp(`^[0-9.]+[smh]?$`)
	// substitution matches a command whose output is a part of a word.
	substitution = lazy.Regexp("[$<>]\\(([^()]+)\\)|`([^`]+)`")
)

// commandsOf returns the commands of a script. The result also contains the
// commands in command substitutions.
func commandsOf(script string, d shell.Dialect) []shell.Command {
	commands := shell.Parse(script, d)
	for _, c := range slices.Clone(commands) {
		for _, w := range slices.Concat(c.Words, c.Stdin) {
			for _, m := range substitution().FindAllStringSubmatch(w.Text, -1) {
				commands = append(commands, shell.Parse(m[1]+m[2], d)...)
			}
		}
	}
	return commands
}

// toolOf returns the words of a command, starting with the name of the program.
// toolOf omits words of the shell, the flags of these words, and assignments.
// toolOf returns nil for a command that only assigns variables, and for the
// first line of a loop.
func toolOf(fields []string) []string {
	for i, field := range fields {
		switch {
		case field == "for" || field == "select":
			return nil
		case field == "case":
			return toolOf(after(fields[i:], func(word string) bool { return strings.HasSuffix(word, ")") }))
		case field == "function":
			return toolOf(after(fields[i:], func(word string) bool { return word == "{" }))
		case i+1 < len(fields) && fields[i+1] == "=" && strings.HasPrefix(field, "$"):
		case field == "" || field == "\\", shellWords()[strings.ToLower(field)], variableAssignment().MatchString(field), field == "=":
		case i > 0 && (strings.HasPrefix(field, "-") || number().MatchString(field)):
		case i > 0 && fields[i-1] == "=" && isValue(fields[i:]):
			return nil // This command is an assignment in PowerShell.
		default:
			return fields[i:]
		}
	}
	return nil
}

// startsProgram matches a word that starts a program in PowerShell.
var startsProgram = lazy.Regexp(`^(&|\(|\.{1,2}[\\/])|^[A-Za-z]+-[A-Za-z]+$|[\\/]|\.(ps1|exe|cmd|bat|sh|py)$`)

// isValue reports whether the words after "=" in PowerShell are a value and not a command. A
// command has several words, or its first word is the name of a program.
func isValue(fields []string) bool {
	first := fields[0]
	return strings.HasPrefix(first, "$") || strings.HasPrefix(first, "@") || strings.HasPrefix(first, "[") || len(fields) == 1 && !startsProgram().MatchString(first)
}

// after returns the words after the first word for which the function "found" returns true.
func after(fields []string, found func(string) bool) []string {
	i := slices.IndexFunc(fields, found)
	if i < 0 {
		return nil
	}
	return fields[i+1:]
}

// gitReads and gitLocal contain the subcommands of git that read a remote repository, and
// the subcommands that use no remote repository. A subcommand in neither set can be a
// program of another project.
var (
	gitReads = lazyWords("clone fetch pull ls-remote submodule lfs archive")
	gitLocal = lazyWords(`add am apply blame branch bundle cat-file check-ignore checkout cherry-pick clean commit config count-objects
		describe diff diff-index diff-tree fsck gc grep hash-object help init log ls-files ls-tree merge merge-base mv name-rev notes
		rebase reflog remote reset restore rev-list rev-parse revert rm shortlog show show-ref sparse-checkout stash status switch
		symbolic-ref tag update-index update-ref var version worktree write-tree`)
)

// gitScopes returns the permissions that a subcommand of git needs.
func gitScopes(args []string) (scopes string, known bool) {
	if slices.ContainsFunc(args, func(word string) bool { return word == "foreach" || strings.HasPrefix(word, "--exec") }) {
		return "", false // Git runs a program.
	}
	if slices.Contains(args, "push") || slices.Contains(args, "send-pack") {
		return "contents:write", true
	}
	for i, word := range args {
		switch {
		case gitReads()[word]:
			return "contents:read", true
		case gitLocal()[word]:
			return "", true
		case !strings.HasPrefix(word, "-") && (i == 0 || !slices.Contains([]string{"-C", "-c", "--git-dir", "--work-tree"}, args[i-1])):
			return "", false
		}
	}
	return "", true
}

// tokenUse returns the permissions that a command needs if its environment or its words
// contain the token. The result "known" is false if the command may use the token in an
// unknown way.
func tokenUse(fields []string) (scopes string, known bool) {
	tool := toolOf(fields)
	if len(tool) == 0 {
		return "", true
	}
	if strings.HasPrefix(tool[0], "./") || strings.HasPrefix(tool[0], "../") {
		scopes := commandScopes(tool[0], tool[1:])
		return scopes, scopes != ""
	}
	name := strings.ToLower(strings.TrimSuffix(tool[0][strings.LastIndexAny(tool[0], `/\`)+1:], ".exe"))
	switch name {
	case "gh":
		return ghScopes(tool[1:])
	case "git":
		return gitScopes(tool[1:])
	case "docker", "podman", "nerdctl", "buildah", "pack":
		return "", !passesVariables(tool)
	}
	if scopes := commandScopes(name, tool[1:]); scopes != "" {
		return scopes, true
	}
	return "", harmlessTools()[name]
}

// variableFlag matches a flag that passes variables of the environment to a container. The
// flag can be a part of a group of short flags, and its value can follow without a blank.
var variableFlag = lazy.Regexp(`^(-[a-zA-Z]*e.*|--env.*|--secret.*|--build-arg.*)$`)

// passesVariables reports whether a command passes environment variables or a
// secret to a program in a container.
func passesVariables(tool []string) bool {
	if slices.Contains(tool, "compose") || slices.Contains(tool, "bake") {
		return true
	}
	return slices.ContainsFunc(tool, func(word string) bool {
		return variableFlag().MatchString(word) || mentionsToken(word)
	})
}

// readingVerbs contains the subcommands of the command gh that change nothing.
var readingVerbs = lazyWords("view list ls status diff checkout checks download")

// ghScopes returns the permissions that a subcommand of the command gh needs.
func ghScopes(args []string) (scopes string, known bool) {
	args = slices.DeleteFunc(slices.Clone(args), func(s string) bool { return strings.HasPrefix(s, "-") })
	if len(args) == 0 {
		return "", true
	}
	reads := len(args) > 1 && readingVerbs()[args[1]]
	level := map[bool]string{true: "read", false: "write"}[reads]
	switch args[0] {
	case "auth", "version", "help", "config", "completion", "status":
		return "", true
	case "release", "repo":
		return "contents:" + level, args[0] == "release" || reads || len(args) > 1 && args[1] == "clone"
	case "pr":
		if len(args) > 1 && (args[1] == "checks" || args[1] == "status") {
			return "checks:read contents:read pull-requests:read statuses:read", true
		}
		return "contents:" + level + " pull-requests:" + level, true
	case "issue", "label":
		return "issues:" + level, true
	case "workflow", "run", "cache":
		return "actions:" + level, true
	case "attestation":
		return "attestations:read", true
	}
	return "", false
}

// commandScopes returns the permissions that a known command needs.
// commandScopes returns "" for an unknown command.
func commandScopes(command string, args []string) string {
	if len(args) == 0 {
		if command == "semantic-release" {
			return semanticRelease
		}
		return ""
	}
	switch command + " " + args[0] {
	case "npx semantic-release", "yarn semantic-release", "pnpm semantic-release":
		return semanticRelease
	case "npm publish", "yarn publish", "pnpm publish", "mvn deploy", "gradle publish", "./gradlew publish", "./mvnw deploy", "dotnet nuget":
		return "packages:write"
	case "goreleaser release":
		return "contents:write packages:write"
	}
	if command == "semantic-release" {
		return semanticRelease
	}
	return ""
}

const semanticRelease = "contents:write issues:write pull-requests:write"
