package migrate

import (
	"regexp"
	"strings"
	"testing"
)

func TestCommandsThatMayUseTheTokenAreUnknown(t *testing.T) {
	t.Parallel()
	cases := []struct {
		command, scopes string
		known           bool
	}{
		{"echo done", "", true},
		{"if [ -f x ]", "", true},
		{"then echo x", "", true},
		{"sudo apt-get install -y jq", "", true},
		{"NAME=value", "", true},
		{"git commit -m x", "", true},
		{"git -C dir push origin main", "contents:write", true},
		{"docker build -t x .", "", true},
		{"docker push x", "", true},
		{"docker run x make", "", true},
		{"docker run -e GITHUB_TOKEN releaser:1", "", false},
		{"docker build --secret id=t,env=GITHUB_TOKEN .", "", false},
		{"docker compose up", "", false},
		{"semantic-release", semanticRelease, true},
		{"npx semantic-release", semanticRelease, true},
		{"gh pr list", "contents:read pull-requests:read", true},
		{"gh pr comment 1", "contents:write pull-requests:write", true},
		{"gh workflow run x.yml", "actions:write", true},
		{"gh api repos", "", false},
		{"scripts/report.py failure", "", false},
		{"./scripts/x", "", false},
		{"hub release create v1", "", false},
		{"bin/notify", "", false},
		{"php ci/comment.php", "", false},
		{"bundle exec danger", "", false},
		{"lerna publish", "", false},
		{"deno run ci.ts", "", false},
		{"release-it --ci", "", false},
		{"uvx tool", "", false},
		{"FOO=1 timeout 5 tool", "", false},
		{"curl -H x y", "", false},
		{"Invoke-RestMethod x", "", false},
		{"flux bootstrap github", "", false},
		{"unheard-of", "", false},
	}
	for _, c := range cases {
		t.Run(c.command, func(t *testing.T) {
			t.Parallel()
			if scopes, known := tokenUse(strings.Fields(c.command)); scopes != c.scopes || known != c.known {
				t.Errorf("got %q, %v; want %q, %v", scopes, known, c.scopes, c.known)
			}
		})
	}
}

// TestABlockHasThePermissionsThatTheStepsNeed checks that a new block neither removes a
// permission that a step needs nor adds a permission that no step needs.
func TestABlockHasThePermissionsThatTheStepsNeed(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, step, want string }{
		{"a release", "{uses: softprops/action-gh-release@v2}", "contents: write"},
		{"a release with another token", "{uses: softprops/action-gh-release@v2, with: {token: '${{ secrets.BOT_PAT }}'}}", "contents: read"},
		{"a release with a fallback", "{uses: softprops/action-gh-release@v2, with: {token: '${{ secrets.BOT_PAT || github.token }}'}}", "contents: write"},
		{"an artifact of another run", "{uses: actions/download-artifact@v4, with: {run-id: 1, github-token: '${{ github.token }}'}}", "actions: read"},
		{"an artifact of this run", "{uses: actions/download-artifact@v4}", ""},
		{"a discussion of a release", "{uses: softprops/action-gh-release@v2, with: {discussion_category_name: x}}", "contents: write discussions: write"},
		{"a push with the token", "{uses: actions/checkout@v4}\n      - {run: git push}", "contents: write"},
		{"a push with another token", "{uses: actions/checkout@v4, with: {token: '${{ secrets.BOT_PAT }}'}}\n      - {run: git push}", "contents: read"},
		{"checks of a pull request", "{run: gh pr checks 1, env: {GH_TOKEN: '${{ github.token }}'}}", "checks: read contents: read pull-requests: read statuses: read"},
		{"a clone of this repository", "{run: 'git clone https://x:$T@github.com/acme/web', env: {T: '${{ github.token }}'}}", "contents: read"},
	}
	block := regexp.MustCompile(`(?m)^      ([a-z-]+: (?:read|write))`)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
				"      - run: echo ${{ secrets.CR_PAT }} | docker login ghcr.io -u ${{ github.actor }} --password-stdin\n" +
				"      - run: docker push ghcr.io/acme/web\n      - " + c.step + "\n"
			after, findings := migrateOnce(t, []byte(src), Options{})
			var got []string
			for _, m := range block.FindAllStringSubmatch(string(after), -1) {
				if m[1] != "packages: write" {
					got = append(got, m[1])
				}
			}
			if strings.Join(got, " ") != c.want || !strings.Contains(string(after), "packages: write") {
				t.Errorf("got %q, want %q\n%s", got, c.want, findings)
			}
		})
	}
}

