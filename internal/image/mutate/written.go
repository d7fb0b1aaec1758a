package mutate

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// HasLabels reports whether the config of every image of the tree already has
// the labels.
func HasLabels(ctx context.Context, root *image.Manifest, labels map[string]string) (bool, error) {
	for _, m := range image.Manifests(root) {
		if m.Index() || !m.IsRunnable() {
			continue
		}
		if has, err := hasLabels(ctx, m, labels); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// hasLabels reports whether the config of an image already has the labels.
func hasLabels(ctx context.Context, m *image.Manifest, labels map[string]string) (bool, error) {
	raw, err := rewrite.ReadConfig(ctx, m)
	if err != nil {
		return false, fmt.Errorf("reading a config for its labels: %w", err)
	}
	var config struct {
		Config struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return false, fmt.Errorf("decoding a config for its labels: %w", err)
	}
	for key, want := range labels {
		if got, ok := config.Config.Labels[key]; !ok || got != want {
			return false, nil
		}
	}
	return true, nil
}
