"""What Lean's kernel accepts of the honest and the hostile texts, the second kernel accepts too, on the same axioms."""

from __future__ import annotations

import pytest

from tests.verify_workers.adversarial.attacks import ATTACKS
from tests.verify_workers.adversarial.honest import HONEST
from tests.verify_workers.second_kernel.exports import PIN
from verify_workers.backends.fork import ForkBackend
from verify_workers.kernel import jail
from verify_workers.kernel.library import library_file
from verify_workers.lean import LeanInstall
from verify_workers.second_kernel.judge import Library

pytestmark = pytest.mark.skipif(not jail.supported(), reason="the jail is for Linux on x86-64")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_second_kernel_agrees_on_the_suite(lean: LeanInstall) -> None:
    libraries: dict[tuple[str, ...], Library] = {}
    agreed = 0
    with ForkBackend(lean) as backend:
        backend.exporting = True
        for case in [*HONEST, *ATTACKS]:
            verdict, exported = backend.check(case.check()), backend.exported
            if not verdict.accepted:
                assert exported is None, case.name  # nothing leaves child B that it has not accepted
                continue
            assert exported is not None, case.name
            if exported.imports not in libraries:
                libraries[exported.imports] = Library(library_file(lean, exported.imports).read_bytes().splitlines())
            judgement = libraries[exported.imports].judge(exported.lines.encode("utf-8", "surrogatepass").splitlines(), PIN)
            assert (judgement.outcome, list(judgement.axioms)) == ("accepted", sorted(verdict.axioms)), (case.name, judgement)
            agreed += 1
    assert agreed >= len(HONEST)
