package dockerfile

import (
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// maxFile is the maximum number of bytes that SetsLabel reads from a Dockerfile.
const maxFile = 1 << 20

var (
	// continuation matches the end of a line that continues on the next line.
	// continuation also matches comments between the two lines (Dockerfile reference,
	// "Format" and "escape").
	continuation = lazy.Regexp("[\\\\`][ \\t]*\\r?\\n(?:[ \\t]*#[^\\n]*\\n)*")
	labelLine    = lazy.Regexp(`(?im)^[ \t]*LABEL[ \t]+(.*)$`)
)

// SetsLabel reports whether an instruction LABEL in the Dockerfile sets the
// label with the given key. The caller must not set such a label, because the
// option --label of a builder would replace the label of the Dockerfile. If
// SetsLabel cannot read the Dockerfile, it returns false, and the builder
// reports the error later.
func (r *Request) SetsLabel(key string) bool {
	if r.remote() {
		return false
	}
	file := r.File
	if file == "" {
		file = filepath.Join(r.Context, "Dockerfile")
	}
	raw, err := bounded.File(file, maxFile)
	if err != nil {
		return false
	}
	text := continuation().ReplaceAllString(string(raw), " ")
	for _, m := range labelLine().FindAllStringSubmatch(text, -1) {
		if hasKey(m[1], key) {
			return true
		}
	}
	return false
}

// hasKey reports whether the arguments of an instruction LABEL contain the given key. The
// key can be in quotation marks. In the old notation of LABEL, the key and the value are
// separated by a space instead of "=".
func hasKey(arguments, key string) bool {
	plain := strings.NewReplacer(`"`, "", "'", "").Replace(arguments)
	for _, word := range strings.Fields(plain) {
		if before, _, _ := strings.Cut(word, "="); before == key {
			return true
		}
	}
	return false
}
