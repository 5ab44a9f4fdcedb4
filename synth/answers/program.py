"""The child that runs a program given on its standard input: `confined.py` runs this script after all doors are closed.

Standard library only.  The program is `__main__`; what it prints is the result, and the last line of an error goes to
standard error.
"""

import sys


def main() -> None:
    """Run the program; exit status 1 for an error, 3 for one of memory."""
    source = sys.stdin.read()
    try:
        exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
        sys.stdout.flush()
    except SystemExit:
        sys.stdout.flush()
    except MemoryError:
        sys.exit(3)
    except BaseException as error:
        sys.stdout.flush()
        line = getattr(error, "lineno", None)
        trace = error.__traceback__
        while trace is not None:
            line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "program.py" else line
            trace = trace.tb_next
        sys.stderr.write(f"{type(error).__name__}: {error}" + (f" (line {line})" if line else ""))
        sys.exit(1)


main()
