"""The means by which untrusted code is confined, for the Lean processes of every backend and for the children of `kernel`.

    seccomp    programs of the system-call filter
    landlock   what of the file system may be read and written
    confined   becomes a program after giving up all but what is permitted; command: how it is started
    escapes    what code in a jail could try, as a list that is run in every jail

Standard library only: who confines itself runs without installed packages, and every import is paid for by every check.
"""
