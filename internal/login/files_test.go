package login_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/cli/cli/config"

	"github.com/ghcr-publish/ghcr-publish/internal/login"
)

func TestFindReturnsTheFilesThatProgramsRead(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	in := func(parts ...string) string { return filepath.Join(append([]string{root}, parts...)...) }
	cases := []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"home folder", map[string]string{"HOME": in("home")}, []string{in("home", ".docker", "config.json")}},
		{"DOCKER_CONFIG", map[string]string{"HOME": in("home"), "DOCKER_CONFIG": in("d")}, []string{in("d", "config.json")}},
		{
			"podman has another file", map[string]string{"DOCKER_CONFIG": in("d"), "REGISTRY_AUTH_FILE": in("auth.json")},
			[]string{in("d", "config.json"), in("auth.json")},
		},
		{
			"podman uses the file of Docker", map[string]string{"DOCKER_CONFIG": in("d"), "REGISTRY_AUTH_FILE": in("d", "config.json")},
			[]string{in("d", "config.json")},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.env["USERPROFILE"] = c.env["HOME"]
			got, err := login.Find(func(name string) string { return c.env[name] })
			if err != nil || !slices.Equal(got.Paths, c.want) || got.StateFolder != "" {
				t.Errorf("got %+v, %v; want %q", got, err, c.want)
			}
		})
	}
	if got, err := login.Find(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "DOCKER_CONFIG") {
		t.Errorf("without a home folder: %+v, %v", got, err)
	}
}

func TestLoginAndLogoutChangeBothFiles(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	other := filepath.Join(d.temp, "podman", "auth.json")
	d.env["REGISTRY_AUTH_FILE"] = other
	d.put("{}")
	s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	if text, err := os.ReadFile(other); err != nil || !strings.Contains(string(text), `"ghcr.io"`) {
		t.Errorf("the other file is %q, %v", text, err)
	}
	d.logout(s)
	if _, err := os.Stat(filepath.Dir(other)); d.text() != "{}" || !os.IsNotExist(err) {
		t.Errorf("the login file is %s; the folder of the other file: %v", d.text(), err)
	}
}

func TestIsolatedLoginChangesNoFileOfTheHost(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	const host = `{"auths":{"quay.io":{"auth":"YTpi"}},"credsStore":"vault","currentContext":"rootless"}`
	d.put(host)
	docker := filepath.Dir(d.file)
	for _, dir := range []string{"cli-plugins", "buildx", "contexts"} {
		d.check(os.MkdirAll(filepath.Join(docker, dir), 0o755))
	}
	files, err := login.Isolate(d.getenv)
	d.check(err)
	s := d.login(login.New(files), to("ghcr.io", "octocat", "ghs_1"))
	exported := map[string]string{}
	for _, v := range files.Exports {
		exported[v.Name] = v.Value
		d.env[v.Name] = v.Value
	}
	folder := exported["DOCKER_CONFIG"]
	c, err := config.Load(folder)
	d.check(err)
	if c.AuthConfigs["ghcr.io"].Password != "ghs_1" || len(c.AuthConfigs) != 1 || c.CredentialsStore != "" {
		t.Errorf("the private file has %+v", c)
	}
	if c.CurrentContext != "rootless" || !slices.Equal(c.CLIPluginsExtraDirs, []string{filepath.Join(docker, "cli-plugins")}) {
		t.Errorf("Docker would not find its engine or its plugins: %+v", c)
	}
	if _, err := os.Stat(filepath.Join(folder, "contexts")); err != nil {
		t.Error(err)
	}
	if exported["REGISTRY_AUTH_FILE"] != filepath.Join(folder, "config.json") || exported["BUILDX_CONFIG"] != filepath.Join(docker, "buildx") {
		t.Errorf("exported %v", exported)
	}

	again, err := login.Isolate(d.getenv) // a second step has the variables of the first step
	d.check(err)
	second := d.login(login.New(again), to("docker.io", "me", "pw"))
	if again.Paths[0] != files.Paths[0] || len(again.Exports) != 0 {
		t.Errorf("the second step writes to %+v", again)
	}
	d.logout(second)
	d.logout(s)
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the private folder still exists: %v", err)
	}
	if got := d.text(); got != host {
		t.Errorf("the login file of the host was changed to %s", got)
	}
	for _, dir := range []string{"cli-plugins", "buildx", "contexts"} {
		if _, err := os.Stat(filepath.Join(docker, dir)); err != nil {
			t.Errorf("Logout removed a folder of the host: %v", err)
		}
	}
}

func TestOnlyIsolatedFoldersAreDeleted(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	s := &login.Session{ID: "x", IsolatedFolder: d.temp}
	if err := s.Logout(t.Context()); err == nil {
		t.Error("Logout deleted a folder that Isolate did not create")
	}
	if _, err := os.Stat(d.temp); err != nil {
		t.Error(err)
	}
}
