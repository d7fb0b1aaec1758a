package files

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// object is a JSON object. A value that the program does not set keeps its
// original bytes.
type object map[string]json.RawMessage

func (o object) set(key string, value any) error {
	raw, err := json.Marshal(value)
	o[key] = raw
	return err
}

// inner returns the object with the given key. If the key does not exist,
// inner returns an empty object.
func (o object) inner(key string) (object, error) {
	in := object{}
	if raw := o[key]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fmt.Errorf("reading %q of a config: %w", key, err)
		}
	}
	if in == nil { // The value in the JSON document is null.
		in = object{}
	}
	return in, nil
}

// config returns the config of the base image with the new layer and with the
// values of the inputs (image-spec, "Image Configuration").
func (m *builder) config(b base, l *layer) ([]byte, error) {
	doc := object{}
	if b.config != nil {
		if err := json.Unmarshal(b.config, &doc); err != nil || doc == nil {
			return nil, baseError("Choose another base.", err, "the config of the base %q is not valid", m.Files.Base)
		}
	}
	run, err := doc.inner("config")
	if err == nil {
		err = m.run(run)
	}
	for _, step := range []func(object, base, *layer) error{m.rootfs, m.history} {
		if err == nil {
			err = step(doc, b, l)
		}
	}
	if err != nil {
		return nil, baseError("Choose another base.", err, "the run cannot add a layer to the config of the base %q", m.Files.Base)
	}
	values := map[string]any{
		"config": run, "created": m.Epoch.Format(time.RFC3339), "os": b.platform.OS, "architecture": b.platform.Architecture,
	}
	if b.platform.Variant != "" {
		values["variant"] = b.platform.Variant
	}
	for key, value := range values {
		if err := doc.set(key, value); err != nil {
			return nil, err
		}
	}
	return json.Marshal(doc)
}

// run sets the fields of the config that containers read when they start, for example
// Entrypoint and User. If only the input "entrypoint" is set and not the input "cmd", run
// removes the field Cmd of the base. The arguments in the field Cmd of the base belong to
// the program of the base. The instruction ENTRYPOINT of a Dockerfile also removes the
// field Cmd of the base.
func (m *builder) run(run object) error {
	f := m.Files
	if f.Entrypoint != nil {
		delete(run, "Cmd")
	}
	values := map[string]any{}
	for key, list := range map[string][]string{"Entrypoint": f.Entrypoint, "Cmd": f.Cmd} {
		if list != nil {
			values[key] = list
		}
	}
	for key, text := range map[string]string{"User": f.User, "WorkingDir": f.Workdir} {
		if text != "" {
			values[key] = text
		}
	}
	if len(f.Env) > 0 {
		env, err := run.env()
		if err != nil {
			return err
		}
		values["Env"] = withEnv(env, f.Env)
	}
	for key, value := range values {
		if err := run.set(key, value); err != nil {
			return err
		}
	}
	return nil
}

// env returns the environment variables in the config of the base image.
func (o object) env() ([]string, error) {
	raw := o["Env"]
	if len(raw) == 0 {
		return nil, nil
	}
	var env []string
	if err := json.Unmarshal(raw, &env); err != nil {
		return nil, fmt.Errorf("reading Env: %w", err)
	}
	return env, nil
}

// withEnv adds environment variables to the list "env". withEnv replaces a variable in
// the list that has the same name as an added variable.
func withEnv(env, add []string) []string {
	for _, line := range add {
		key, _, _ := strings.Cut(line, "=")
		i := slices.IndexFunc(env, func(old string) bool { return strings.HasPrefix(old, key+"=") })
		if i < 0 {
			env = append(env, line)
		} else {
			env[i] = line
		}
	}
	return env
}

// rootfs adds the diff ID of the new layer to the config.
func (m *builder) rootfs(doc object, b base, l *layer) error {
	var fs v1.RootFS
	if raw := doc["rootfs"]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &fs); err != nil {
			return fmt.Errorf("reading rootfs: %w", err)
		}
	}
	if len(fs.DiffIDs) != len(b.layers) {
		return fmt.Errorf("the config lists %d layers, but the manifest lists %d", len(fs.DiffIDs), len(b.layers))
	}
	return doc.set("rootfs", v1.RootFS{Type: "layers", DiffIDs: append(fs.DiffIDs, l.diffID)})
}

// history adds an entry for the new layer to the history in the config. If the base image
// has layers but no history, the method history adds no entry, because the list must have
// one entry for each layer.
func (m *builder) history(doc object, b base, _ *layer) error {
	var list []json.RawMessage
	if raw := doc["history"]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("reading history: %w", err)
		}
	}
	if len(list) == 0 && len(b.layers) > 0 {
		return nil
	}
	line, err := json.Marshal(map[string]string{"created": m.Epoch.Format(time.RFC3339), "created_by": "ghcr-publish: files"})
	if err != nil {
		return err
	}
	return doc.set("history", append(list, line))
}
