package bounded

import (
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Text returns the content of a text file that a user wrote, in UTF-8 and without a byte
// order mark. The argument "limit" is the maximum size of the file, in bytes. The errors are
// the errors of [File] and of [Decode].
func Text(path string, limit int64) ([]byte, error) {
	raw, err := File(path, limit)
	if err != nil {
		return nil, err
	}
	return Decode(raw)
}

// Decode returns a text in UTF-8 and without a byte order mark. The byte order mark decides
// whether the text is in UTF-8 or in UTF-16 (The Unicode Standard, section 23.8). Decode
// returns a text without this mark unchanged. In Windows PowerShell, the operator ">" writes
// UTF-16, and Set-Content -Encoding UTF8 writes the mark.
func Decode(raw []byte) ([]byte, error) {
	text, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), raw)
	return text, err
}
