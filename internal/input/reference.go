package input

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// referencePrefix names references outright, where paths are taken too.
const referencePrefix = "docker://"

// remote reads what commands need that read registries and name no image to
// publish to.
func (r *reader) remote(c *Common, env Environment) {
	r.base(c, env)
	c.Home, c.Registry = c.GitHub.Registry(), r.registry(c.GitHub)
	r.token(c, env)
	r.credentials(c)
}

// reference parses NAME, NAME:TAG or NAME@DIGEST, nil after a failure. The
// name is lowered, as it is for image; tags have case.
func (r *reader) reference(input, text string, c *Common) name.Reference {
	text = strings.TrimPrefix(text, referencePrefix)
	end := len(text)
	if tag := tagOf(text); tag != "" {
		end -= len(tag) + 1
	}
	if at := strings.IndexByte(text, '@'); at >= 0 {
		end = at
	}
	ref, err := name.ParseReference(strings.ToLower(text[:end])+text[end:], name.WithDefaultRegistry(c.Registry))
	if err != nil || strings.HasPrefix(text, ".") { // a path, which the library takes for a host
		r.fail(input, "reference-invalid", "Write ghcr.io/OWNER/NAME, with :TAG or @sha256:… after it; without either it is latest.", "%s is %q, and that is no image reference", input, text)
		return nil
	}
	if repo := ref.Context(); c.AtHome(repo) && !strings.Contains(repo.RepositoryStr(), "/") {
		r.fail(input, "image-without-owner", "Write "+repo.RegistryStr()+"/OWNER/"+repo.RepositoryStr()+c.ownerExample(repo.RepositoryStr())+".", "%s %q names no owner", input, text)
		return nil
	}
	return ref
}

// platform parses os/arch[/variant]; nil where none is given.
func (r *reader) platform() *v1.Platform {
	text := r.text("platform")
	if text == "" {
		return nil
	}
	return r.onePlatform(text)
}

func (r *reader) onePlatform(text string) *v1.Platform {
	p, err := v1.ParsePlatform(strings.ToLower(text))
	if err != nil || p.OS == "" || p.Architecture == "" {
		r.fail("platform", "input-value", "Write system and architecture: linux/amd64, linux/arm64, linux/arm/v7.", "platform is %q", text)
		return nil
	}
	return p
}
