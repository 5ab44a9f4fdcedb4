"""Whether a Lean that nobody has told us of is fit for the kernel audit: the adversarial suite and the reference are asked.

cases    the suite's rows, as they come with the package
run      the examination; what passes is recorded (`backends.qualified`)
"""
