package ghcrtest

import "strconv"

// listed is a version with its name and its tags, as the REST API lists it.
type listed struct {
	*version
	deleted bool // deleted is the state at the time of the list.
	name    string
	tags    []string
}

// tombstonePrefix begins the name of a deleted package or version in a list
// ([Answers.Tombstones]). A client must not treat such an entry as a package or version.
const tombstonePrefix = "deleted_"

// listed returns all versions with their tags, the oldest first. The result includes the
// deleted versions.
func (p *pkg) listed() []listed {
	tags := map[string][]string{}
	for _, tag := range p.tagOrder {
		tags[p.tags[tag]] = append(tags[p.tags[tag]], tag)
	}
	out := make([]listed, 0, len(p.versions))
	for _, v := range p.versions {
		one := listed{version: v, deleted: v.deleted, name: v.digest, tags: []string{}}
		if !v.deleted && tags[v.digest] != nil {
			one.tags = tags[v.digest]
		}
		out = append(out, one)
	}
	return out
}

// listedByID returns a list with the version that has an id, or an empty list.
func (p *pkg) listedByID(id int64) []listed {
	v := p.byID(id)
	if v == nil {
		return nil
	}
	return []listed{{version: v, deleted: v.deleted, name: v.digest, tags: p.tagsOf(v.digest)}}
}

// deletedVersions returns the versions of a list with the parameter state=deleted. These
// versions can be restored.
func (s *Server) deletedVersions(list []listed) []listed {
	out := make([]listed, 0, len(list))
	for _, one := range list {
		if one.deleted && !s.expired(one.gone) {
			out = append(out, one)
		}
	}
	return out
}

// activeVersions returns the versions of a list without the parameter "state".
func (s *Server) activeVersions(list []listed) []listed {
	out := make([]listed, 0, len(list))
	for _, one := range list {
		if one.deleted && s.state.answers.Tombstones {
			one.name = tombstonePrefix + strconv.FormatInt(one.id, 10)
		} else if one.deleted {
			continue
		}
		out = append(out, one)
	}
	return out
}
