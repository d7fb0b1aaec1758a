package input

// habit describes an input of another action that users also set for this action.
type habit struct {
	advice string // full sentences about the input or the step to use instead
	stops  bool   // true if the run would publish another image than the user expects
}

// habits contains the advice for inputs that only other actions have, by the name of
// the input. The other actions are docker/build-push-action, docker/login-action,
// actions/attest-build-provenance and older push actions.
var habits = map[string]habit{
	"outputs": {
		advice: "To push without a tag, set push-by-digest: true. To write the image into a file, build it in a separate step, and set the input source to the file.",
		stops:  true,
	},
	"dockerfile":     {advice: "Set the input file to the path of the Dockerfile.", stops: true},
	"directory":      {advice: "Set the input context to the folder of the build.", stops: true},
	"name":           {advice: "Set the input image to the repository, for example ghcr.io/acme/web.", stops: true},
	"repository":     {advice: "Set the input image to the repository, for example ghcr.io/acme/web.", stops: true},
	"package":        {advice: "Set the input image to the repository, for example ghcr.io/acme/web.", stops: true},
	"private":        {advice: "Set visibility: private.", stops: true},
	"public":         {advice: "Set visibility: public.", stops: true},
	"latest":         {advice: "Set the input tags to the wanted tags, one per line, or set flavor: latest=true.", stops: true},
	"build-contexts": ownBuild("Additional build contexts"),
	"add-hosts":      ownBuild("Additional hosts"),
	"allow":          ownBuild("Entitlements of BuildKit"),
	"network":        ownBuild("Network modes"),
	"ssh":            ownBuild("SSH agents"),
	"secret-files":   {advice: "Set the input secrets to lines of the form ID=VALUE.", stops: true},
	"secret-envs":    {advice: "Set the input secrets to lines of the form ID=VALUE.", stops: true},

	"no-cache":         buildOption,
	"no-cache-filters": buildOption,
	"pull":             buildOption,
	"shm-size":         buildOption,
	"ulimit":           buildOption,
	"cgroup-parent":    buildOption,
	"call":             buildOption,

	"load": {advice: "This action publishes the image and does not load it into the Docker engine. To load the published image, add a step with command: pull and destination: docker-daemon:."},

	"provenance": attestationHabit,
	"attests":    attestationHabit,

	"password":         {advice: "Remove the input, because the input token is the password, and the default of this input is the job's GITHUB_TOKEN. For other registries, set the input credentials to lines of the form HOST USERNAME SECRET."},
	"logout":           {advice: "Remove the input. The command \"login\" always removes its login at the end of the job, and the other commands write no login."},
	"ecr":              {advice: "Remove the input. For Amazon ECR, log in with another action before this step. This action then uses the login in the Docker config file of the machine."},
	"iidfile":          {advice: "Set the input digest-file to the path of the file for the digest."},
	"subject-name":     {advice: "Set the input image to the repository that contains the image."},
	"subject-digest":   {advice: "Set the input subject to the digest or the reference of the image that the artifact describes."},
	"push-to-registry": {advice: "Remove the input. This action always writes to the registry, unless the input push is false."},
}

// Advice returns the advice of a command for an input of another action, or "" if the
// name is not such an input.
func Advice(c Command, name string) string {
	h, _ := habitOf(c, name)
	return h.advice
}

// buildOption is the advice for options that change how a build runs, but do not change
// the image.
var buildOption = habit{advice: "A build of the input context does not have this option. If you need the option, build the image in a separate step with docker/build-push-action, and set the input source to the image."}

// attestationHabit is the advice for inputs that add attestations during a build.
var attestationHabit = habit{advice: "The builder does not write attestations into the image. To sign the provenance of the image, give the job the permission id-token: write. To publish an image with attestations of BuildKit, build the image in a separate step with docker/build-push-action. To remove these attestations, set attestations: strip."}

// ownBuild returns the advice for an option of a build. Without the option, the build
// fails or gives another image.
func ownBuild(subject string) habit {
	return habit{
		advice: subject + " are not possible with the input context. Build the image in a separate step with docker/build-push-action, and set the input source to the image.",
		stops:  true,
	}
}
