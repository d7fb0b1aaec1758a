package input

import "testing"

func TestRepositoryOfAGitRemote(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, remote, want string }{
		{"https", "https://github.com/acme/web.git", "acme/web"},
		{"https with a token", "https://x-access-token:t@github.com/acme/web", "acme/web"},
		{"the short form of ssh", "git@github.com:acme/Web.git", "acme/Web"},
		{"ssh", "ssh://git@github.com/acme/web/", "acme/web"},
		{"ssh with a port", "ssh://git@github.com:22/acme/web", "acme/web"},
		{"another host", "https://gitlab.com/acme/web.git", ""},
		{"another host with the name in the path", "https://git.example/mirror/of/github.com/x/y/acme/web", ""},
		{"an incomplete URL", "https://github.com/acme", ""},
		{"a path", "../web", ""},
		{"no remote", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := repositoryOn("github.com", c.remote); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
