"""What a process of ours must load to be a Lean: the shared libraries of an installation, its modules, and which build it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from verify_workers.errors import UserError
from verify_workers.lean.install import LeanInstall
from verify_workers.lean.modules import package_folder
from verify_workers.lean.project import LakeProject
from verify_workers.text.header import unquoted

LIBRARY = "libleanshared.so"
BESIDE = ("libInit_shared.so", "libleanshared_*.so")  # over which some toolchains spread what is in LIBRARY elsewhere
FOLDERS = ("lib/lean", "lib")  # of a toolchain
BOOT_SECONDS = 60.0  # that the embedded library may take; a hung boot must not hang us


@dataclass(frozen=True)
class SharedLean:
    """
    libraries  files to load, libleanshared.so first
    path       folders of .olean files, in the order in which Lean looks
    githash    commit that the installation says it was built from; may be cut short
    loader     further folders for the loader of libraries (LD_LIBRARY_PATH)
    seconds    that importing a header may take
    accepted   commits, or how they begin, that may be loaded beside those that are known
    """

    libraries: tuple[Path, ...]
    path: tuple[Path, ...]
    githash: str
    loader: str = ""
    seconds: float = BOOT_SECONDS
    accepted: tuple[str, ...] = ()

    def has(self, module: str) -> bool:
        """Whether there is a compiled file of this name where Lean looks: in the first folder that holds the name's package."""
        root, *below = unquoted(module).split(".")
        folder = package_folder(self.path, root)
        return folder is not None and os.path.isfile(folder.joinpath(root, *below).as_posix() + ".olean")


def shared(lean: LeanInstall | LakeProject, seconds: float = 300.0) -> SharedLean:
    """The libraries of the embedded Lean, or of a project's toolchain, where a header may take `seconds`; UserError if there are none."""
    if isinstance(lean, LeanInstall):
        return SharedLean((lean.library,), (lean.path,), lean.githash)
    toolchain = lean.lean.parent.parent
    library = next((file for folder in FOLDERS if (file := toolchain / folder / LIBRARY).is_file()), None)
    if library is None:
        places = " or ".join(str(toolchain / folder) for folder in FOLDERS)
        raise UserError(f"the fork backend loads Lean as a library, and there is no {LIBRARY} in {places}: use --backend worker")
    beside = tuple(file for pattern in BESIDE for file in sorted(library.parent.glob(pattern)))
    loader = lean.variables.get("LD_LIBRARY_PATH", "")
    return SharedLean((library, *beside), (*lean.path, toolchain / "lib" / "lean"), lean.githash, loader, seconds)
