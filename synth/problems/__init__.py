"""Where problems come from: readers of files and data sets, and a seeded generator."""
