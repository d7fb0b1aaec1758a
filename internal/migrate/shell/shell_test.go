package shell

import (
	"strings"
	"testing"
)

func TestLogins(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		dialect Dialect
		script  string
		want    string // tool|registry|username|password references
	}{
		{"pipe", POSIX, `echo "${{ secrets.CR_PAT }}" | docker login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|${{ secrets.CR_PAT }}"},
		{"variable", POSIX, `echo $CR_PAT | docker login ghcr.io -u $GITHUB_ACTOR --password-stdin`, "docker login|ghcr.io|$GITHUB_ACTOR|$CR_PAT"},
		{"braces and default", POSIX, `printf %s "${CR_PAT:-x}" | podman login -u me --password-stdin ghcr.io`, "podman login|ghcr.io|me|${CR_PAT:-x}"},
		{"flag p", POSIX, `docker login -u me -p ${{ secrets.X }} ghcr.io`, "docker login|ghcr.io|me|${{ secrets.X }}"},
		{"flag with equals", POSIX, `docker login --username=me --password="$X" https://ghcr.io`, "docker login|https://ghcr.io|me|$X"},
		{"glued flag", POSIX, `docker login ghcr.io -ume -p$X`, "docker login|ghcr.io|me|$X"},
		{"continued", POSIX, "echo $X \\\n  | docker login ghcr.io \\\n    --username me \\\n    --password-stdin", "docker login|ghcr.io|me|$X"},
		{"pipe at line end", POSIX, "echo $X |\n  docker login ghcr.io --password-stdin -u me", "docker login|ghcr.io|me|$X"},
		{"here-string", POSIX, `docker login ghcr.io -u me --password-stdin <<< "$X"`, "docker login|ghcr.io|me|$X"},
		{"here-document", POSIX, "docker login ghcr.io -u me --password-stdin <<EOF\n${{ secrets.X }}\nEOF\necho done", "docker login|ghcr.io|me|${{ secrets.X }}"},
		{"process substitution", POSIX, `docker login ghcr.io -u me --password-stdin < <(echo $X)`, "docker login|ghcr.io|me|$X"},
		{"file", POSIX, "echo ${{ secrets.X }} > t.txt\ncat t.txt | docker login ghcr.io -u me --password-stdin", "docker login|ghcr.io|me|${{ secrets.X }}"},
		{"file redirected", POSIX, "echo $X > ~/t\ndocker login ghcr.io -u me --password-stdin < ~/t", "docker login|ghcr.io|me|$X"},
		{"file from elsewhere", POSIX, "cat t.txt | docker login ghcr.io -u me --password-stdin", "docker login|ghcr.io|me|"},
		{"through tr", POSIX, `echo $X | tr -d '\n' | docker login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|$X"},
		{"prefixes", POSIX, `if ! sudo -E docker --config /tmp/c login ghcr.io -u me -p $X; then exit 1; fi`, "docker login|ghcr.io|me|$X"},
		{"chain", POSIX, `cd x && echo $X | docker login ghcr.io -u me --password-stdin && docker push y`, "docker login|ghcr.io|me|$X"},
		{"helm", POSIX, `echo $X | helm registry login ghcr.io -u me --password-stdin`, "helm registry login|ghcr.io|me|$X"},
		{"crane", POSIX, `crane auth login ghcr.io -u me -p "$X"`, "crane auth login|ghcr.io|me|$X"},
		{"regctl", POSIX, `regctl registry login ghcr.io --user me --pass-stdin <<<"$X"`, "regctl registry login|ghcr.io|me|$X"},
		{"oras in a subshell", POSIX, `(echo $X | oras login ghcr.io -u me --password-stdin)`, "oras login|ghcr.io|me|$X"},
		{"creds", POSIX, `skopeo copy --dest-creds="me:$X" oci:out docker://ghcr.io/a/b`, "skopeo --dest-creds|docker://ghcr.io/a/b||$X"},
		{"no registry", POSIX, `echo $X | docker login -u me --password-stdin`, "docker login||me|$X"},
		{"printed only", POSIX, `echo docker login ghcr.io -u me -p $X`, ""},
		{"comment", POSIX, "# echo $X | docker login ghcr.io -u me --password-stdin\ntrue", ""},
		{"single quotes hide variables", POSIX, `echo '$X' | docker login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|"},
		{"single quotes do not hide expressions", POSIX, `echo '${{ secrets.X }}' | docker login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|${{ secrets.X }}"},
		{"remote", POSIX, `ssh host "docker login ghcr.io -u me -p $X"`, ""},
		{"remote here-document", POSIX, "ssh host <<'EOF'\ndocker login ghcr.io -u me -p x\nEOF", ""},
		{"pwsh", PowerShell, `$env:CR_PAT | docker login ghcr.io -u $env:GITHUB_ACTOR --password-stdin`, "docker login|ghcr.io|$env:GITHUB_ACTOR|$env:CR_PAT"},
		{"pwsh continued", PowerShell, "Write-Output \"${{ secrets.X }}\" | `\n  docker login ghcr.io `\n  -u me --password-stdin", "docker login|ghcr.io|me|${{ secrets.X }}"},
		{"pwsh bare string", PowerShell, `"${{ secrets.X }}" | docker login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|${{ secrets.X }}"},
		{"pwsh braces", PowerShell, `echo "${env:X}" | docker.exe login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|${env:X}"},
		{"cmd", Cmd, `echo %X%| docker login ghcr.io -u me --password-stdin`, "docker login|ghcr.io|me|%X%"},
		{"cmd continued", Cmd, "docker login ghcr.io ^\n  -u me -p %X%", "docker login|ghcr.io|me|%X%"},
		{"cmd comment", Cmd, "rem docker login ghcr.io -p %X%\n:: docker login ghcr.io -p %X%", ""},
		{"python", None, `docker login ghcr.io -p $X`, ""},
		{"crlf", POSIX, "echo $X | docker login ghcr.io \\\r\n  -u me --password-stdin\r\n", "docker login|ghcr.io|me|$X"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, l := range Logins(Parse(c.script, c.dialect)) {
				got = append(got, describe(c.script, l))
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got  %q\nwant %q", strings.Join(got, "\n"), c.want)
			}
		})
	}
}

func describe(script string, l Login) string {
	var refs []string
	for _, w := range l.Password {
		for _, r := range w.Refs {
			refs = append(refs, script[r.Start:r.End])
		}
	}
	return l.Tool + "|" + text(l.Registry) + "|" + text(l.Username) + "|" + strings.Join(refs, ",")
}

func text(w *Word) string {
	if w == nil {
		return ""
	}
	return w.Text
}

func TestAssigned(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		dialect Dialect
		script  string
		want    string
	}{
		{"plain", POSIX, `TOKEN="${{ secrets.X }}"`, "${{ secrets.X }}"},
		{"export", POSIX, `export A=b TOKEN=$X; other`, "$X"},
		{"for one command", POSIX, `TOKEN=1 make`, "1"},
		{"an argument is none", POSIX, `make TOKEN=1`, ""},
		{"pwsh", PowerShell, `$token = "a b"`, "a b"},
		{"cmd", Cmd, `set TOKEN=abc`, "abc"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if w := Assigned(Parse(c.script, c.dialect), "TOKEN"); w != nil {
				got = w.Text
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDialectOf(t *testing.T) {
	t.Parallel()
	cases := map[string]Dialect{
		"": POSIX, "bash": POSIX, "bash -e {0}": POSIX, "/bin/sh": POSIX, "pwsh": PowerShell,
		"powershell": PowerShell, `C:\x\pwsh.exe -File {0}`: PowerShell, "cmd": Cmd, "python": None,
	}
	for in, want := range cases {
		if got := DialectOf(in); got != want {
			t.Errorf("DialectOf(%q) = %v, want %v", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"echo $X | docker login ghcr.io -u me --password-stdin", "a <<E\nx\nE\n", "x <<", "<<'", "$(((", "${{ 'a' }}\"", "^\n&&|"} {
		f.Add(seed, 0)
	}
	f.Fuzz(func(t *testing.T, script string, d int) {
		dialect := Dialect(d & 3)
		for _, c := range Parse(script, dialect) {
			for _, w := range append(append(c.Words, c.Stdin...), c.Files...) {
				if w.Start < 0 || w.End < w.Start || w.End > len(script) {
					t.Fatalf("word [%d, %d) of %d bytes", w.Start, w.End, len(script))
				}
			}
		}
		Logins(Parse(script, dialect))
	})
}
