"""A process for test_replay: exports of candidates, and audits of whatever bytes the test sends instead of them.

Lines of JSON on standard input and output; Lean is not loaded into the test's own process.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

from verify_workers.kernel import children, elaborate, zygote
from verify_workers.kernel.judge import Axioms

SECONDS, MEMORY = 10.0, 1 << 30


def main() -> None:
    world = elaborate.boot(sys.argv[1:2], "")
    owner, _keep = socket.socketpair()
    server = zygote.SessionServer(world, Axioms(world), owner)

    def run(work: Any) -> tuple[dict[str, Any], bytes]:
        def asked() -> tuple[zygote.Report, bytes]:
            server._ahead()
            return work()

        child = children.start(zygote._reported(asked), SECONDS, MEMORY)
        children.finish([child], owner)
        children.stop(child)
        return zygote._report(child)

    statements: dict[str, bytes] = {}
    for line in sys.stdin:
        request = json.loads(line)
        target = tuple(request["target"])
        if "source" in request:
            source = request["source"].encode()
            report, body = run(lambda: server._candidate(source, target))  # noqa: B023
        else:
            text = request["statement"]
            if text not in statements:
                trusted = f"{text} := sorry\n".encode()
                _, statements[text] = run(lambda: server._statement(trusted, trusted.rindex(b"theorem"), target))  # noqa: B023
            statement = statements[text]
            data = bytes.fromhex(request["export"])
            head = json.dumps([target, True, request["negated"], len(statement), False]).encode() + b"\n"
            report, body = run(lambda: server._audit(head + statement + data))  # noqa: B023
        report.pop("walked", None)
        print(json.dumps({"report": report, "body": body.hex()}), flush=True)


if __name__ == "__main__":
    main()
