"""What a whole run has, by exact keys and by likeness: a few shards that are asked, and that keep what they answered."""
