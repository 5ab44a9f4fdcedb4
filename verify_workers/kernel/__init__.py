"""Verdicts from Lean's own kernel objects: a zygote imports the header once and forks jailed children per check.

    abi        memory layouts and symbols of the one Lean build that is supported (the only such module)
    elaborate  import a header; elaborate a text
    export     the declarations that a theorem rests on, as data                       (child A, hostile)
    replay     data to declarations, through the kernel, on the pristine environment   (child B)
    judge      statement pin and axioms                                                (child B)
    jail       seccomp, limits, descriptors
    probe      whether a loaded Lean's memory is as `abi` has it
    resident, gathered   mappings that a fork pays less for
    zygote     the server process that forks the children; standard library only
    client     the owner's end: start, ask, time out, end

Everything but `client` and `selftest` runs inside the zygote process and imports nothing beyond the standard library.
"""
