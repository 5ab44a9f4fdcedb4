"""Many checks on many workers: exactly one verdict for each, whatever happens to those who give them.

asking     what a service asks: the pool of this machine, from an event loop; no Ray
client     checks to the pools of all nodes
node       the pool of one node as a Ray actor
metrics    its counts, for Ray
local      the pool of one process, without Ray: threads that each own a worker (`slot`, counts in `tally`, ended by `watchdog`)
runner     one worker: a backend, and in the strict tier its auditor
audits     many acceptances shown to one auditor
schedule   which check runs next; no threads, no clock, no Lean
cache      verdicts on disk; `recall` asks it
revision   which verifier gave them
"""
