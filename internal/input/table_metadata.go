package input

// metadataTable returns the inputs for the outputs of the command metadata.
func metadataTable() []Input {
	return []Input{
		{
			Name: "sep-tags", Group: GroupOutput, Commands: metadata,
			Help:    "Separator between the tags in the outputs. Default: a newline.",
			Example: ",",
		},
		{
			Name: "sep-labels", Group: GroupOutput, Commands: metadata,
			Help:    "Separator between the labels in the outputs. Default: a newline.",
			Example: ",",
		},
		{
			Name: "sep-annotations", Group: GroupOutput, Commands: metadata,
			Help:    "Separator between the annotations in the outputs. Default: a newline.",
			Example: ",",
		},
		{
			Name: "bake-target", Group: GroupOutput, Commands: metadata, Default: "docker-metadata-action",
			Help:    "Name of the target in the bake files, which docker buildx bake reads.",
			Example: "web",
		},
		{
			Name: "explain", Group: GroupOutput, Kind: Bool, Commands: metadata, Default: "false",
			Help:    "Print the tag that each rule gives, or the reason why a rule gives no tag. The job summary always contains these results.",
			Example: "true",
		},
	}
}
