"""What a cluster would do: the run's own scheduling code under a simulated clock, with service times measured from a real run.

`clock` is the time, `cores` and `engine` are what takes time, `measured` says how much, `setting` how many there are; `actors` and `shard`
stand where Ray's actors stand, `world` runs the driver among them, `outlook` reads what came of it (docs/capacity.md).
"""
