package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// maxFileBundles is the maximum number of bundles in a file.
const maxFileBundles = 1000

// bundle is a bundle with the name of its source.
type bundle struct {
	name string
	raw  []byte
	err  error // the reason why the bundle could not be read, or nil
}

func (b bundle) verify(verifier *attest.Verifier, digest v1.Hash, policy attest.Policy) (*attest.Result, error) {
	if b.err != nil {
		return nil, b.err
	}
	return verifier.Verify(b.raw, digest, policy)
}

// readFile reads one bundle, or one bundle per line.
func readFile(path string) ([]bundle, error) {
	raw, err := bounded.Text(path, attest.MaxBundle)
	var out []bundle
	for decoder := json.NewDecoder(bytes.NewReader(raw)); err == nil; {
		var one json.RawMessage
		if err = decoder.Decode(&one); err == nil {
			out = append(out, bundle{name: fmt.Sprintf("bundle %d of %s", len(out)+1, path), raw: one})
		}
		if len(out) > maxFileBundles {
			err = fmt.Errorf("the file contains more than %d bundles", maxFileBundles)
		}
	}
	if errors.Is(err, io.EOF) && len(out) > 0 {
		return out, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &diag.Error{
			Code: CodeBundleFile, Side: diag.Input, Input: "bundle", Title: fmt.Sprintf("The file %q in the input bundle does not exist", path),
			Hint: missing.Hint(path) + ` Set the input bundle to a file with one bundle as JSON, or with one bundle per line. "gh attestation download" writes such a file.`,
		}
	}
	return nil, &diag.Error{
		Code: CodeBundleFile, Side: diag.Input, Input: "bundle", Title: fmt.Sprintf("The file %q in the input bundle cannot be read", path), Err: diag.NotJSON(err),
		Hint: `Set the input bundle to a file with one bundle as JSON, or with one bundle per line. "gh attestation download" writes such a file.`,
	}
}
