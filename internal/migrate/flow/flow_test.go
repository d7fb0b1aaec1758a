package flow

import (
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

const sample = `on:
  workflow_call:
    inputs:
      registry: {type: string, default: ghcr.io}
  push:
env:
  IMAGE: ${{ inputs.registry }}/${{ github.repository }}
  WHERE: workflow
defaults: {run: {shell: bash}}
jobs:
  build:
    runs-on: ubuntu-latest
    env: {WHERE: job}
    strategy:
      matrix:
        arch: [amd64, arm64]
        base: [debian]
        include:
          - arch: arm64
            runner: slow
          - arch: riscv64
            base: alpine
    steps:
      - run: one
        env: {WHERE: step}
      - uses: acme/x@v1
        with: {token: a}
      - &again
        run: two
        shell: pwsh
      - *again
  call:
    uses: ./.github/workflows/x.yml
`

func parse(t *testing.T, src string) *Document {
	t.Helper()
	d, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	t.Parallel()
	d := parse(t, sample)
	if !d.Callable || !d.Direct || d.Action || len(d.Jobs) != 2 {
		t.Fatalf("got %+v", d)
	}
	build := d.Jobs[0]
	if len(build.Steps) != 4 || build.Steps[1].Input("token") != "a" {
		t.Fatalf("steps: %+v", build.Steps)
	}
	for i, want := range map[int]string{0: "bash", 3: "pwsh"} {
		if got, known := build.Steps[i].Shell(); got != want || !known {
			t.Errorf("step %d has the shell %q (known: %v), want %q", i, got, known, want)
		}
	}
	if d.Jobs[1].Uses == nil {
		t.Error("the call is missing")
	}
	if len(d.Aliases) != 1 {
		t.Errorf("%d anchors, want 1", len(d.Aliases))
	}
}

func TestDefaultShellDependsOnTheRunner(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, job string
		shell     string
		known     bool
	}{
		{"linux", "runs-on: ubuntu-latest", "", true},
		{"windows", "runs-on: windows-2022", "pwsh", true},
		{"labels", "runs-on: [self-hosted, Windows, X64]", "pwsh", true},
		{"a group", "runs-on: {group: big, labels: [windows]}", "pwsh", true},
		{"a matrix of windows", "runs-on: ${{ matrix.os }}, strategy: {matrix: {os: [windows-2019, windows-2022]}}", "pwsh", true},
		{"a matrix without windows", "runs-on: ${{ matrix.os }}, strategy: {matrix: {os: [ubuntu-latest, macos-latest]}}", "", true},
		{"a mixed matrix", "runs-on: ${{ matrix.os }}, strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}", "", false},
		{"a variable", "runs-on: ${{ vars.RUNNER }}", "", false},
		{"a mixed matrix with a shell", "runs-on: ${{ matrix.os }}, strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}, defaults: {run: {shell: bash}}", "bash", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			job := strings.ReplaceAll(strings.ReplaceAll(c.job, "${{ ", `"${{ `), " }}", ` }}"`)
			d := parse(t, "on: push\njobs:\n  a: {"+job+", steps: [{run: x}]}\n")
			if shell, known := d.Jobs[0].Steps[0].Shell(); shell != c.shell || known != c.known {
				t.Errorf("got %q (known: %v), want %q (known: %v)", shell, known, c.shell, c.known)
			}
		})
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	d := parse(t, sample)
	job := d.Jobs[0]
	step := Scope{Repository{"acme", "web"}, job, job.Steps[0], nil}
	cases := []struct {
		name  string
		scope Scope
		in    string
		want  string
	}{
		{"step", step, "${{ env.WHERE }}", "step"},
		{"job", Scope{Job: job}, "${{ env.WHERE }}", "job"},
		{"workflow", Scope{Job: d.Jobs[1]}, "${{ env.WHERE }}", "workflow"},
		{"nested", step, "${{ env.IMAGE }}", "ghcr.io/acme/web"},
		{"no repository", Scope{Job: job}, "${{ env.IMAGE }}", "ghcr.io/{owner}/{repository}"},
		{"event input", step, "${{ github.event.inputs.registry }}", "ghcr.io"},
		{"matrix", Scope{Job: job, Combo: job.Combos()[1]}, "${{ matrix.runner }}", "slow"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if v := expr.Eval(c.in, c.scope.Lookup); v.Text != c.want || !v.Known {
				t.Errorf("got %q (known %v), want %q", v.Text, v.Known, c.want)
			}
		})
	}
}

func TestCombos(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range parse(t, sample).Jobs[0].Combos() {
		got = append(got, Text(c["arch"])+"-"+Text(c["base"])+"-"+Text(c["runner"]))
	}
	if want := "amd64-debian- arm64-debian-slow riscv64-alpine-"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, " "), want)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	bomb := "jobs:\n  a: {steps: &s [" + strings.Repeat("{run: x},", 1000) + "]}\n"
	for i := range 100 {
		bomb += "  j" + strings.Repeat("i", i) + ": {steps: *s}\n"
	}
	cases := []struct {
		name, src string
		want      error
	}{
		{"broken", "jobs: [", ErrSyntax},
		{"tab", "jobs:\n\ta: b\n", ErrSyntax},
		{"empty", "", ErrNotWorkflow},
		{"list", "- a\n", ErrNotWorkflow},
		{"other", "version: 2\nupdates: []\n", ErrNotWorkflow},
		{"two documents", "jobs: {}\n---\njobs: {}\n", ErrDocuments},
		{"latin-1", "jobs: {} # \xe4\n", ErrEncoding},
		{"alias bomb", bomb, ErrTooMuch},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse([]byte(c.src)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseAction(t *testing.T) {
	t.Parallel()
	d := parse(t, "inputs: {registry: {default: ghcr.io}}\nruns:\n  using: composite\n  steps:\n    - run: x\n      shell: bash\n")
	if !d.Action || len(d.Jobs) != 1 || len(d.Jobs[0].Steps) != 1 {
		t.Fatalf("got %+v", d)
	}
}
