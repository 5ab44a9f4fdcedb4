"""The commands of `synth`, by what they are for; each imports what it needs when it runs, so that `synth --help` is quick."""
