package forge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// bundle is a bundle as JSON.
type bundle map[string]any

// edit returns a bundle with a changed copy of its JSON.
func (i *instance) edit(b bundle, change func(bundle)) bundle {
	i.tb.Helper()
	var out bundle
	i.check(json.Unmarshal(i.encode(b), &out))
	change(out)
	return out
}

// object returns an object of a bundle.
func (b bundle) object(name string) map[string]any {
	out, _ := b[name].(map[string]any)
	return out
}

func (b bundle) material() map[string]any { return b.object("verificationMaterial") }
func (b bundle) envelope() map[string]any { return b.object("dsseEnvelope") }

// entry returns the first log entry.
func (b bundle) entry() map[string]any {
	list, _ := b.material()["tlogEntries"].([]any)
	out, _ := list[0].(map[string]any)
	return out
}

// signatures returns the signatures over the statement.
func (b bundle) signatures() []any {
	out, _ := b.envelope()["signatures"].([]any)
	return out
}

// statement returns a statement with the given types about images. A digest has the form
// sha256:HEX, and can follow the name of its subject and a "@".
func statement(kind, predicateType string, digests ...string) string {
	var subjects []string
	for _, digest := range digests {
		name, hex, _ := strings.Cut(digest, "sha256:")
		subjects = append(subjects, fmt.Sprintf(`{"name":%q,"digest":{"sha256":%q}}`, strings.TrimSuffix(name, "@"), hex))
	}
	return fmt.Sprintf(`{"_type":%q,"subject":[%s],"predicateType":%q,"predicate":{"buildDefinition":{"buildType":"https://example.com/type"}}}`,
		kind, strings.Join(subjects, ","), predicateType)
}

// other is the digest of another image.
var other = "sha256:" + strings.Repeat("1", 64)

// each returns one case for each name, sorted by name.
func (i *instance) each(bundles map[string]bundle) []Case {
	var out []Case
	for _, name := range slices.Sorted(maps.Keys(bundles)) {
		out = append(out, i.forged(name, bundles[name]))
	}
	return out
}
