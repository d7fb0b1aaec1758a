package input

// buildTable returns the inputs for a build.
func buildTable() []Input {
	return []Input{
		{
			Name: "context", Group: GroupBuild, OwnGroup: map[Command]Group{Metadata: GroupTags}, Commands: []Command{Publish, Metadata},
			Help: "Folder with the Dockerfile to build, or URL of a Git repository with a Dockerfile. The run uses the first of these builders that works: docker buildx, the Docker engine, buildah, podman. The run checks the token before the build.",
			Own: map[Command]string{
				Metadata: "Other name of `ref-context`, as in docker/metadata-action.",
			},
			Short:   "Folder with the Dockerfile to build, or URL of a Git repository with a Dockerfile.",
			Example: ".",
		},
		{
			Name: "file", Group: GroupBuild, Commands: publish,
			Help:    "Path of the Dockerfile. Default: the file Dockerfile in `context`. If `context` is empty, the build uses the working directory.",
			Example: "build/Dockerfile",
		},
		{
			Name: "target", Group: GroupBuild, Commands: publish,
			Help:    "Stage of the Dockerfile to build. Default: the last stage.",
			Example: "release",
		},
		{
			Name: "build-args", Group: GroupBuild, Kind: Lines, Commands: publish,
			Help:    "Build arguments for the Dockerfile: NAME=value, one per line. Every user of the image can read the arguments. Write secret values into `secrets` instead.",
			Example: "VERSION=1.2.3",
		},
		{
			Name: "secrets", Group: GroupBuild, Kind: Lines, Commands: publish, NoFlag: true,
			Help:    "Secrets that a step of the Dockerfile can mount by id: ID=value, one per line. Put an entry of several lines in double quotes. The builder receives the secrets in its environment, not on its command line.",
			Short:   "Secrets that a step of the Dockerfile can mount by id: ID=value, one per line. The builder receives the secrets in its environment.",
			Example: "npm=${{ secrets.NPM_TOKEN }}",
		},
		{
			Name: "platforms", Group: GroupBuild, OwnGroup: map[Command]Group{Promote: GroupImage}, Kind: Lines, Commands: []Command{Publish, Promote},
			Help: "Platforms to build the Dockerfile for, separated by commas or spaces. Default: the platform of the builder. If `source` is set, the run publishes only these platforms of the index in `source`, as a new index. Default: all platforms.",
			Own: map[Command]string{
				Promote: "Platforms to promote, separated by commas or spaces. With fewer platforms than in the index, the run publishes a new index with another digest. Signatures of the source index do not apply to the new index. Default: all platforms.",
			},
			Short:   "Platforms to build for, or to select from the index in `source`, separated by commas.",
			Example: "linux/amd64,linux/arm64",
		},
		{
			Name: "builder", Group: GroupBuild, Commands: publish,
			Help:    "Name of the docker buildx builder. Default: the current builder.",
			Example: "${{ steps.buildx.outputs.name }}",
		},
		{
			Name: "cache-from", Group: GroupBuild, Kind: Lines, Commands: publish,
			Help:    "Cache sources of the builder, one per line, in the syntax of the builder.",
			Example: "type=gha",
		},
		{
			Name: "cache-to", Group: GroupBuild, Kind: Lines, Commands: publish,
			Help:    "Cache destinations of the builder, one per line, in the syntax of the builder.",
			Example: "type=gha,mode=max",
		},
	}
}
