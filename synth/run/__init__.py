"""The main job: driver, shards and single stages."""
