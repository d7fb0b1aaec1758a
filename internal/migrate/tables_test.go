package migrate

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

func TestUseOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		command string
		want    use
	}{
		{"docker push x", pushes},
		{"docker image push x", pushes},
		{"sudo docker --config /tmp/c push x", pushes},
		{"docker buildx build --push -t x .", pushes},
		{"docker buildx build -o type=registry,name=x .", pushes},
		{"docker buildx imagetools create -t x y", pushes},
		{"docker compose push", pushes},
		{"docker build -t x .", names},
		{"docker compose up -d", pulls},
		{"docker run --rm x make push-button", pulls},
		{"skopeo inspect docker://x", pulls},
		{"helm push x.tgz oci://y", pushes},
		{"helm upgrade --install web oci://y", pulls},
		{"crane digest x", pulls},
		{"crane tag x y", pushes},
		{"goreleaser release", pushes},
		{"make image", mayDoAnything},
		{"./hack/release.sh", mayDoAnything},
		{"echo docker push x", harmless},
		{"git push", harmless},
		{"docker", harmless},
	}
	for _, c := range cases {
		t.Run(c.command, func(t *testing.T) {
			t.Parallel()
			if got := useOf(strings.Fields(c.command)); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestHostOfAndOwnerOf(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, host, owner string }{
		{"plain", "ghcr.io", "ghcr.io", ""},
		{"scheme and slash", "https://GHCR.IO/", "ghcr.io", ""},
		{"with owner", "ghcr.io/acme", "ghcr.io", "acme"},
		{"an image", "docker://ghcr.io/acme/web:1", "ghcr.io", "acme"},
		{"none", "", "docker.io", ""},
		{"unknown", "${{ vars.X }}", "", ""},
		{"unknown owner", "ghcr.io/${{ vars.X }}", "ghcr.io", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := expr.Eval(c.in, nil)
			if host, owner := hostOf(v), ownerOf(v.Text); host != c.host || owner != c.owner {
				t.Errorf("got %q, %q, want %q, %q", host, owner, c.host, c.owner)
			}
		})
	}
}

func TestImagesIn(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"tag and digest", "ghcr.io/Acme/Web:1 ghcr.io/acme/api@sha256:00", "acme/web acme/api"},
		{"nested", "oci://ghcr.io/acme/charts/web", "acme/charts/web"},
		{"stand-ins", "ghcr.io/{owner}/{repository}:latest", "{owner}/{repository}"},
		{"no owner", "ghcr.io", ""},
		{"another host", "notghcr.io/acme/web", ""},
		{"unknown owner", "ghcr.io/?/web", ""},
		{"unknown name", "ghcr.io/acme/?", "acme/"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, image := range imagesIn(c.in, "ghcr.io") {
				got = append(got, image.Owner+"/"+image.Name)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLooksLikeRegistryToken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"secrets.GHCR_TOKEN": true, "secrets.CR_PAT": true, "secrets.GH_PACKAGES_TOKEN": true,
		"secrets.GHCR_USERNAME": false, "secrets.GITHUB_TOKEN": false, "secrets.SLACK_WEBHOOK": false, "vars.GHCR_TOKEN": false,
	} {
		if got := looksLikeRegistryToken(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestCountWord(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   string
		want int
	}{
		{"$CR_PAT ${CR_PAT} %CR_PAT% env.CR_PAT", 4},
		{"secrets.CR_PAT secrets['CR_PAT'] vars.CR_PAT", 0},
		{"MY_CR_PAT CR_PAT2", 0},
	}
	for _, c := range cases {
		if got := countWord(c.in, "CR_PAT"); got != c.want {
			t.Errorf("%q: got %d, want %d", c.in, got, c.want)
		}
	}
}

func TestActionsTable(t *testing.T) {
	t.Parallel()
	valid := map[string]bool{"id-token": true, "models": true}
	for _, name := range defaultScopes {
		valid[name] = true
	}
	for name, a := range knownActions() {
		if strings.ToLower(name) != name || strings.Contains(name, "@") {
			t.Errorf("%q: names are in lower case and without a version", name)
		}
		all := a.scopes
		for _, list := range a.byInput {
			all += " " + list
		}
		for item := range strings.FieldsSeq(all) {
			scope, l, ok := strings.Cut(item, ":")
			if !ok || !valid[scope] || parseLevel(l) == none {
				t.Errorf("%s: %q is not a permission", name, item)
			}
		}
	}
	for name := range loginActions {
		if strings.ToLower(name) != name {
			t.Errorf("%q is not in lower case", name)
		}
	}
}