// TestLoginStaysIfAStepWithTheTokenIsUnknown checks the rule about permissions: a
// job keeps its login if a new permissions block could remove a scope that a step
// needs.
func TestLoginStaysIfAStepWithTheTokenIsUnknown(t *testing.T) {
	t.Parallel()
	const token = "${{ secrets.GITHUB_TOKEN }}"
	cases := []struct {
		name, head, step string
		stays            bool
	}{
		{"a script with the token in a variable", "", "{run: scripts/report.py, env: {GITHUB_TOKEN: '" + token + "'}}", true},
		{"a script with the token as an argument", "", "{run: 'bin/notify " + token + "'}", true},
		{"a script in another language", "", "{run: 'x', shell: python, env: {T: '" + token + "'}}", true},
		{"a command whose output is a word", "", "{run: 'echo $(ci/version)', env: {T: '" + token + "'}}", true},
		{"a variable of the workflow", "env: {GITHUB_TOKEN: '" + token + "'}\n", "{run: make test}", true},
		{"all secrets", "", "{run: ci/all, env: {ALL: '${{ toJSON(secrets) }}'}}", true},
		{"an action with the token", "", "{uses: octo-org/announce@v2, with: {token: '" + token + "'}}", true},
		{"an action with a default token", "", "{uses: some/unknown-commenter@v1}", true},
		{"a local action that does not exist", "", "{uses: ./missing}", true},
		{"a script for the API", "", "{uses: actions/github-script@v7, with: {script: 'await github.rest.issues.create({})'}}", true},
		{"a build with the token", "", "{uses: docker/build-push-action@v6, with: {context: ., build-args: 'T=" + token + "'}}", true},
		{"a token in the environment of later steps", "", "{run: 'echo T=" + token + " >> $GITHUB_ENV'}\n      - {run: ci/all}", true},
		{"credentials of the checkout", "", "{uses: actions/checkout@v4}\n      - {run: make release}", true},
		{"no credentials of the checkout", "", "{uses: actions/checkout@v4, with: {persist-credentials: false}}\n      - {run: make release}", false},
		{"a flag of a build", "", "{uses: actions/checkout@v4}\n      - {run: cargo build --release}", false},
		{"a script without the token", "", "{run: make test}", false},
		{"a known command with the token", "", "{run: gh release create v1, env: {GH_TOKEN: '" + token + "'}}", false},
		{"a variable of the workflow and an action that is not listed", "env: {GITHUB_TOKEN: '" + token + "'}\n", "{uses: octo-org/setup-tool@v2}", true},
		{"an action that installs a tool", "", "{uses: octo-org/setup-tool@v2}", false},
		{"an action that deletes a cache", "", "{uses: octo-org/delete-branch-cache@v2}", true},
		{"an action that publishes a toolchain", "", "{uses: octo-org/toolchain-release@v2}", true},
		{"an action of the list with the token", "", "{uses: louisbrunner/checks-action@v2, with: {token: '" + token + "'}}", false},
		{"a permissions block of the workflow", "permissions: {contents: read}\n", "{uses: octo-org/announce@v2, with: {token: '" + token + "'}}", false},
		{"services and their variables", "", "{run: make}\n    services: {db: {image: x, env: {T: '" + token + "'}}}", true},
		{"credentials of a container of another registry", "", "{run: make}\n    container: {image: example.com/x, credentials: {username: x, password: '" + token + "'}}", true},
		{"credentials of a container of the registry", "", "{run: make}\n    container: {image: ghcr.io/acme/base, credentials: {username: x, password: '" + token + "'}}", false},
		{"a variable of the job container", "", "{run: make}\n    container: {image: x, env: {T: '" + token + "'}}", true},
		{"an option of the job container", "", "{run: make}\n    container: {image: x, options: '-e T=" + token + "'}", true},
		{"a variable of the job and an action that is not listed", "", "{uses: octo-org/setup-tool@v2}\n    env: {T: '" + token + "'}", true},
		{"a container action with the token", "", "{uses: 'docker://alpine:3', env: {T: '" + token + "'}}", true},
		{"an output of a step", "", "{id: t, run: 'echo t=" + token + " >> $GITHUB_OUTPUT'}\n      - {run: 'ci/all ${{ steps.t.outputs.t }}'}", true},
		{"an output of a step for an action", "", "{id: t, run: 'echo t=" + token + " >> $GITHUB_OUTPUT'}\n      - {uses: octo-org/setup-tool@v2, with: {t: '${{ steps.t.outputs.t }}'}}", true},
		{"an output of the job", "", "{id: t, run: 'echo t=" + token + " >> $GITHUB_OUTPUT'}\n    outputs: {t: '${{ steps.t.outputs.t }}'}", true},
		{"an output of the job without the token", "", "{id: t, run: 'echo t=1 >> $GITHUB_OUTPUT'}\n    outputs: {t: '${{ steps.t.outputs.t }}'}", false},
		{"a variable of a variable", "env: {A: '" + token + "'}\n", "{run: ci/all, env: {B: '${{ env.A }}'}}", true},
		{"an action gets a variable", "env: {A: '" + token + "'}\n", "{uses: octo-org/setup-tool@v2, with: {t: '${{ env.A }}'}}", true},
		{"a secret by an expression", "", "{run: ci/all, env: {T: \"${{ secrets[format('{0}_TOKEN', 'GITHUB')] }}\"}}", true},
		{"each secret", "", "{run: 'ci/all ${{ join(secrets.*) }}'}", true},
		{"an action that runs commands", "", "{uses: nick-fields/retry@v3, with: {command: ci/all}, env: {T: '" + token + "'}}", true},
		{"an action that runs commands without the token", "", "{uses: nick-fields/retry@v3, with: {command: ci/all}}", false},
		{"a build secret from a variable", "", "{uses: docker/build-push-action@v6, with: {context: ., secret-envs: 't=T'}, env: {T: '" + token + "'}}", true},
		{"a build argument from a variable", "", "{uses: docker/build-push-action@v6, with: {context: ., build-args: T}, env: {T: '" + token + "'}}", true},
		{"a variable that the build does not get", "", "{uses: docker/build-push-action@v6, with: {context: .}, env: {T: '" + token + "'}}", false},
		{"a bake file reads variables", "", "{uses: docker/bake-action@v6, env: {T: '" + token + "'}}", true},
		{"a build argument of another builder", "", "{uses: redhat-actions/buildah-build@v2, with: {build-args: 'T=" + token + "'}}", true},
		{"a script for the API with a variable", "", "{uses: actions/github-script@v7, with: {github-token: x, script: 'await fetch(process.env.T)'}, env: {T: '" + token + "'}}", true},
		{"a script that passes the client on", "", "{uses: actions/github-script@v7, with: {script: 'return run({github})'}}", true},
		{"a program of another shell", "", "{run: 'x', shell: 'bun {0}', env: {T: '" + token + "'}}", true},
		{"a variable as the command", "", "{run: '$TOOL', env: {T: '" + token + "'}}", true},
		{"a command in a case", "", "{run: 'case $A in a) ci/all ;; esac', env: {T: '" + token + "'}}", true},
		{"a command in a function", "", "{run: 'function f { ci/all; }; f', env: {T: '" + token + "'}}", true},
		{"a process substitution", "", "{run: 'cat <(ci/all)', env: {T: '" + token + "'}}", true},
		{"a trap", "", "{run: 'trap ci/all EXIT', env: {T: '" + token + "'}}", true},
		{"a secret of a cluster", "", "{run: 'kubectl create secret generic x --from-literal=t=$T', env: {T: '" + token + "'}}", true},
		{"a short flag of a container", "", "{run: 'docker run --rm -ite T x', env: {T: '" + token + "'}}", true},
		{"a flag without a blank", "", "{run: 'docker run --rm -eT x', env: {T: '" + token + "'}}", true},
		{"a subcommand of another project", "", "{run: 'git cliff', env: {T: '" + token + "'}}", true},
		{"an extension of gh", "", "{run: 'gh extension exec x', env: {GH_TOKEN: '" + token + "'}}", true},
		{"a deployment of pages", "", "{uses: actions/checkout@v4}\n      - {run: mkdocs gh-deploy}", true},
		{"another token of the checkout", "", "{uses: actions/checkout@v4, with: {token: '${{ secrets.BOT_PAT }}'}}\n      - {run: make release}", false},
		{"a key of the checkout", "", "{uses: actions/checkout@v4, with: {ssh-key: '${{ secrets.KEY }}'}}\n      - {run: git push}", false},
		{"another token of a release", "", "{uses: softprops/action-gh-release@v2, with: {token: '${{ secrets.BOT_PAT }}'}}", false},
		{"a value in PowerShell", "", "{run: '$env:A = \"x\"', shell: pwsh, env: {T: '" + token + "'}}", false},
		{"a program in PowerShell", "", "{run: '$a = ./build.ps1', shell: pwsh, env: {T: '" + token + "'}}", true},
		{"a request in PowerShell", "", "{run: '$a = Invoke-RestMethod https://example.com -Headers $h', shell: pwsh, env: {T: '" + token + "'}}", true},
		{"a call in PowerShell", "", "{run: '& $tool', shell: pwsh, env: {T: '" + token + "'}}", true},
		{"a tool in PowerShell", "", "{run: '$a = git describe --tags', shell: pwsh, env: {T: '" + token + "'}}", false},
		{"a program in cmd", "", "{run: 'call build.bat', shell: cmd, env: {T: '" + token + "'}}", true},
		{"a program after a pipe", "", "{run: 'echo $T | ci/all', env: {T: '" + token + "'}}", true},
		{"a program with its own environment", "", "{run: 'env A=1 ci/all', env: {T: '" + token + "'}}", true},
		{"a program in a subshell", "", "{run: '(cd x && ci/all)', env: {T: '" + token + "'}}", true},
		{"a program in the background", "", "{run: 'ci/all &', env: {T: '" + token + "'}}", true},
		{"a program of find", "", "{run: 'find . -exec ci/all {} +', env: {T: '" + token + "'}}", true},
		{"a program of xargs", "", "{run: 'ls | xargs ci/all', env: {T: '" + token + "'}}", true},
		{"a program in a here document", "", "{run: \"bash <<X\\nci/all\\nX\", env: {T: '" + token + "'}}", true},
		{"a hook of git", "", "{run: 'git rebase --exec ci/all', env: {T: '" + token + "'}}", true},
		{"a program of a submodule", "", "{run: 'git submodule foreach ci/all', env: {T: '" + token + "'}}", true},
		{"a print of the token for a login", "", "{run: 'echo $T | docker login quay.io -u x --password-stdin', env: {T: '" + token + "'}}", false},
		{"all read permissions", "permissions: read-all\n", "{run: make, env: {T: '" + token + "'}}", true},
		{"all read permissions without the token", "permissions: read-all\n", "{run: make}", false},
		{"a script without the API", "", "{uses: actions/github-script@v7, with: {script: 'core.info(context.sha)'}}", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := "on: push\n" + c.head + "jobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
				"      - run: echo ${{ secrets.CR_PAT }} | docker login ghcr.io -u ${{ github.actor }} --password-stdin\n" +
				"      - run: docker push ghcr.io/acme/web\n      - " + c.step + "\n"
			after, findings := migrateOnce(t, []byte(src), Options{})
			if stays := string(after) == src; stays != c.stays {
				t.Errorf("the login stays: %v, want %v\n%s", stays, c.stays, findings)
			}
			if strings.Count(string(after), "write") > 2 {
				t.Errorf("the block is too wide:\n%s", after)
			}
		})
	}
}
