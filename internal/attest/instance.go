package attest

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// These codes report an instance of Sigstore that the program cannot use.
const (
	// CodeFolder means that the folder of an own Sigstore is not usable.
	CodeFolder = "sigstore-folder-invalid"
	// CodeNoRoot means that this release contains no keys of the instance.
	CodeNoRoot = "trusted-root-missing"
)

// The values of the input "sigstore". The value can also be a folder.
const (
	Auto       = "auto"
	PublicGood = "public-good"
	GitHub     = "github"
)

// The names of the files in the folder of an own Sigstore.
const (
	rootFile    = "trusted_root.json"
	signingFile = "signing_config.json"
)

// MaxRoots is the maximum size of a file with trusted roots, in bytes.
const MaxRoots = 4 << 20

// roots contains the trusted roots of the known instances. The roots come from the TUF
// repositories of the instances.
//
//go:embed roots
var roots embed.FS

// Instance is an instance of Sigstore: the addresses of its services, and the keys with
// which a consumer verifies its signatures.
type Instance struct {
	Name string // public-good, github, or the folder

	authority string // the URL of the certificate authority
	log       string // the URL of the log, or ""
	timestamp string // the URL of the timestamp authority, or ""
	roots     []byte // one or more trusted roots, as JSON values
	folder    bool   // The user named a folder with the files of the instance.
}

// InstanceFor returns the instance for the value of the input "sigstore". For the value
// auto, the visibility of the repository decides: GitHub's own instance signs for a
// repository that is not public, because the log of the other instance is public.
func InstanceFor(choice string, c *Claims) (*Instance, error) {
	choice = canonical(choice)
	if choice == Auto {
		if choice = GitHub; c.Visibility == "public" {
			choice = PublicGood
		}
	}
	switch choice {
	case PublicGood:
		return known(&Instance{Name: PublicGood, authority: "https://fulcio.sigstore.dev", log: "https://rekor.sigstore.dev"})
	case GitHub:
		return githubInstance(c.Server)
	}
	return folderInstance(choice)
}

// Available returns an error if no instance of Sigstore can sign for the jobs of a server of
// GitHub. The argument "choice" is the value of the input "sigstore". For the value auto,
// Available does not know which instance signs.
func Available(choice, server string) error {
	host := strings.TrimPrefix(strings.TrimSuffix(server, "/"), "https://")
	if canonical(choice) == Auto && (host == "github.com" || strings.HasSuffix(host, issuerGHEEnd)) {
		return nil
	}
	_, err := InstanceFor(choice, &Claims{Server: strings.TrimSuffix(server, "/")})
	return err
}

// canonical returns the name of an instance in lower case, or the path of a folder.
func canonical(choice string) string {
	for _, name := range []string{Auto, PublicGood, GitHub} {
		if strings.EqualFold(choice, name) {
			return name
		}
	}
	if choice == "" {
		return Auto
	}
	return choice
}

// githubInstance returns the instance that GitHub runs.
func githubInstance(server string) (*Instance, error) {
	host := strings.TrimPrefix(server, "https://")
	switch {
	case host == "github.com":
		return known(&Instance{Name: GitHub, authority: "https://fulcio.githubapp.com", timestamp: "https://timestamp.githubapp.com/api/v1/timestamp"})
	case strings.HasSuffix(host, issuerGHEEnd):
		return known(&Instance{Name: host, authority: "https://fulcio." + host, timestamp: "https://timestamp." + host + "/api/v1/timestamp"})
	}
	return nil, &diag.Error{
		Code: CodeNoRoot, Side: diag.Input, Input: "sigstore", Title: fmt.Sprintf("%s has no Sigstore of GitHub", server),
		Hint: "Set the input sigstore to a folder with trusted_root.json and signing_config.json of your own Sigstore, or set attest: false.",
	}
}

// known adds the embedded trusted root to an instance.
func known(i *Instance) (*Instance, error) {
	raw, err := roots.ReadFile("roots/" + i.Name + ".json")
	if err != nil {
		return nil, &diag.Error{
			Code: CodeNoRoot, Side: diag.Input, Input: "sigstore",
			Title: fmt.Sprintf("This release does not contain the keys of the Sigstore instance %q, so it cannot verify its signatures", i.Name),
			Hint:  `Update ghcr-publish, or write the output of "gh attestation trusted-root" to a file and verify with trusted-root. To publish without an attestation, set attest: false.`,
		}
	}
	i.roots = raw
	return i, nil
}

// Roots returns the trusted roots of all instances that the program knows.
func Roots() ([]byte, error) {
	names, err := fs.Glob(roots, "roots/*.json")
	var out []byte
	for _, name := range names {
		raw, readErr := roots.ReadFile(name)
		err = errors.Join(err, readErr)
		out = append(append(out, raw...), '\n')
	}
	return out, err
}

// signingConfig is the part of a signing configuration that the program uses (Sigstore,
// "SigningConfig" v0.2).
type signingConfig struct {
	MediaType  string    `json:"mediaType"`
	Authority  []service `json:"caUrls"`
	Logs       []service `json:"rekorTlogUrls"`
	Timestamps []service `json:"tsaUrls"`
}

type service struct {
	URL      string `json:"url"`
	Version  int    `json:"majorApiVersion"`
	ValidFor struct {
		Start time.Time  `json:"start"`
		End   *time.Time `json:"end"`
	} `json:"validFor"`
}

// folderInstance reads the instance from a folder with a trusted root and a signing
// configuration.
func folderInstance(folder string) (*Instance, error) {
	raw, err := bounded.Text(filepath.Join(folder, rootFile), MaxRoots)
	if err != nil {
		return nil, folderError(folder, err)
	}
	if _, err := readRoots(raw); err != nil {
		return nil, folderError(folder, fmt.Errorf("reading %s: %w", rootFile, err))
	}
	text, err := bounded.Text(filepath.Join(folder, signingFile), MaxRoots)
	if err != nil {
		return nil, folderError(folder, err)
	}
	var config signingConfig
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, folderError(folder, fmt.Errorf("reading %s: %w", signingFile, diag.NotJSON(err)))
	}
	now := time.Now()
	i := &Instance{
		Name: folder, folder: true, roots: raw, authority: usable(config.Authority, now),
		log: usable(config.Logs, now), timestamp: usable(config.Timestamps, now),
	}
	if i.authority == "" || i.log == "" && i.timestamp == "" {
		return nil, folderError(folder, fmt.Errorf("%s names no certificate authority, or neither a log nor a timestamp authority, with the API version 1", signingFile))
	}
	for _, address := range []string{i.authority, i.log, i.timestamp} {
		if u, err := url.Parse(address); address != "" && (err != nil || !private(u)) {
			return nil, folderError(folder, fmt.Errorf("%s contains the address %q, but an address must begin with https://", signingFile, address))
		}
	}
	return i, nil
}

// usable returns the URL of the first service with the API version 1 that is valid, or "".
func usable(list []service, now time.Time) string {
	for _, s := range list {
		if s.Version == 1 && !now.Before(s.ValidFor.Start) && (s.ValidFor.End == nil || now.Before(*s.ValidFor.End)) {
			return strings.TrimSuffix(s.URL, "/")
		}
	}
	return ""
}

func folderError(folder string, err error) error {
	return &diag.Error{
		Code: CodeFolder, Side: diag.Input, Input: "sigstore", Err: err,
		Title: fmt.Sprintf("The folder %q does not describe a Sigstore", folder),
		Hint:  "Set the input sigstore to auto, public-good, github, or to a folder with trusted_root.json and signing_config.json.",
	}
}
